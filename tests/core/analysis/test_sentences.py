"""Sentences are told apart as a reader tells them, and names are not counted as words."""

from __future__ import annotations

import pytest

from policygen.core.analysis.sentences import Place, runs_of, sentences_in, sentences_of
from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    ClauseText,
    Heading,
    ListBlock,
    Paragraph,
    Run,
)
from tests.core.small import DESK, MAILBOX, SAMPLE, document


def clause(*blocks: Block) -> ClauseText:
    return ClauseText("text", 1, "Text", blocks, (), ())


def said(*runs: Run) -> list[str]:
    return [sentence.text for sentence in sentences_in(clause(Paragraph(runs)))]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We ask. You answer.", ["We ask.", "You answer."]),
        ("Ask us: we answer; always!", ["Ask us:", "we answer;", "always!"]),
        ("Tell the U.S. Department of Health.", ["Tell the U.S. Department of Health."]),
        ("See maple.org for more.", ["See maple.org for more."]),
        ("We charge 1.5 percent. Ask!", ["We charge 1.5 percent.", "Ask!"]),
        ("Ask St. Mary. no", ["Ask St.", "Mary. no"]),
    ],
)
def test_a_sentence_ends_where_a_reader_stops(text: str, sentences: list[str]) -> None:
    assert said(Run(text)) == sentences


def test_the_full_stop_of_a_name_ends_a_sentence_only_where_the_next_one_begins() -> None:
    name = Run("Maple, Inc.", filled_by="practice_name")
    assert said(Run("We are "), name, Run(" and care.")) == ["We are Maple, Inc. and care."]
    assert said(Run("We are "), name, Run(" We care.")) == ["We are Maple, Inc.", "We care."]
    assert said(Run("We are "), name, Run(" (“we”).")) == ["We are Maple, Inc. (“we”)."]


def test_names_addresses_and_long_numbers_have_no_words() -> None:
    runs = (
        Run("Ask "),
        Run("Maple Dental", filled_by="practice"),
        Run(" at https://maple.org, a@maple.org or 217-555-0100."),
    )
    [sentence] = sentences_in(clause(Paragraph(runs)))
    assert sentence.words == ("Ask", "at", "or")
    assert len(sentence.masked) == len(sentence.text)


def test_places_are_told_apart_and_addresses_have_no_sentences() -> None:
    address = AddressBlock((AddressEntry("Phone", ((Run("217-555-0100"),),)),))
    blocks = (Heading((Run("Care"),)), ListBlock(((Run("a name"),), (Run("an age"),))), address)
    places = [(sentence.text, sentence.place) for sentence in sentences_in(clause(*blocks))]
    assert places == [
        ("Care", Place.HEADING),
        ("a name", Place.ITEM),
        ("an age", Place.ITEM),
    ]


def test_a_document_gives_every_sentence_and_every_run_in_reading_order() -> None:
    points = {"questions": {"points": ["desk", "mailbox"]}}
    printed = document(SAMPLE, since="2001-05-04", contact_points=DESK | MAILBOX, contacts=points)
    sentences = sentences_of(printed)
    order = [section.id for section in printed.sections]
    assert sorted(sentences, key=lambda one: order.index(one.section)) == list(sentences)
    labels = [one.label for one in runs_of(printed) if one.run.href.startswith(("tel", "mailto"))]
    assert labels == ["Phone", "Email"]
