"""The sets of answers that somebody can start from: ``clauses/examples/*.yaml``."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from policygen.core.answers import Answers
from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.library.answers_file import read_answers_path
from policygen.library.store import library_of

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
