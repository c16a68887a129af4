"""Sets of answers to try the library out on.

The library knows no drafts and no policies. Whoever has sets of answers registers a source of them
when the site starts (``AppConfig.ready``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from policygen.core.amendments import Amendment
from policygen.core.answers import Raw, sift_answers
from policygen.core.library import Library
from policygen.core.problems import Problem
from policygen.core.selection import select


@dataclass(frozen=True)
class AnswerSet:
    """Answers in their raw form, with a key within their source and a title for people.

    ``release`` is the digest of the release that their document is made from now; blank stands for
    the one in force. ``amendments`` are a practice's own wording in that document.
    """

    key: str
    title: str
    raw: Mapping[str, Raw]
    release: str = ""
    amendments: tuple[Amendment, ...] = ()


class Source(Protocol):
    """Something that has sets of answers."""

    name: str
    """An id, such as ``drafts``."""
    label: str
    """What people call it, such as “Drafts of interviews”."""
    blocks: bool
    """Whether a release that breaks one of these sets cannot be published."""

    def keys(self) -> Sequence[str]:
        """Return the keys of all sets there are now, in a fixed order."""

    def sets(self, keys: Iterable[str]) -> Iterator[AnswerSet]:
        """Give the sets of these keys that are still there."""


SOURCES: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add a source; one of the same name is replaced."""
    SOURCES[source.name] = source


def broken(library: Library, answer_set: AnswerSet) -> list[Problem]:
    """Return why a set of answers makes no whole policy with a library."""
    answers, problems = sift_answers(library.vocabulary, answer_set.raw)
    found = [*problems, *answers.missing()]
    if not found and not select(library, answers).included:
        found.append(Problem("", "No clause is selected."))
    return found


def breaking(before: Library | None, after: Library) -> Iterator[Problem]:
    """Give what a library breaks in sets that must not break: those that made a policy before."""
    for source in SOURCES.values():
        if not source.blocks:
            continue
        for answer_set in source.sets(source.keys()):
            if before is not None and broken(before, answer_set):
                continue
            for problem in broken(after, answer_set):
                yield problem.inside(f"{source.name}.{answer_set.key}")
