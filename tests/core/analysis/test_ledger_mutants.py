"""Mutants of small policies: any block less turns exactly its elements red."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from policygen.core.answers import parse_answers
from tests.content.mutants import judged
from tests.core.analysis.lawful import LAWFUL, answers_to
from tests.core.small import raw_answers, sometimes

EVERYTHING = {
    "country": "peru",
    "data": ["name", "records"],
    "uses": ["treat", "remind"],
    "since": "2001-02-03",
    "website": "https://maple.example",
}


def test_each_block_of_a_small_policy_turns_its_own_elements_red() -> None:
    found = list(judged(LAWFUL, answers_to(**EVERYTHING)))
    assert {(one.mutant.slug, one.mutant.block): set(one.red) for one in found} == {
        ("speaker", 0): {"who"},
        ("speaker", 1): {"who"},
        ("heading", 0): {"heading"},
        ("data", 0): {"what"},
        ("data", 1): {"what"},
        ("health", 0): {"health", "notice-who"},
        ("uses", 0): {"treating"},
        ("since", 0): {"contact"},
        ("site", 0): {"contact"},
    }
    assert all(one.killed for one in found)


@sometimes
@given(raw_answers(LAWFUL.vocabulary))
def test_no_mutant_of_any_small_policy_survives(raw: dict[str, Any]) -> None:
    answers = parse_answers(LAWFUL.vocabulary, raw)
    assert all(one.killed for one in judged(LAWFUL, answers))
