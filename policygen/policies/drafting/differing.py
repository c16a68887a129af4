"""What differs at a brand or a location of a group: what it inherits, and what holds there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policygen.core.answers import Answers, Raw, contact_points, in_words, sift_answers
from policygen.core.problems import Refused
from policygen.core.vocabulary import Question, Vocabulary
from policygen.policies.drafting.drafts import seen
from policygen.policies.drafting.levels import Line


@dataclass(frozen=True)
class Difference:
    """A question that is answered differently: what is inherited, and what holds here, in words.

    ``question`` is missing if the library no longer asks it; ``name`` is its id. Without an answer
    that could be read, there are no words. ``is_of_brand`` says that a brand gives what is
    inherited, and ``mark`` tells later if the answer is still this one (``drafts.seen``).
    """

    name: str
    question: Question | None
    inherited: tuple[str, ...]
    here: tuple[str, ...]
    is_of_brand: bool
    mark: str


def differences_of(line: Line, vocabulary: Vocabulary) -> tuple[Difference, ...]:
    """Return what differs at the last level of a line, in the order of the interview."""
    return tuple(_differences(line, vocabulary))


def _differences(line: Line, vocabulary: Vocabulary) -> Iterator[Difference]:
    above = inherited_words(line, vocabulary)
    brand = line.above[-1] if len(line.above) > 1 else {}
    order = {question.id: place for place, question in enumerate(vocabulary.questions)}
    here = _words(vocabulary, {**_inherited(line, vocabulary), **line.own})
    for name in sorted(line.own, key=lambda one: (order.get(one, len(order)), one)):
        yield Difference(
            name=name,
            question=vocabulary.by_id.get(name),
            inherited=above.get(name, ()),
            here=here.get(name, ()),
            is_of_brand=name in brand,
            mark=seen(line.own, [name]),
        )


def inherited_words(line: Line, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """Return in words what is inherited, by question id."""
    return _words(vocabulary, _inherited(line, vocabulary))


def _inherited(line: Line, vocabulary: Vocabulary) -> Mapping[str, Raw]:
    try:
        return line.inherited(vocabulary)
    except Refused:  # no address: its facts are left out
        return Line(line.release, line.above, {}).inherited(vocabulary)


def _words(vocabulary: Vocabulary, raw: Mapping[str, Raw]) -> dict[str, tuple[str, ...]]:
    answers, _ = sift_answers(vocabulary, raw)
    return said_in(answers)


def said_in(answers: Answers) -> dict[str, tuple[str, ...]]:
    """Return all answers in words, by question id."""
    points = contact_points(answers.given)
    known = answers.vocabulary.by_id
    return {name: in_words(known[name], one, points) for name, one in answers.given.items()}
