"""The text of a clause: a small part of Markdown, in which an answer is never markup."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.body import BODY_LIMIT, Body, parse_body
from policygen.core.document import (
    AddressBlock,
    Block,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Run,
)
from policygen.core.placeholders import Filling, paths
from policygen.core.problems import Refused
from policygen.core.text import TextRefused, clean_line
from tests.core.flaws import lines, text_of
from tests.core.hostile import MARKUP, STATEMENTS, TEMPLATES
from tests.core.small import (
    DAY,
    DESK,
    OFFICE,
    SMALL,
    answered,
    clause,
    document,
    library,
    often,
)

KNOWN = paths(SMALL)
SECTIONS = ["about", "collect", "contact"]


def body(source: str) -> Body:
    return parse_body(source, KNOWN, SECTIONS)


def problems(source: str) -> list[tuple[int, str]]:
    with pytest.raises(Refused) as refused:
        body(source)
    assert all(problem.message.endswith((".", "?", "…")) for problem in refused.value.problems)
    return [(problem.line, problem.message) for problem in refused.value.problems]


def filled(source: str, *, run_in: bool = False, **raw: Any) -> tuple[Block, ...]:
    return body(source).fill(Filling(answered(**raw), DAY), run_in=run_in)


# ------------------------------------------------------------------ what a text may hold


def test_paragraphs_lists_headings_emphasis_and_links() -> None:
    source = (
        "### Our *care*\n\nWe **care**\nfor *you* and [write](mailto:a@example.com).\n\n"
        "- one\n- [two](#contact)\n\n1. first\n2. second\n"
    )
    assert filled(source) == (
        Heading((Run("Our "), Run("care", em=True))),
        Paragraph(
            (
                *(Run("We "), Run("care", strong=True), Run(" for "), Run("you", em=True)),
                *(Run(" and "), Run("write", href="mailto:a@example.com"), Run(".")),
            )
        ),
        ListBlock(((Run("one"),), (Run("two", href="#section-contact"),))),
        ListBlock(((Run("first"),), (Run("second"),)), ordered=True),
    )
    assert body(source).references == ("contact",)


def test_a_placeholder_takes_the_style_around_it() -> None:
    (paragraph,) = filled("We are **{{ practice }}**, *{{ practice }}*.")
    assert isinstance(paragraph, Paragraph)
    assert paragraph.runs[1] == Run("Maple Street Dental", strong=True, filled_by="practice")
    assert paragraph.runs[3] == Run("Maple Street Dental", em=True, filled_by="practice")


def test_a_link_can_hold_a_placeholder_and_keeps_its_own_address() -> None:
    (paragraph,) = filled("See [{{ practice }}](#contact).")
    assert isinstance(paragraph, Paragraph)
    assert paragraph.runs[1] == Run(
        "Maple Street Dental", href="#section-contact", filled_by="practice"
    )


def test_a_placeholder_of_its_own_makes_a_list_or_an_address() -> None:
    source = (
        "We keep:\n\n{{ data | bullets }}\n\nVisit us:\n\n{{ contacts.questions | contact_block }}"
    )
    _, bullets, _, address = filled(
        source, data=["name", "records"], contact_points=OFFICE, contacts={"questions": "office"}
    )
    assert bullets == ListBlock(
        (
            (Run("your name", filled_by="data"),),
            (Run("your dental records", filled_by="data"),),
        )
    )
    assert isinstance(address, AddressBlock)
    assert [text_of(line) for line in lines(address)] == ["12 Main Street", "Springfield, IL 62701"]


def test_only_the_first_paragraph_of_a_clause_runs_in() -> None:
    first, second = filled("One.\n\nTwo.", run_in=True)
    assert isinstance(first, Paragraph)
    assert isinstance(second, Paragraph)
    assert first.run_in
    assert not second.run_in


def test_placeholders_and_references_are_named_once_each() -> None:
    parsed = body("{{ practice }} and {{ practice }}. [A](#about) and [B](#about).")
    assert [str(p) for p in parsed.placeholders] == ["{{ practice }}"]
    assert parsed.references == ("about",)


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("We are {{ practice }}.", "We are Maple, Inc."),
        ("We are **{{ practice }}**.", "We are Maple, Inc."),
        ("We are {{ practice }}. Ask us.", "We are Maple, Inc. Ask us."),
        ("We are {{ practice }}, Ulm.", "We are Maple, Inc., Ulm."),
        ("Are we {{ practice }}?", "Are we Maple, Inc.?"),
        ("We are {{ practice }} and more.", "We are Maple, Inc. and more."),
    ],
)
def test_a_name_that_ends_with_a_full_stop_ends_its_sentence(source: str, printed: str) -> None:
    (paragraph,) = filled(source, practice_name="Maple, Inc.")
    assert [text_of(line) for line in lines(paragraph)] == [printed]
    assert all(run.text for line in lines(paragraph) for run in line)


# ------------------------------------------------------------------ what it may not


@pytest.mark.parametrize("source", STATEMENTS)
def test_statements_and_broken_placeholders_are_refused(source: str) -> None:
    assert problems(f"We care. {source}")


@pytest.mark.parametrize(
    "source", [source for source in TEMPLATES if source != "practice }} {{ practice"]
)
def test_what_is_no_placeholder_is_refused_in_a_text_too(source: str) -> None:
    assert problems(f"We care for {{{{ {source} }}}}.")


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("", 0, "The text is empty."),
        (" \n ", 0, "The text is empty."),
        ("> quote", 1, "A clause cannot hold this (blockquote)."),
        ("---", 1, "A clause cannot hold this (hr)."),
        ("    code", 1, "A clause cannot hold this (code block)."),
        ("```\ncode\n```", 1, "A clause cannot hold this (fence)."),
        ("We `care`.", 1, "A clause cannot hold this (code inline)."),
        ("![us](us.png)", 1, "A clause cannot hold this (image)."),
        ("We  \ncare.", 1, "A clause cannot hold this (hardbreak)."),
        ("We\\\ncare.", 1, "A clause cannot hold this (hardbreak)."),
        ("We <b>care</b>.", 1, "The “<” would be printed just so."),
        ("We\ncare <!-- x -->.", 2, "The “<” would be printed just so."),
        ("We &lt;b&gt; care.", 1, "The “<” would be printed just so."),
        ("We **care **a lot.", 1, "The “*” would be printed just so."),
        ("We are [NAME].", 1, "The “[” would be printed just so."),
        ("a | b\n- | -\nc | d", 1, "The “|” would be printed just so."),
        ("See [us]({{ website }}).", 1, "The “[” would be printed just so."),
        ("See [us]({{website}}).", 1, "cannot be linked. Use https:, http:, mailto:, tel: or"),
        ("See [us](javascript:alert(1)).", 1, "would be printed just so."),
        ("See [us](//evil.example).", 1, "“//evil.example” cannot be linked."),
        ("See [us](ftp://example.com).", 1, "“ftp://example.com” cannot be linked."),
        ("See [us](https://ok@evil.example).", 1, "Remove the part before the @ sign"),
        ("See [us](us.html).", 1, "“us.html” cannot be linked."),
        ("See [us](#contract).", 1, "There is no section “contract”. Did you mean “contact”?"),
        ("See [](#contact).", 1, "There is no text in this link."),
        ("# We", 1, "Only ### sub-headings may stand in a clause"),
        ("## We\n\nCare.", 1, "Only ### sub-headings may stand in a clause"),
        ("We\n===\n\nCare.", 1, "Only ### sub-headings may stand in a clause"),
        ("Care.\n\n### We", 3, "A heading without text under it."),
        ("### We\n\n### Care\n\nA lot.", 1, "A heading without text under it."),
        ("###\n\nCare.", 1, "There is no text here."),
        ("We care:", 1, "A paragraph that ends with a colon must be followed by its list"),
        ("We care:\n\nA lot.", 1, "must be followed by its list"),
        ("One.\n\nWe care:\n\n### A lot\n\nTwo.", 3, "must be followed by its list"),
        ("- one\n-\n- two", 2, "Write each list item as one line of text"),
        ("- one\n  - two", 1, "Write each list item as one line of text"),
        ("- one\n\n  two", 1, "Write each list item as one line of text"),
        ("- one\n- &nbsp;", 2, "There is no text here."),
        ("- {{ data | bullets }}", 1, "A list item cannot hold a whole list or address."),
        ("### {{ data | bullets }}\n\nx", 1, "A heading cannot hold a whole list or address."),
        ("We keep {{ data | bullets }}", 1, "must be a paragraph of its own."),
        ("{{ data | bullets }} {{ data | bullets }}", 1, "must be a paragraph of its own."),
        ("We\x1bcare.", 1, "control character (U+001B)"),
        ("We\x00care.", 1, "control character (U+0000)"),
        ("One.\n\nWe\u202ecare.", 3, "hidden text direction character (U+202E)"),
        ("We\u2028care.", 1, "control character (U+2028)"),
        ("We&#8203;care.", 1, "invisible character (U+200B)"),
        ("We&#27;care.", 1, "The “�” would be printed just so."),
        ("We\r\ncare.", 1, "control character (U+000D)"),
        ("One.\n\n{{ practise }}", 3, "“practise” names no answer. Did you mean “practice”"),
        ("One\ntwo {{ practise }}", 2, "“practise” names no answer."),
        ("- one\n- {{ practise }}", 2, "“practise” names no answer."),
    ],
)
def test_a_mistake_is_refused_with_its_line(source: str, line: int, message: str) -> None:
    found = problems(source)
    assert any(at == line and message in said for at, said in found), found


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("Write to us below.", 1),
        ("As we said above, we care.", 1),
        ("See section 4.", 1),
        ("One\ntwo, see section\n4 of this policy.", 2),
        ("See [section 4](#contact).", 1),
        ("Use the address given\nbelow.", 2),
        ("Read the next\n  section.", 1),
        ("- See clause 7", 1),
        ("### As above\n\nText.", 1),
        ("Herein we agree.", 1),
    ],
)
def test_words_that_can_point_to_nothing_are_refused_even_on_two_lines(
    source: str, line: int
) -> None:
    assert [at for at, said in problems(source) if "can point to something" in said] == [line]


@pytest.mark.parametrize(
    "source",
    [
        "We value, above all, your trust.",
        "This section of the law is long.",
        "We act in the following ways:\n\n- one",
        "{{ practice }} paragraphs are 4 in number.",
    ],
)
def test_words_that_point_to_nothing_at_all_may_stay(source: str) -> None:
    assert body(source)


def test_a_text_has_a_longest_length() -> None:
    words = "We care. " * (BODY_LIMIT // 9)
    assert body(words + "x" * (BODY_LIMIT - len(words)))
    with pytest.raises(Refused, match="more than 65,536 characters"):
        body("x" * (BODY_LIMIT + 1))


@pytest.mark.parametrize(
    "unit",
    [
        "{{",
        "{{ ",
        "}}",
        "[",
        "*",
        "_",
        "`",
        "<",
        "&",
        "- ",
        "1. ",
        "> ",
        "\n",
        "#",
        "\\",
        "a ",
        "![",
    ],
)
def test_no_text_keeps_the_reader_busy(unit: str) -> None:
    with suppress(Refused):
        body("We" + unit * (60_000 // len(unit)) + "care.")


@often
@given(st.text(alphabet="ab {}[]()#*_-`<>&\n|:.1!\\", max_size=60))
def test_any_text_is_read_or_refused(source: str) -> None:
    try:
        parsed = body(source)
    except Refused as refused:
        found = refused.problems
    else:
        found = ()
        for block in parsed.fill(Filling(answered(), DAY)):
            assert all(text_of(line).strip() for line in lines(block))
    assert all(problem.line >= 0 and problem.message for problem in found)


# ------------------------------------------------------------------ answers are no markup

EVERYWHERE = library(
    clause(
        "paragraph", "### At {{ practice }}\n\n**{{ practice }}** is *{{ practice }}*. {{ motto }}."
    ),
    clause("item", "We have:\n\n- {{ practice }}\n- more", order=20),
    clause("countries", "We send it to:\n\n{{ countries | bullets }}", order=30),
    clause("listed", "In short, to {{ countries | listing }}.", order=40),
    clause("link", "See [{{ practice }}](#contact).", order=50),
    clause("contact", "Write:\n\n{{ contacts.questions | contact_block }}", section="contact"),
    clause("reach", "Call {{ contacts.questions | reach }}.", section="contact", order=20),
    clause("places", "Come:\n\n{{ locations | places_block }}", section="contact", order=30),
)


def saying(text: str) -> Document:
    return document(
        EVERYWHERE,
        practice_name=text,
        motto=text,
        countries=[text, "Peru"],
        locations=[{"name": text, "address": [text]}],
        contact_points={"office": {"post": [text]}, **DESK},
        contacts={"questions": {"points": ["office", "desk"], "attention": text}},
    )


def shape(doc: Document) -> object:
    """Return everything about a document but the texts that came from answers."""
    return [
        (part.slug, type(block).__name__, [[outline(run) for run in line] for line in lines(block)])
        for part in doc.clauses()
        for block in part.blocks
    ]


def outline(run: Run) -> tuple[object, ...]:
    text = None if run.filled_by else run.text
    return (text, run.strong, run.em, run.href, run.filled_by)


def test_every_way_of_printing_an_answer_is_tried_here() -> None:
    printed = {run.filled_by for _, _, run in all_runs(saying("Control"))}
    assert {"practice", "motto", "countries", "contacts.questions", "locations"} <= printed


def all_runs(doc: Document) -> list[tuple[str, Block, Run]]:
    return [
        (part.slug, block, run)
        for part in doc.clauses()
        for block in part.blocks
        for line in lines(block)
        for run in line
    ]


CONTROL = shape(saying("Control"))


TYPED = [text.strip() for text in MARKUP + TEMPLATES if text.strip() and text[-1] != "."]


@pytest.mark.parametrize("text", TYPED)
def test_markup_in_an_answer_is_printed_exactly_as_typed(text: str) -> None:
    try:
        typed = clean_line(text, limit=200)
    except TextRefused:
        return
    doc = saying(typed)
    assert shape(doc) == CONTROL
    for _, _, run in all_runs(doc):
        if run.filled_by in {"practice", "motto"}:
            assert run.text == typed


@often
@given(
    st.lists(st.sampled_from([*"*_`#-<>[](){}&|\\:.!1 ab", *MARKUP]), min_size=1, max_size=12).map(
        "".join
    )
    | st.text(min_size=1, max_size=40)
)
def test_no_answer_changes_the_structure_of_a_document(text: str) -> None:
    try:
        typed = clean_line(text, limit=200)
    except TextRefused:
        return
    if typed and typed not in {"none", "dont-know"}:
        # A full stop at its end is that of the sentence, which is the one thing that may change.
        doc = saying(typed + "x")
        assert shape(doc) == CONTROL
        assert doc.practice == typed + "x"


@pytest.mark.parametrize(
    ("placeholder", "named"),
    [
        ("practice_name.__class__", "“practice_name.__class__” names no answer."),
        ("''.__class__.__mro__", "does more than a placeholder may"),
        ("7*7", "does more than a placeholder may"),
    ],
)
def test_what_a_placeholder_reaches_for_is_named_whole_and_with_its_line(
    placeholder: str, named: str
) -> None:
    ((line, message),) = problems(f"We keep it.\n\nWe are {{{{ {placeholder} }}}} here.")
    assert (line, named in message) == (3, True), message
