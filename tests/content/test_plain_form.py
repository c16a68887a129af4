"""Policies of the real library as they are stored, compared and told about."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from policygen.core.amendments import Standing, amendment_of, standing
from policygen.core.analysis.change_kind import ChangeKind, proposed_kind
from policygen.core.analysis.notice import changes_in_words
from policygen.core.answers import parse_answers
from policygen.core.document import Document
from policygen.core.document_json import document_from_json, document_text
from tests.content.library import EXAMPLES, library, policy, policy_of
from tests.core.small import raw_answers, sometimes

VOCABULARY = library().vocabulary


def read_again(whole: Document) -> Document:
    return document_from_json(json.loads(document_text(whole)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_reads_back_as_it_was(name: str) -> None:
    assert read_again(policy(name)) == policy(name)


@sometimes
@given(raw_answers(VOCABULARY))
def test_a_policy_from_any_answers_reads_back_as_it_was(raw: dict[str, Any]) -> None:
    made = policy_of(parse_answers(VOCABULARY, raw))
    assert read_again(made) == made


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_policy_against_itself_is_technical_and_nothing_is_told(name: str) -> None:
    again = read_again(policy(name))
    assert proposed_kind(policy(name), again, vocabulary=VOCABULARY).kind is ChangeKind.TECHNICAL
    assert changes_in_words(policy(name), again) == ()


@pytest.mark.parametrize(("one", "other"), list(pairwise(EXAMPLES)))
def test_the_policy_of_another_practice_is_material_and_told_line_by_line(
    one: str, other: str
) -> None:
    found = proposed_kind(policy(one), policy(other), vocabulary=VOCABULARY)
    assert found.kind is ChangeKind.MATERIAL
    assert len(changes_in_words(policy(one), policy(other))) >= len(found.reasons)


@pytest.mark.parametrize("clause", library().clauses, ids=lambda clause: clause.slug)
def test_every_clause_can_be_amended_and_is_carried_over(clause: Any) -> None:
    own = amendment_of(library(), clause.slug, f"{clause.source}\n\nAsk us about it.")
    assert own is not None
    assert standing(own, library()) is Standing.CARRIED
    assert amendment_of(library(), clause.slug, clause.source + "\r\n") is None
