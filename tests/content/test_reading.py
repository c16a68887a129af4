"""Reading level: policies that people can read. docs/writing-clauses.md names the limits."""

from __future__ import annotations

from random import Random

import pytest

from policygen.core.analysis.reading import level_of
from policygen.core.analysis.sentences import sentences_in, sentences_of
from policygen.core.answers import Answers, parse_answers
from policygen.core.document import ClauseText
from policygen.core.vocabulary import Kind, Question
from policygen.instruments.syllables import syllables
from tests.content.library import EXAMPLES, library, policy, policy_of
from tests.core.small import DESK, MAILBOX, OFFICE

POLICY_LIMIT = 9
CLAUSE_LIMIT = 12
WORDS_ON_AVERAGE = 14
WORDS_AT_MOST = 30


def random_answers(random: Random) -> Answers:
    """Return answers that tick about half of everything, to see clauses of every kind."""
    raw = {question.id: _some(question, random) for question in library().vocabulary.questions}
    raw["contact_points"] = {**OFFICE, **DESK, **MAILBOX}
    return parse_answers(library().vocabulary, raw)


def _some(question: Question, random: Random) -> object:
    ids = [option.id for option in question.options]
    match question.kind:
        case Kind.ONE:
            return random.choice(ids)
        case Kind.MANY:
            rate = random.choice([0, 0.1, 0.5, 0.9])
            return [name for name in ids if random.random() < rate]
        case Kind.NUMBER:
            return str(random.randint(question.minimum, question.maximum))
        case Kind.DATE:
            return random.choice(["2012-05-17", "none"])
        case Kind.LINK:
            return random.choice(["https://www.example.com", "none"])
        case Kind.LINES:
            return random.choice([["the United States", "Canada"], "none"])
        case Kind.PLACES:
            return [{"name": "North office", "address": ["1 Elm Street", "Springfield"]}]
        case Kind.CONTACTS:
            return {name: {"points": ["office", "desk"]} for name in ids if random.random() < 0.8}
        case _:
            return "Maple Dental" if question.required else random.choice(["Maple", "none"])


@pytest.fixture(scope="module")
def seen() -> dict[str, ClauseText]:
    """Every clause as it is printed, in an example or else for some random answers."""
    found: dict[str, ClauseText] = {}
    for name in EXAMPLES:
        for one in policy(name).clauses():
            found.setdefault(one.slug, one)
    random = Random(1)
    for _ in range(1000):
        if len(found) == len(library().clauses):
            break
        for one in policy_of(random_answers(random)).clauses():
            found.setdefault(one.slug, one)
    return found


def test_every_clause_can_be_printed(seen: dict[str, ClauseText]) -> None:
    """For some answers; a clause whose condition can never hold would stay unread."""
    assert sorted({one.slug for one in library().clauses} - set(seen)) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_policy_reads_easily(name: str) -> None:
    level = level_of(sentences_of(policy(name)), syllables)
    assert level.grade <= POLICY_LIMIT
    assert level.mean <= WORDS_ON_AVERAGE
    assert level.longest <= WORDS_AT_MOST


def test_no_clause_reads_hard(seen: dict[str, ClauseText]) -> None:
    grades = {slug: level_of(sentences_in(one), syllables).grade for slug, one in seen.items()}
    hard = {slug: round(level, 1) for slug, level in grades.items() if level > CLAUSE_LIMIT}
    assert hard == {}


def test_no_sentence_is_long(seen: dict[str, ClauseText]) -> None:
    long = {
        sentence.text
        for one in seen.values()
        for sentence in sentences_in(one)
        if len(sentence.words) > WORDS_AT_MOST
    }
    assert long == set()
