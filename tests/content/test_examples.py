"""The examples: complete, flawless, and between them nearly every clause is seen at work."""

from __future__ import annotations

import re

import pytest

from policygen.core.answers import Standing
from policygen.core.selection import select
from policygen.rendering import FORMATS
from tests.content.library import EXAMPLES, example, library, policy
from tests.core.flaws import flaws, text

NOT_IN_EXAMPLES = {
    "account": "for practices that keep a user name and password without an app",
    "advertising-choices": "for websites with a link to the choice pages of the ad industry",
    "advice": "for law practices that advise clients",
    "backup-abroad": "for backups abroad without servers in several parts of the world",
    "contracts-prevail": "for vendors whose contracts say so",
    "customized-by-visits": "for a personal experience from visits alone",
    "deleted-when-noticed": "an answer that no model policy gives",
    "document-date": "for practices that know neither of the two dates",
    "legal-matter": "for law practices that keep details of a matter",
    "no-health-for-marketing": "for clinics with marketing partners that exclude health data",
    "no-marketing-but-newsletters": "for newsletters without any other marketing",
    "no-marketing-without-data": "for practices that keep nothing about anybody",
    "not-records-for-practices": "for vendors that hold records for practices",
    "nothing-asked": "for practices that ask people for nothing",
    "providers-abroad": "for companies abroad that work for a practice",
    "sale-opt-out": "for practices that sell data and give a contact against it",
    "shared-in-legal-matter": "for law practices that share in a legal matter",
    "shared-with-nobody-but": "for practices that share with authorities alone",
    "signals-not-honored": "an answer that no model policy gives",
    "standard-clauses": "for transfers under standard contractual clauses",
    "stop-newsletters": "for newsletters without any other marketing",
    "tell-us": "for marketing that people stop without a contact of its own",
    "tell-us-faxes": "for faxes that people stop without a contact of its own",
}
"""Clauses that no example prints, each with the reason. Every other one is seen at work."""


def test_the_model_policies_and_two_practices_are_there() -> None:
    models = {"dentrix", "dentx", "practicepanther", "sesame"}
    assert models | {"small-practice", "two-location-dental"} <= set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_says_what_it_is(name: str) -> None:
    assert example(name).title
    assert example(name).description.endswith(".")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_answers_every_question_that_applies_and_no_other(name: str) -> None:
    answers = example(name).answers
    questions = library().vocabulary.questions
    standing = {question.id: answers.standing(question) for question in questions}
    assert [q for q, where in standing.items() if where is Standing.OPEN] == []
    assert [q for q in answers.given if standing[q] is Standing.SKIPPED] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_a_policy_without_flaws(name: str) -> None:
    assert flaws(policy(name), example(name).answers.in_force) == []
    assert len(policy(name).sections) > 8


@pytest.mark.parametrize("form", [name for name in FORMATS if name != "pdf"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_made_in_every_format(name: str, form: str) -> None:
    made = FORMATS[form].render(policy(name))
    assert made.content
    assert made == FORMATS[form].render(policy(name))


def test_nearly_every_clause_is_selected_by_an_example() -> None:
    chosen = {
        choice.clause.slug
        for name in EXAMPLES
        for choice in select(library(), example(name).answers).included
    }
    unseen = {one.slug for one in library().clauses} - chosen
    assert sorted(unseen) == sorted(NOT_IN_EXAMPLES)


def test_a_small_practice_needs_less_than_350_words() -> None:
    words = re.findall(r"\S*\w\S*", text(policy("small-practice")))
    assert 200 < len(words) < 350
