"""The measures of reading are those of the formulas, and count what they say they count."""

from __future__ import annotations

import pytest

from policygen.core.analysis.prescribed import is_within
from policygen.core.analysis.reading import Level, is_passive, level_of, modals_in
from policygen.core.analysis.sentences import sentences_in
from policygen.core.document import ClauseText, Paragraph, Run
from policygen.instruments.syllables import syllables


def level(text: str) -> Level:
    blocks = (Paragraph((Run(text),)),)
    return level_of(sentences_in(ClauseText("text", 1, "Text", blocks, (), ())), syllables)


def test_the_grade_is_that_of_kincaid() -> None:
    assert level("The cat sat on the mat.").grade == pytest.approx(0.39 * 6 + 11.8 - 15.59)
    hard = "Notwithstanding organizational responsibilities, information dissemination continues."
    assert level(hard).grade > 20


def test_the_smog_grade_is_that_of_mclaughlin_and_needs_30_sentences() -> None:
    sentence = "We protect information. "  # one of its words has three syllables or more
    assert level(sentence * 29).smog is None
    assert level(sentence * 30).smog == pytest.approx(1.0430 * 30**0.5 + 3.1291)


def test_a_text_without_words_has_no_level() -> None:
    assert level("123 456 7890") == Level(0, 0, 0.0, None, 0.0, 0, 0.0, 0.0)


def test_lengths_are_counted_in_words() -> None:
    measured = level("We ask you. We then wait for an answer.")
    assert (measured.words, measured.sentences, measured.longest) == (9, 2, 6)
    assert measured.mean == 4.5


@pytest.mark.parametrize(
    ("word", "count"),
    [("we", 1), ("cookie", 2), ("information", 4), ("privacy", 3), ("you’re", 1), ("xylograb", 3)],
)
def test_syllables_are_counted_by_dictionary_and_else_by_vowels(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    ("text", "modals"),
    [
        ("we may share it", ["may"]),
        ("you may see it", []),
        ("a parent or guardian may see it", []),
        ("it might be lost and could be found", ["might", "could"]),
        ("in May we close", ["may"]),  # a month is taken for the verb: one in a text is no matter
    ],
)
def test_verbs_that_leave_open_are_counted_but_not_those_that_allow(
    text: str, modals: list[str]
) -> None:
    assert modals_in(text.split()) == modals


@pytest.mark.parametrize("text", ["It is deleted.", "Data was not sent.", "They are kept safe."])
def test_a_sentence_that_hides_who_acts_is_seen(text: str) -> None:
    assert is_passive(text)


@pytest.mark.parametrize("text", ["We delete it.", "We are committed to you.", "It is red."])
def test_a_sentence_that_says_who_acts_is_not_called_passive(text: str) -> None:
    assert not is_passive(text)


def test_prescribed_wording_is_known_by_its_words_whatever_stands_in_its_brackets() -> None:
    lines = ("THIS NOTICE DESCRIBES HOW [we] MAY USE IT. REVIEW IT.", "Effective [date].")
    assert is_within("REVIEW IT.", lines)
    assert is_within("Effective  January 1, 2027.", lines)
    assert not is_within("Effective at once", lines)
    assert not is_within("We review it.", lines)
