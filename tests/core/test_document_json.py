"""A document in its plain form: it reads back as it was, and nothing else can be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.answers import parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Run,
    Section,
)
from policygen.core.document_json import (
    PROBLEMS_LIMIT,
    document_from_json,
    document_text,
    document_to_json,
)
from policygen.core.problems import Refused
from policygen.core.selection import select
from tests.core.small import (
    DAY,
    DESK,
    MAILBOX,
    OFFICE,
    PAGE,
    SAMPLE,
    document,
    often,
    raw_answers,
)

DIGEST = "0123456789abcdef" * 4

WHOLE = Document(
    title="Privacy policy",
    practice="Zahnärzte am Platz “Nord”",
    language="en",
    date=date(2026, 11, 22),
    release=DIGEST,
    sections=(
        Section(
            "about",
            "About this policy",
            (
                ClauseText(
                    "opening",
                    3,
                    "Opening",
                    (
                        Heading((Run("Who we are"),)),
                        Paragraph(
                            (
                                Run("Maple", strong=True, filled_by="practice"),
                                Run(" at ", em=True),
                                Run("home", href="https://example.com/a?b=c"),
                                Run("us", href="#section-about"),
                            )
                        ),
                        Paragraph((Run("It runs in."),), run_in=True),
                        ListBlock(((Run("one"),), (Run("two", filled_by="data.health"),))),
                        ListBlock(((Run("first"),),), ordered=True),
                        AddressBlock(
                            (
                                AddressEntry("", ((Run("12 Main Street"),), (Run("Springfield"),))),
                                AddressEntry("Phone", ((Run("555", href="tel:555"),),)),
                            )
                        ),
                    ),
                    ("data:dental-records", "data.health"),
                    ("practice_name",),
                    amended=True,
                ),
            ),
        ),
    ),
)


def read_again(whole: Document) -> Document:
    return document_from_json(json.loads(document_text(whole)))


def problems(raw: object) -> list[str]:
    with pytest.raises(Refused) as refused:
        document_from_json(raw)
    return [str(problem) for problem in refused.value.problems]


def changed(change: Callable[[Any], object]) -> Any:
    raw = deepcopy(document_to_json(WHOLE))
    change(raw)
    return raw


def clause(raw: Any) -> Any:
    return raw["sections"][0]["clauses"][0]


def block(raw: Any, number: int) -> Any:
    return clause(raw)["blocks"][number]


def run(raw: Any, number: int) -> Any:
    return block(raw, 1)["runs"][number]


# ---------------------------------------------------------------- there and back


def test_a_document_with_every_kind_of_block_reads_back_as_it_was() -> None:
    assert read_again(WHOLE) == WHOLE


@often
@given(raw_answers(SAMPLE.vocabulary))
def test_a_document_made_from_any_answers_reads_back_as_it_was(raw: dict[str, Any]) -> None:
    answers = parse_answers(SAMPLE.vocabulary, raw)
    made = assemble(select(SAMPLE, answers), answers, on=DAY)
    assert read_again(made) == made
    assert document_text(read_again(made)) == document_text(made)


def test_a_document_without_sections_reads_back_as_it_was() -> None:
    empty = replace(WHOLE, practice="", sections=())
    assert read_again(empty) == empty


def test_the_text_is_canonical_json_on_one_line() -> None:
    text = document_text(WHOLE)
    assert "\n" not in text
    assert '"text":"Maple"' in text
    assert "“Nord”" in text
    assert (
        json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        == text
    )


def test_the_format_and_what_brought_a_clause_in_stand_in_the_plain_form() -> None:
    raw = document_to_json(WHOLE)
    assert raw["format"] == 1
    assert raw["date"] == "2026-11-22"
    opening = clause(raw)
    del opening["blocks"]
    assert opening == {
        "slug": "opening",
        "version": 3,
        "title": "Opening",
        "amended": True,
        "decided_by": ["data:dental-records", "data.health"],
        "filled_by": ["practice_name"],
    }


def test_what_stands_at_its_default_is_left_out() -> None:
    raw = document_to_json(WHOLE)
    assert block(raw, 0) == {"kind": "heading", "runs": [{"text": "Who we are"}]}
    assert run(raw, 0) == {"text": "Maple", "strong": True, "filled_by": "practice"}
    assert block(raw, 2) == {
        "kind": "paragraph",
        "runs": [{"text": "It runs in."}],
        "run_in": True,
    }
    assert "ordered" not in block(raw, 3)
    assert block(raw, 4)["ordered"] is True


def test_a_document_of_contacts_and_lists_reads_back_as_it_was() -> None:
    made = document(
        SAMPLE,
        data=["records", "birthday"],
        contact_points={**OFFICE, **DESK, **MAILBOX, **PAGE},
        contacts={"questions": {"points": ["office", "desk", "mailbox", "page"]}},
        locations=[{"name": "North", "address": ["1 Elm Street"]}],
        website="https://example.com",
    )
    assert any(isinstance(each, AddressBlock) for found in made.clauses() for each in found.blocks)
    assert read_again(made) == made


# ---------------------------------------------------------------- what is no document

WRONG: list[tuple[Callable[[Any], object], str]] = [
    (lambda raw: raw.update(format=2), "format: Only documents of format 1 can be read here."),
    (lambda raw: raw.update(format=True), "format: This must be a whole number."),
    (lambda raw: raw.update(format=1.0), "format: This must be a whole number."),
    (lambda raw: raw.update(format="1"), "format: This must be a whole number."),
    (lambda raw: raw.pop("format"), "format: This is missing."),
    (lambda raw: raw.update(title=7), "title: This must be a text."),
    (lambda raw: raw.update(title=None), "title: This must be a text."),
    (lambda raw: raw.update(practice="a\nb"), "control character"),
    (lambda raw: raw.update(practice="a\0b"), "control character"),
    (lambda raw: raw.update(practice="a\u202eb"), "hidden text direction character"),
    (lambda raw: raw.update(practice="a\ud800b"), "no character"),
    (lambda raw: raw.update(language="English"), "language: “English” must be the code"),
    (lambda raw: raw.update(date="2026-02-30"), "date: This must be a day"),
    (lambda raw: raw.update(date="20261122"), "date: This must be a day"),
    (lambda raw: raw.update(date="2026-11-22\n"), "date: This must be a day"),
    (lambda raw: raw.update(date="٢٠٢٦-11-22"), "date: This must be a day"),
    (lambda raw: raw.update(release="x"), "release: “x” must be 64 digits"),
    (lambda raw: raw.update(release=DIGEST.upper()), "must be 64 digits"),
    (lambda raw: raw.update(author="me"), "“author” does not belong here"),
    (lambda raw: raw.update(sections={}), "sections: This must be a list."),
    (lambda raw: raw.update(sections="about"), "sections: This must be a list."),
    (lambda raw: raw.update(sections=[7]), "sections.1: This must be a mapping."),
    (lambda raw: raw["sections"].append(raw["sections"][0]), "“about” stands twice"),
    (lambda raw: raw["sections"][0].update(id="../about"), "sections.1.id: “../about” must be"),
    (lambda raw: raw["sections"][0].update(clauses=[]), "sections.1.clauses: This must not be em"),
    (lambda raw: clause(raw).update(slug='a" onclick="b'), "sections.1.clauses.1.slug"),
    (lambda raw: clause(raw).update(version=-1), "clauses.1.version: This must be a whole number."),
    (lambda raw: clause(raw).update(version=True), "version: This must be a whole number."),
    (lambda raw: clause(raw).update(version=10**9), "version: This must be a whole number."),
    (lambda raw: clause(raw).update(amended=1), "amended: This must be true or false."),
    (lambda raw: clause(raw).pop("amended"), "amended: This is missing."),
    (lambda raw: clause(raw).update(decided_by="data"), "decided_by: This must be a list."),
    (lambda raw: clause(raw).update(filled_by=["<b>"]), "filled_by: This must be a list of answ"),
    (lambda raw: clause(raw).update(decided_by=[["data"]]), "decided_by: This must be a list of"),
    (lambda raw: block(raw, 0).update(kind="html"), "blocks.1.kind: This must be paragraph,"),
    (lambda raw: block(raw, 0).update(kind=["list"]), "blocks.1.kind: This must be paragraph,"),
    (lambda raw: block(raw, 0).update(run_in=True), "“run_in” does not belong here"),
    (lambda raw: block(raw, 2).update(run_in=False), "run_in: This must be true, or be left out."),
    (lambda raw: block(raw, 4).update(ordered=1), "ordered: This must be true, or be left out."),
    (lambda raw: block(raw, 3).update(items=[{}]), "blocks.4.items.1: This must be a list."),
    (lambda raw: block(raw, 5)["entries"][0].pop("label"), "entries.1.label: This is missing."),
    (lambda raw: run(raw, 0).update(strong=False), "runs.1.strong: This must be true, or be left"),
    (lambda raw: run(raw, 0).update(strong="true"), "strong: This must be true, or be left out."),
    (lambda raw: run(raw, 0).update(filled_by=""), "runs.1.filled_by: “” must be"),
    (lambda raw: run(raw, 0).update(filled_by="a b"), "runs.1.filled_by: “a b” must be"),
    (lambda raw: run(raw, 2).update(href="javascript:alert(1)"), "cannot be linked"),
    (lambda raw: run(raw, 2).update(href=" https://example.com"), "must be an address without"),
    (lambda raw: run(raw, 2).update(href="//example.com"), "cannot be linked"),
    (lambda raw: run(raw, 2).update(href=""), "must be an address without blanks"),
    (lambda raw: run(raw, 3).update(href="#section-gone"), "“#section-gone” in “opening” leads to"),
    (lambda raw: run(raw, 3).update(href="#top"), "“#top” in “opening” leads to no section"),
    (lambda raw: run(raw, 0).update(text=["x"]), "runs.1.text: This must be a text."),
    (lambda raw: run(raw, 0).pop("text"), "runs.1.text: This is missing."),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_what_is_not_exactly_a_document_is_refused_with_its_place(
    change: Callable[[Any], object], message: str
) -> None:
    assert message in "\n".join(problems(changed(change)))


@pytest.mark.parametrize("raw", [None, 7, "document", [], [[]], b"{}", {}, {1: 2}])
def test_what_is_no_mapping_of_the_right_keys_is_refused(raw: object) -> None:
    assert problems(raw)


def test_all_that_is_wrong_is_named_at_once_up_to_a_limit() -> None:
    def spoil(raw: Any) -> None:
        raw["title"] = 7
        run(raw, 0)["text"] = 8
        clause(raw)["version"] = "9"

    assert len(problems(changed(spoil))) == 3
    many = changed(lambda raw: block(raw, 1).update(runs=[{}] * 1000))
    assert len(problems(many)) == PROBLEMS_LIMIT


def test_a_clause_that_stands_in_two_sections_is_refused() -> None:
    def copy(raw: Any) -> None:
        raw["sections"].append({**deepcopy(raw["sections"][0]), "id": "again"})

    assert problems(changed(copy)) == ["sections: The clause “opening” stands twice."]


def read_if_right(raw: object) -> Document | None:
    try:
        return document_from_json(raw)
    except Refused:
        return None


def places(raw: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of everything inside the plain form."""
    inner = raw.items() if isinstance(raw, dict) else enumerate(raw)
    for key, value in inner:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


PLACES = list(places(document_to_json(WHOLE)))
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["", "x", "about", "data", "javascript:x", "#section-about", "https:", "\x1b"]
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["text", "kind", "runs", "format", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@often
@given(st.sampled_from(PLACES), ANYTHING)
def test_a_document_with_anything_anywhere_is_refused_or_is_written_just_so_again(
    path: tuple[Any, ...], value: Any
) -> None:
    raw = deepcopy(document_to_json(WHOLE))
    place = raw
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    read = read_if_right(raw)
    assert read is None or document_text(read) == json.dumps(
        raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_a_document_that_lacks_any_part_is_refused_or_says_less(path: tuple[Any, ...]) -> None:
    raw = deepcopy(document_to_json(WHOLE))
    place: Any = raw
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    assert read_if_right(raw) != WHOLE
