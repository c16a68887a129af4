"""What is not known yet: who knows less is not let through more easily."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import pytest

from policygen.core.analysis.findings import laws
from policygen.core.answers import parse_answers
from policygen.core.conditions import question_of
from policygen.core.conflicts import Severity
from policygen.core.vocabulary import DONT_KNOW
from policygen.policies.drafting.subjects import subject_of
from tests.content.library import example, library
from tests.core.small import DAY

CLEAN = ("clinic-europe", "two-location-dental", "vendor-california")
MODELS = ("dentrix", "dentx", "practicepanther", "sesame")
DECIDING = ("country", "people_in", "organization", "hipaa", "notices", "thresholds")
"""Questions that decide which laws apply, and of which document a text is."""


def blocks(name: str, **changes: Any) -> list[str]:
    """Return the codes of what the laws block of an example with other answers."""
    raw = {**example(name).answers.to_raw(), **changes}
    subject = subject_of(library(), parse_answers(library().vocabulary, raw), on=DAY)
    return [one.code for one in laws.find(subject) if one.severity is Severity.BLOCKS]


def unknown(names: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(names, DONT_KNOW)


def test_these_are_the_questions_that_decide_on_laws() -> None:
    cases = [case for one in library().regimes for case in (one.when, one.held_when)]
    assert {question_of(atom) for case in cases for atom in case.atoms()} >= set(DECIDING)


@pytest.mark.parametrize("name", CLEAN)
def test_two_things_that_nobody_knows_block_where_one_of_them_does(name: str) -> None:
    asked = [one for one in DECIDING if one in example(name).answers.given]
    alone = {one: bool(blocks(name, **unknown([one]))) for one in asked}
    assert any(alone.values())
    for pair in combinations(asked, 2):
        if any(alone[one] for one in pair):
            assert blocks(name, **unknown(pair)), pair


@pytest.mark.parametrize("name", MODELS)
def test_a_model_policy_that_says_nothing_of_its_people_is_warned_only(name: str) -> None:
    assert blocks(name) == []


def test_a_list_of_recipients_that_may_go_on_is_not_what_the_law_wants() -> None:
    known = example("clinic-europe").answers.to_raw()["recipients"]
    assert blocks("clinic-europe") == []
    assert blocks("clinic-europe", recipients=[*known, DONT_KNOW]) == [laws.UNANSWERED] * 2
