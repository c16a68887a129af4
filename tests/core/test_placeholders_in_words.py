"""Placeholders, explained to people who do not write clauses."""

from __future__ import annotations

from datetime import date

import pytest

from policygen.core.answers import parse_answers
from policygen.core.placeholders import Filling, check_placeholder, parse_placeholder, paths
from policygen.core.placeholders_in_words import all_placeholders, explained, stands_for
from tests.wizard.visitors import elm, library

VOCABULARY = library().vocabulary
FILLING = Filling(parse_answers(VOCABULARY, elm()), date(2026, 3, 1))
TOLD = {one.source: one for one in explained(all_placeholders(VOCABULARY), VOCABULARY, FILLING)}


@pytest.mark.parametrize(
    ("source", "words", "prints"),
    [
        ("{{ practice }}", "what your practice is called: for short", "Elm"),
        ("{{ document_date | date }}", "the day that the policy is made for", "March 1, 2026"),
        ("{{ practice_name }}", "your answer to “What is your full name?”", "Elm Dental, PLLC"),
        (
            "{{ data | listing }}",
            "your answer to “What data do you keep?”, printed like this: a, b and c",
            "your name and your records",
        ),
        ("{{ data.health | listing }}", "as far as it belongs to “Health”", "your records"),
        ("{{ contacts.questions | reach }}", ", for “Questions”", "by phone at 217-555-0148"),
        ("{{ locations | places_block }}", "“Where do you work?”", "North office; 1 Elm Street"),
        ("{{ motto }}", "“What is your motto?”", ""),
        ("{{ marketing_basis }}", "“Do people agree first?”", ""),
    ],
)
def test_a_placeholder_is_said_in_words_with_what_it_prints(source, words, prints):
    assert words in TOLD[source].stands_for
    assert prints in TOLD[source].prints
    assert bool(prints) == bool(TOLD[source].prints)


def test_every_path_is_offered_once_and_could_stand_in_a_text():
    offered = list(all_placeholders(VOCABULARY))
    assert [one.path for one in offered] == list(paths(VOCABULARY))
    for one in offered:
        assert parse_placeholder(str(one)[2:-2].strip()) == one
        assert list(check_placeholder(one, paths(VOCABULARY))) == []
        assert "{" not in stands_for(one, VOCABULARY)
