"""The real library under any answers: no policy that comes out of it has a flaw."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.answers import Answers, parse_answers
from policygen.core.library import canonical_json, parse_library
from policygen.core.selection import select
from tests.content.library import EXAMPLES, example, library, policy_of
from tests.content.test_reading import random_answers
from tests.core.flaws import flaws
from tests.core.small import often, raw_answers, sometimes
from tests.core.test_selection import assert_total, doubts, slugs

VOCABULARY = library().vocabulary


@sometimes
@given(raw_answers(VOCABULARY))
def test_a_policy_from_any_answers_has_no_flaw(raw: dict[str, Any]) -> None:
    answers = parse_answers(VOCABULARY, raw)
    assert flaws(policy_of(answers), answers.in_force) == []


@sometimes
@given(raw_answers(VOCABULARY, complete=True))
def test_a_policy_from_complete_answers_has_no_flaw_and_waits_for_nothing(
    raw: dict[str, Any],
) -> None:
    answers = parse_answers(VOCABULARY, raw)
    assert flaws(policy_of(answers), answers.in_force) == []
    applying = [q for q in VOCABULARY.questions if q.when.holds(answers.in_force)]
    if all(q.id in answers.given for q in applying):
        assert select(library(), answers).waiting() == ()


@pytest.mark.parametrize("seed", range(8))
def test_a_policy_of_somebody_who_ticks_a_lot_has_no_flaw(seed: int) -> None:
    """All contacts lead to the same office here, which is where sentences can meet their twin."""
    random = Random(seed)
    for _ in range(60):
        answers = random_answers(random)
        assert flaws(policy_of(answers), answers.in_force) == []


@sometimes
@given(raw_answers(VOCABULARY))
def test_every_clause_is_in_or_out_once_with_a_reason_in_english(raw: dict[str, Any]) -> None:
    assert_total(library(), parse_answers(VOCABULARY, raw))


@often
@given(st.sampled_from(EXAMPLES), st.sampled_from([q.id for q in VOCABULARY.questions]))
def test_not_knowing_one_answer_of_an_example_never_adds_a_clause(name: str, asked: str) -> None:
    answers = example(name).answers
    before = slugs(select(library(), answers))
    for doubt in doubts(answers, asked):
        assert slugs(select(library(), doubt)) <= before
        assert flaws(policy_of(doubt), doubt.in_force) == []


@sometimes
@given(raw_answers(VOCABULARY), st.sampled_from([q.id for q in VOCABULARY.questions]))
def test_not_knowing_one_of_any_answers_never_adds_a_clause(
    raw: dict[str, Any], asked: str
) -> None:
    answers = parse_answers(VOCABULARY, raw)
    before = slugs(select(library(), answers))
    for doubt in doubts(answers, asked):
        assert slugs(select(library(), doubt)) <= before


def test_no_answer_at_all_makes_a_document_without_flaws() -> None:
    nobody = Answers(VOCABULARY, {})
    assert_total(library(), nobody)
    assert flaws(policy_of(nobody), nobody) == []


def test_the_real_library_reads_back_from_its_json_with_the_same_digest() -> None:
    stored = canonical_json(library().to_json())
    again = parse_library(json.loads(stored))
    assert again.digest == library().digest
    assert again == library()
