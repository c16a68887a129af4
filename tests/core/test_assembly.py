"""Assembly: a frozen document in which every word can be traced to a clause and an answer."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.answers import Answers, parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import AddressBlock, Document, ListBlock, Paragraph, runs_in
from policygen.core.library import Library
from policygen.core.selection import select
from tests.core.flaws import flaws, lines, text_of
from tests.core.small import (
    DAY,
    DESK,
    MAILBOX,
    OFFICE,
    SAMPLE,
    SMALL,
    answered,
    clause,
    document,
    library,
    often,
    raw_answers,
)

FULL: dict[str, Any] = {
    "short_name": "Maple",
    "motto": "we care",
    "website": "https://example.com",
    "since": "2012-05-17",
    "years": "7",
    "countries": ["Peru", "Chile"],
    "country": "peru",
    "data": ["birthday", "records"],
    "uses": ["treat", "remind"],
    "locations": [{"name": "North", "address": ["1 Elm", "Ulm"]}],
    "contact_points": {**OFFICE, **DESK, **MAILBOX},
    "contacts": {
        "questions": {"points": ["desk", "office"], "attention": "Ann"},
        "fax-opt-out": "mailbox",
    },
}


def test_the_whole_document() -> None:
    doc = document(SAMPLE, **FULL)
    assert (doc.title, doc.practice, doc.language) == ("Privacy policy", "Maple", "en")
    assert (doc.date, doc.release) == (DAY, SAMPLE.digest)
    assert [(section.id, section.title) for section in doc.sections] == [
        ("about", "About this policy"),
        ("collect", "What we collect"),
        ("contact", "How to contact us"),
    ]
    printed = [
        text_of(line) for one in doc.clauses() for block in one.blocks for line in lines(block)
    ]
    assert printed == [
        "Maple is there for you since May 17, 2012.",
        "We care.",
        "We are from Peru.",
        "See https://example.com at any time.",
        "Ask us. We tell you in How to contact us.",
        "We collect:",
        "your date of birth",
        "your dental records",
        "Health",
        "Your health is yours: your dental records. We treat you or remind you.",
        "We keep it for 7 years.",
        "It goes to Peru and Chile.",
        "You find us here:",
        "North",
        "1 Elm",
        "Ulm",
        "Write or call by mail or by phone:",
        "12 Main Street",
        "Springfield, IL 62701",
        "Attn: Ann",
        "+1 555 010 0199",
        "Stop faxes by email at privacy@example.com.",
    ]


def test_a_clause_knows_its_version_and_the_answers_that_decide_and_fill_it() -> None:
    lib = library(
        clause(
            "health",
            "{{ practice }} keeps {{ data.health | listing }}.",
            version=3,
            when={"any": ["data.health"], "none": ["country:canada"]},
        )
    )
    (one,) = document(lib, data=["name", "records", "allergies"], country="peru").clauses()
    assert (one.slug, one.version, one.title) == ("health", 3, "Health")
    assert one.decided_by == ("data:records", "data:allergies", "country:canada")
    assert one.filled_by == ("practice_name", "data:records", "data:allergies")


def test_a_document_cannot_be_changed() -> None:
    def check(value: object) -> None:
        assert not isinstance(value, list | dict | set)
        if isinstance(value, tuple):
            for part in value:
                check(part)
        elif is_dataclass(value):
            with pytest.raises(FrozenInstanceError):
                value.__setattr__(fields(value)[0].name, None)
            for field in fields(value):
                check(getattr(value, field.name))
            hash(value)

    check(document(SAMPLE, **FULL))


def test_sections_without_clauses_are_not_there() -> None:
    lib = library(clause("a", "We care.", section="contact"))
    assert [section.id for section in document(lib).sections] == ["contact"]
    nothing = library(clause("a", "We care.", when={"any": ["data"]}))
    assert document(nothing, data="none").sections == ()


def test_paragraphs_that_run_in_are_printed_with_the_one_before_them() -> None:
    lib = library(
        clause("a", "One."),
        clause("b", "Two.", order=20, run_in="true"),
        clause("c", "Three:\n\n- four", order=30),
        clause("d", "Five.", order=40, run_in="true"),
        clause("e", "Six.", order=50, run_in="true"),
        clause("f", "Seven.", section="collect", run_in="true"),
    )
    about, collect = document(lib).sections
    groups = [[piece.clause.slug for piece in group] for group in about.pieces()]
    assert groups == [["a", "b"], ["c"], ["c"], ["d", "e"]]
    assert [[piece.clause.slug for piece in group] for group in collect.pieces()] == [["f"]]


def test_only_paragraphs_run_in() -> None:
    assert runs_in(Paragraph((), run_in=True))
    assert not runs_in(Paragraph(()))
    assert not runs_in(ListBlock(()))
    assert not runs_in(AddressBlock(()))


@often
@given(raw_answers(SMALL), st.dates(min_value=date(1, 1, 1)))
def test_no_document_has_a_flaw_whatever_was_answered(raw: dict[str, Any], on: date) -> None:
    answers = parse_answers(SMALL, raw)
    doc = assembled(SAMPLE, answers, on)
    assert flaws(doc, answers.in_force) == []
    assert assembled(SAMPLE, answers, on) == doc
    assert [c.slug for c in doc.clauses()] == [
        choice.clause.slug for choice in select(SAMPLE, answers).included
    ]


def test_nothing_at_all_makes_a_document_too() -> None:
    doc = assembled(SAMPLE, Answers(SMALL, {}), DAY)
    assert doc.practice == ""
    assert flaws(doc, Answers(SMALL, {})) == []


def assembled(lib: Library, answers: Answers, on: date) -> Document:
    return assemble(select(lib, answers), answers, on=on)


@often
@given(raw_answers(SMALL))
def test_answers_that_do_not_apply_leave_no_trace(raw: dict[str, Any]) -> None:
    answers = parse_answers(SMALL, raw)
    assert assembled(SAMPLE, answers, DAY) == assembled(SAMPLE, answers.in_force, DAY)


@pytest.mark.parametrize(
    "flawed",
    [
        clause("a", "We care"),
        clause("a", "we care."),
        clause("a", "We  , care ."),
        clause("a", "We care.\n\n- one\n- one"),
        clause("a", "We care. And so on. We care."),
        clause("a", "We care,, a lot."),
    ],
)
def test_the_search_for_flaws_finds_them(flawed: dict[str, Any]) -> None:
    """Otherwise the tests above could not fail."""
    answers = answered()
    assert flaws(assembled(library(flawed), answers, DAY), answers)
