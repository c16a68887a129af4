"""Wording that a law prescribes: nobody may change it, so it is judged by nothing but the law."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from policygen.core.analysis.sentences import Sentence
from policygen.core.clauses import Clause
from policygen.core.library import Library

BLANKS = re.compile(r"\s+")
BRACKETS = re.compile(r"\\\[.*?\\\]")


def without_prescribed(
    sentences: Iterable[Sentence], library: Library, clauses: Mapping[str, Clause]
) -> Iterator[Sentence]:
    """Give all sentences but those that are wording that a law prescribes for their clause.

    A sentence is prescribed if it stands, word for word, in the wording of an element that its
    clause satisfies; text in square brackets in that wording stands for anything.
    """
    wordings = {
        element.id: element.wording
        for regime in library.regimes
        for element in regime.elements
        if element.wording
    }
    prescribed = {
        slug: tuple(line for name in clause.satisfies for line in wordings.get(name, ()))
        for slug, clause in clauses.items()
        if clause.satisfies and wordings
    }
    for sentence in sentences:
        lines = prescribed.get(sentence.clause.slug)
        if not lines or not is_within(sentence.text, lines):
            yield sentence


def is_within(text: str, lines: tuple[str, ...]) -> bool:
    """Tell whether a text is a part of prescribed lines, or one of them a part of it."""
    said = BLANKS.sub(" ", text).strip()
    return any(said in BLANKS.sub(" ", line) for line in lines) or any(
        pattern.search(said) for pattern in _patterns(lines)
    )


@lru_cache(maxsize=256)
def _patterns(lines: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(BRACKETS.sub(".+", re.escape(BLANKS.sub(" ", line).strip()))) for line in lines
    )
