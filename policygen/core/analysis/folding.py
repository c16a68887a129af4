"""Folding: which of many changes read alike, so that people look at each kind of change once.

Two changes fold into one if they print the same but for what is each practice's own: its names, its
web addresses, its locations and its contact points.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from policygen.core.analysis.redline import DocumentRedline, redline_documents
from policygen.core.answers import Answers, ContactPoint, Fact, Place
from policygen.core.document import Document
from policygen.core.library import canonical_json
from policygen.core.vocabulary import Kind

OWN_KINDS = frozenset({Kind.NAME, Kind.LINK, Kind.PLACES, Kind.CONTACT_POINTS})
"""Kinds of questions whose answers are a practice's own."""


def own_texts(answers: Answers) -> dict[str, str]:
    """Return the texts that are a practice's own, each with a mark of what it is."""
    found: dict[str, str] = {}
    for name, answer in answers.in_force.given.items():
        if isinstance(answer, Fact) and answers.vocabulary.by_id[name].kind in OWN_KINDS:
            for place, text in enumerate(_texts(answer.value)):
                found.setdefault(text, f"{name}.{place}")
    return found


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Place(name, address):
            yield from (name, *address)
        case ContactPoint(_, _, lines):
            yield from lines
        case tuple():
            for entry in value:
                yield from _texts(entry)


def fold_of(
    before: Document | None,
    after: Document,
    *,
    was_own: Mapping[str, str],
    own: Mapping[str, str],
) -> str:
    """Return the digest of what changes, or of all that is new; equal ones read alike.

    ``was_own`` and ``own`` are the practice's own texts (``own_texts``) before and after. A text
    that changed itself keeps its place, and tells that it changed.
    """
    earlier = before if before is not None else replace(after, title="", sections=())
    changed = redline_documents(earlier, after).changed_only()
    marks = {text: f"\ue000{mark}\ue001" for text, mark in own.items()}
    marks |= {t: f"\ue002{m}\ue001" for t, m in was_own.items() if t not in own}
    said = [before is None, *_lines(changed, _Masked(marks))]
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


class _Masked:
    """Puts marks in the place of texts, the longest first."""

    def __init__(self, marks: Mapping[str, str]) -> None:
        texts = sorted(filter(None, marks), key=len, reverse=True)
        self._marks = marks
        self._any = re.compile("|".join(map(re.escape, texts))) if texts else None

    def __call__(self, text: str) -> str:
        if self._any is None:
            return text
        return self._any.sub(lambda found: self._marks[found.group()], text)


def _lines(changed: DocumentRedline, masked: _Masked) -> Iterator[object]:
    for section in changed.sections:
        for clause in section.clauses:
            yield [clause.slug, *_changes(clause.lines, masked)]


def _changes(lines: Iterable[Iterable[object]], masked: _Masked) -> Iterator[object]:
    for line in lines:
        yield [[str(change.mark), masked(change.text)] for change in line]  # type: ignore[attr-defined]
