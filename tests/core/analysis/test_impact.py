"""Whether a change of the library changes what is printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from policygen.core.analysis.impact import differs, printed
from policygen.core.document import Document
from tests.core.small import SECTIONS, clause, document, library

LAST = clause("last", "Ask us.", order=20)


def made_of(body: str, *others: dict[str, Any], **front: Any) -> Document:
    return document(library(clause("first", body, **front), *others))


BEFORE = made_of("We keep names.", LAST)


@pytest.mark.parametrize(
    "after",
    [
        made_of("We keep names.", LAST, version="2"),
        made_of("We keep names.", LAST, order=11),
        made_of("We keep names.", LAST, note="Checked."),
        made_of("We keep names.", LAST, claims=["keep(data)"]),
        made_of("We keep names.", LAST, when={"all": ["practice_name"]}),
        document(library(clause("renamed", "We keep names."), LAST)),
        replace(BEFORE, date=date(2030, 1, 1), release="0" * 64),
    ],
)
def test_what_is_not_printed_does_not_count(after: Document) -> None:
    assert not differs(BEFORE, after)
    assert hash(printed(BEFORE)) == hash(printed(after))


@pytest.mark.parametrize(
    "after",
    [
        made_of("We keep records.", LAST),
        made_of("We keep *names*.", LAST),
        made_of("We keep **names**.", LAST),
        made_of("We keep names.\n\nAsk us.", {**LAST, "order": 5, "body": "Ask us."}),
        made_of("We keep [names](https://example.com/).", LAST),
        made_of("- We keep names.", LAST),
        made_of("1. We keep names.", LAST),
        made_of("We keep names.", LAST, order=30),
        made_of("We keep names.", {**LAST, "run_in": "true"}),
        made_of("We keep names.", {**LAST, "section": "contact"}),
        made_of("We keep names."),
        replace(BEFORE, title="Privacy notice"),
        replace(BEFORE, practice="Oak Street Dental"),
        document(
            library(
                clause("first", "We keep names."),
                LAST,
                sections=[{"id": "about", "title": "About us"}, *SECTIONS[1:]],
            )
        ),
    ],
)
def test_what_is_printed_counts(after: Document) -> None:
    assert differs(BEFORE, after)


@pytest.mark.parametrize("target", ["https://b.example.com/", "#contact", "mailto:a@example.com"])
def test_where_a_link_leads_counts(target: str) -> None:
    last = clause("last", "Ask us.", section="contact")
    before = made_of("See [here](https://a.example.com/).", last)
    assert differs(before, made_of(f"See [here]({target}).", last))


def test_a_text_from_an_answer_prints_as_a_text_of_the_clause_does() -> None:
    filled = made_of("{{ practice }} is here.")
    assert not differs(filled, made_of("Maple Street Dental is here."))


def test_a_first_paragraph_has_nothing_to_run_into() -> None:
    assert not differs(made_of("We keep names."), made_of("We keep names.", run_in="true"))
