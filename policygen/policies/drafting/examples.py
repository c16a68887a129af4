"""The sets of answers that somebody can start from: ``clauses/examples/*.yaml``."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from policygen.core.answers import Answer, Answers, Fact, contact_points
from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.core.vocabulary import Kind, Question
from policygen.library.answers_file import read_answers_path
from policygen.library.store import NoRelease, library_in_force, library_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Example:
    """A practice that does not exist, with all its answers. ``name`` is the name of its file."""

    name: str
    title: str
    description: str
    answers: Answers


def examples(library: Library) -> tuple[Example, ...]:
    """Return the examples that go with a library, in the order of their titles."""
    return _examples(library.digest)


@lru_cache(maxsize=4)
def _examples(release: str) -> tuple[Example, ...]:
    vocabulary = library_of(release).vocabulary
    found: list[Example] = []
    for path in sorted(settings.CLAUSES_DIR.glob("examples/*.yaml")):
        try:
            file = read_answers_path(path, vocabulary)
        except Refused as refused:
            logger.warning(
                "the example %s does not fit the release in force: %s", path.name, refused
            )
            continue
        found.append(Example(path.stem, file.title or path.stem, file.description, file.answers))
    return tuple(sorted(found, key=lambda example: example.title))


def invented_names() -> frozenset[str]:
    """Return what the practices of the examples are called, whose names are nobody's to take."""
    try:
        found = examples(library_in_force())
    except NoRelease:
        return frozenset()
    names = (one.answers.given.get("practice_name") for one in found)
    facts = (name.value for name in names if isinstance(name, Fact))
    return frozenset(name for name in facts if isinstance(name, str))


WHO = frozenset({Kind.NAME, Kind.LINK, Kind.CONTACT_POINTS})
"""The kinds of questions whose answers tell who a practice is, and how to reach it."""


def still_of_examples(answers: Answers, library: Library) -> tuple[Question, ...]:
    """Return the questions to which answers give a name, link or contact that an example has."""
    return tuple(
        question
        for question in library.vocabulary.questions
        if question.kind in WHO and question.id in answers.given
        if any(_shared(question, answers, one.answers) for one in examples(library))
    )


def _shared(question: Question, mine: Answers, example: Answers) -> bool:
    if question.kind is not Kind.CONTACT_POINTS:
        given = mine.given[question.id]
        return names_somebody(given) and example.given.get(question.id) == given
    theirs = {(point.channel, point.lines) for point in contact_points(example.given).values()}
    own = contact_points({question.id: mine.given[question.id]})
    return any((point.channel, point.lines) in theirs for point in own.values())


def names_somebody(answer: Answer) -> bool:
    """Tell whether an answer is somebody's name or address; “our privacy officer” is anybody's."""
    if not isinstance(answer, Fact) or answer.value is None:
        return False
    return not str(answer.value).startswith("our ")
