"""Placeholders: names and filters only, read with Jinja2's parser and never compiled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import policygen
from policygen.core import placeholders
from policygen.core.document import AddressBlock, ListBlock, Paragraph
from policygen.core.placeholders import (
    FILTERS,
    Filling,
    Placeholder,
    PlaceholderRefused,
    check_placeholder,
    fill,
    gives_block,
    listing,
    parse_placeholder,
    paths,
)
from policygen.core.vocabulary import parse_vocabulary
from tests.core.flaws import lines, text_of
from tests.core.hostile import TEMPLATES
from tests.core.small import (
    DAY,
    DESK,
    FAX,
    MAILBOX,
    OFFICE,
    PAGE,
    QUESTIONS,
    SMALL,
    answered,
    often,
)

KNOWN = paths(SMALL)
GOOD = {
    "practice": Placeholder("practice", ()),
    "practice | capital": Placeholder("practice", ("capital",)),
    "data.health | listing": Placeholder("data.health", ("listing",)),
    "data|listing|capital": Placeholder("data", ("listing", "capital")),
    "data | choices": Placeholder("data", ("choices",)),
    "data | bullets": Placeholder("data", ("bullets",)),
    "countries | listing": Placeholder("countries", ("listing",)),
    "country": Placeholder("country", ()),
    "website": Placeholder("website", ()),
    "website | link": Placeholder("website", ("link",)),
    "since | date": Placeholder("since", ("date",)),
    "document_date | date": Placeholder("document_date", ("date",)),
    "years": Placeholder("years", ()),
    "contacts.fax_opt_out | ways": Placeholder("contacts.fax_opt_out", ("ways",)),
    "contacts.questions | reach": Placeholder("contacts.questions", ("reach",)),
    "contacts.questions | contact_block": Placeholder("contacts.questions", ("contact_block",)),
    "locations | places_block": Placeholder("locations", ("places_block",)),
}


@pytest.fixture
def _nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail at the first step of compiling, where Jinja2 would fold constants."""

    def refuse(*_args: Any, **_options: Any) -> None:
        pytest.fail("something was compiled")

    for name in ("compile", "_compile", "_generate", "from_string", "compile_expression"):
        monkeypatch.setattr(jinja2.Environment, name, refuse)
    monkeypatch.setattr(jinja2.nodes.Expr, "as_const", refuse)
    parse_placeholder.cache_clear()
    yield
    parse_placeholder.cache_clear()


def refused(source: str) -> str:
    """Return why a placeholder is refused, or an empty text if it is not."""
    try:
        placeholder = parse_placeholder(source)
    except PlaceholderRefused as error:
        return str(error)
    return " ".join(check_placeholder(placeholder, KNOWN))


@pytest.mark.usefixtures("_nothing_is_compiled")
@pytest.mark.parametrize("source", GOOD)
def test_a_name_with_filters_is_a_placeholder(source: str) -> None:
    placeholder = parse_placeholder(source)
    assert placeholder == GOOD[source]
    assert not list(check_placeholder(placeholder, KNOWN))
    assert parse_placeholder(str(placeholder).strip("{ }")) == placeholder


@pytest.mark.usefixtures("_nothing_is_compiled")
@pytest.mark.parametrize("source", TEMPLATES)
def test_whatever_else_is_refused_in_words_before_anything_is_compiled(source: str) -> None:
    message = refused(source)
    assert message.endswith((".", "?", "…"))
    assert len(message) < 500


def test_the_corpus_of_attacks_is_not_small() -> None:
    assert len(set(TEMPLATES)) >= 80


@pytest.mark.usefixtures("_nothing_is_compiled")
@often
@given(st.text(alphabet="practice.data|()[]{}%#'\"*+-~ \n9x_", max_size=40) | st.text(max_size=30))
def test_any_text_is_a_placeholder_or_is_refused(source: str) -> None:
    message = refused(source)
    if not message:
        assert parse_placeholder(source).path in KNOWN


@pytest.mark.parametrize(
    ("source", "right"),
    [
        ("practise", "Did you mean “practice”"),
        ("data.helth | listing", "Did you mean “data.health”"),
        ("data | lsting", "There is no filter “lsting”. Did you mean “listing” or “link”?"),
        (
            "data | date",
            "The filter “date” does not fit here. Use one of: bullets, choices, listing.",
        ),
        ("data", "{{ data }} needs a filter. Use one of: bullets, choices, listing."),
        ("since", "{{ since }} needs a filter. Use one of: date."),
        ("practice()", "does more than a placeholder may."),
        ("practice |", "is no placeholder. Write one like {{ data.health | listing }}."),
        ("x" * 201, "This placeholder is too long."),
    ],
)
def test_the_refusal_says_what_would_be_right(source: str, right: str) -> None:
    assert right in refused(source)


def test_there_is_no_practice_to_name_where_nobody_asks_for_it() -> None:
    without = parse_vocabulary([q for q in QUESTIONS if q["id"] != "practice_name"])
    assert "practice" not in paths(without)
    assert "document_date" in paths(without)


def test_environments_are_made_in_one_module_and_have_nothing_in_them() -> None:
    root = Path(policygen.__file__).parent
    makers = [p.name for p in (root / "core").glob("**/*.py") if "Environment(" in p.read_text()]
    assert makers == ["placeholders.py"]
    parser = placeholders._parser
    assert not parser.globals
    assert parser.loader is None
    assert not parser.extensions


def test_jinja2_has_the_fixes_that_its_parser_needs() -> None:
    assert tuple(int(part) for part in jinja2.__version__.split(".")[:3]) >= (3, 1, 6)


# ------------------------------------------------------------------ filters


@pytest.mark.parametrize(
    ("phrases", "listed", "chosen"),
    [
        (("a",), "a", "a"),
        (("a", "b"), "a and b", "a or b"),
        (("a", "b", "c"), "a, b and c", "a, b or c"),
        (("a", "b", "c", "d"), "a, b, c and d", "a, b, c or d"),
    ],
)
def test_lists_read_as_english(phrases: tuple[str, ...], listed: str, chosen: str) -> None:
    assert listing(phrases) == listed
    assert FILTERS["choices"].apply(phrases) == chosen


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=9))
@often
def test_a_list_names_each_item_once_and_has_one_and(phrases: list[str]) -> None:
    listed = listing(tuple(phrases))
    assert listed.replace(" and ", ", ").split(", ") == phrases
    assert listed.count(" and ") == min(len(phrases) - 1, 1)


EVERYTHING: dict[str, Any] = {
    "short_name": "Maple",
    "website": "https://example.com",
    "since": "2012-05-17",
    "years": "7",
    "countries": ["Peru", "Chile"],
    "country": "peru",
    "data": ["records", "name"],
    "locations": [{"name": "North", "address": ["1 Elm", "Ulm"]}],
    "contact_points": {**MAILBOX, **FAX, **DESK, **OFFICE, **PAGE},
    "contacts": {
        "questions": {"points": ["desk", "mailbox", "office"], "attention": "Ann Lee"},
        "fax-opt-out": ["machine"],
    },
}
ENVELOPE = "12 Main Street, Springfield, IL 62701, Attn: Ann Lee"


def printed(source: str, **raw: Any) -> list[str]:
    placeholder = parse_placeholder(source)
    assert not list(check_placeholder(placeholder, KNOWN))
    filled = Filling(answered(**(raw or EVERYTHING)), DAY).value(placeholder.path)
    assert filled is not None
    made = fill(placeholder, filled.value)
    block = Paragraph(made) if isinstance(made, tuple) else made
    assert gives_block(placeholder) == (not isinstance(made, tuple))
    assert all(run.filled_by == placeholder.path for line in lines(block) for run in line)
    return [text_of(line) for line in lines(block)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("practice", ["Maple"]),
        ("practice_name", ["Maple Street Dental"]),
        ("website | link", ["https://example.com"]),
        ("since | date", ["May 17, 2012"]),
        ("document_date | date", ["November 22, 2026"]),
        ("years", ["7"]),
        ("countries | listing", ["Peru and Chile"]),
        ("country", ["Peru"]),
        ("data | listing", ["your name and your dental records"]),
        ("data | listing | capital", ["Your name and your dental records"]),
        ("data | choices", ["your name or your dental records"]),
        ("data.health | listing", ["your dental records"]),
        ("data | bullets", ["your name", "your dental records"]),
        ("locations | places_block", ["North", "1 Elm", "Ulm"]),
        ("contacts.questions | ways", ["by mail, by phone or by email"]),
        (
            "contacts.questions | reach",
            [
                f"by mail at {ENVELOPE}, by phone at +1 555 010 0199 "
                "or by email at privacy@example.com"
            ],
        ),
        (
            "contacts.questions | contact_block",
            [
                *("12 Main Street", "Springfield, IL 62701", "Attn: Ann Lee"),
                *("+1 555 010 0199", "privacy@example.com"),
            ],
        ),
        ("contacts.fax_opt_out | reach", ["by fax at 555-0100"]),
    ],
)
def test_what_a_placeholder_prints(source: str, expected: list[str]) -> None:
    assert printed(source) == expected


def test_without_a_short_name_the_full_name_is_used_throughout() -> None:
    assert printed("practice", short_name="none") == ["Maple Street Dental"]
    assert printed("practice", short_name="dont-know") == ["Maple Street Dental"]


def test_links_lead_to_what_they_show() -> None:
    contacts = {"questions": ["desk", "mailbox", "page", "machine"]}
    points = {**DESK, **MAILBOX, **PAGE, **FAX}
    filled = Filling(answered(contact_points=points, contacts=contacts), DAY)
    value = filled.value("contacts.questions")
    assert value is not None
    block = fill(parse_placeholder("contacts.questions | contact_block"), value.value)
    assert isinstance(block, AddressBlock)
    assert {entry.label: entry.lines[0][0].href for entry in block.entries} == {
        "Phone": "tel:+15550100199",
        "Fax": "",
        "Email": "mailto:privacy@example.com",
        "Form": "https://www.example.com/contact",
    }


def test_a_list_block_is_a_list_and_each_filter_says_what_it_does() -> None:
    value = fill(parse_placeholder("data | bullets"), ("a", "b"))
    assert isinstance(value, ListBlock)
    assert all(filter_.help for filter_ in FILTERS.values())


@pytest.mark.parametrize("path", [path for path in KNOWN if path != "document_date"])
@pytest.mark.parametrize("answer", ["open", "none", "dont-know"])
def test_a_path_without_an_answer_has_no_value(path: str, answer: str) -> None:
    name = path.partition(".")[0]
    if path in {"practice", "practice_name"} or (name == "country" and answer == "none"):
        return
    raw = {} if answer == "open" else {name: answer}
    assert Filling(answered(**raw), DAY).value(path) is None


def test_an_answer_to_a_question_that_does_not_apply_is_no_value() -> None:
    assert Filling(answered(data=["name"], uses=["treat"]), DAY).value("uses") is None
    assert Filling(answered(data=["records"], uses=["treat"]), DAY).value("uses") is not None


def test_values_are_plain_and_hold_nothing_to_climb_through() -> None:
    """Only texts, numbers, dates and frozen records of texts ever reach a filter."""

    def check(value: object) -> None:
        if isinstance(value, tuple):
            for part in value:
                check(part)
        elif isinstance(value, dict):
            for part in (*value, *value.values()):
                check(part)
        elif hasattr(value, "__slots__") and type(value).__module__.startswith("policygen.core"):
            for slot in value.__slots__:
                check(getattr(value, slot))
        else:
            assert type(value) in {str, int, date}

    filling = Filling(answered(**EVERYTHING), DAY)
    for path in KNOWN:
        value = filling.value(path)
        if value is not None:
            check(value.value)
            assert all(atom in SMALL.atoms for atom in value.atoms)
