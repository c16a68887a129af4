"""What a change notice tells patients: what is new, what is gone, and what reads differently."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policygen.core.analysis.alignment import aligned
from policygen.core.analysis.pairs import clause_pairs
from policygen.core.document import Document
from policygen.core.plain_text import text_of

PIECE_ENDS = re.compile(r"(?<!\S)(\S+)(?<=[.!?;])\s+")
"""Where a sentence or an item of a list may end, with the word before."""

SHORT_WORD = re.compile(r"(?:[A-Z][A-Za-z]{0,3}|\w)\.")
"""A word of which the full stop may belong to it, as in “Dr.” or “Inc.”: no sentence ends there."""

LEFT_OUT = "…"


class NoticeKind(StrEnum):
    """What became of a part of the policy."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One change, in plain text on one line each.

    ``before`` is empty for what is new, ``after`` for what is gone. ``clause`` is empty where a
    heading reads differently; ``section`` is empty too where the title of the policy or the name
    of the practice does.
    """

    kind: NoticeKind
    section: str
    clause: str
    before: str
    after: str


def changes_in_words(before: Document, after: Document) -> tuple[NoticeLine, ...]:
    """Return what reads differently, in the reading order of the later document.

    What is gone stands where it stood. What only moved, looks different or leads elsewhere says
    nothing new and is left out, and so is a heading of which the clauses came or went.
    """
    return (*_names(before, after), *_changes(before, after))


def _names(before: Document, after: Document) -> Iterator[NoticeLine]:
    for old, new in ((before.title, after.title), (before.practice, after.practice)):
        if old != new:
            yield NoticeLine(NoticeKind.CHANGED, "", "", old, new)


def _changes(before: Document, after: Document) -> Iterator[NoticeLine]:
    titles = {section.id: section.title for section in before.sections}
    headings = {
        section.id: NoticeLine(NoticeKind.CHANGED, section.title, "", old, section.title)
        for section in after.sections
        if (old := titles.get(section.id, section.title)) != section.title
    }
    for pair in clause_pairs(before, after):
        if heading := headings.pop(pair.section.id, None):
            yield heading
        old = text_of(pair.before) if pair.before else ""
        new = text_of(pair.after) if pair.after else ""
        clause = pair.after or pair.before
        if clause is not None and old != new:
            yield NoticeLine(_kind(old, new), pair.section.title, clause.title, old, new)


def _kind(before: str, after: str) -> NoticeKind:
    if not before:
        return NoticeKind.NEW
    return NoticeKind.CHANGED if after else NoticeKind.GONE


# ------------------------------------------------------------------ in fewer words


def what_differs(line: NoticeLine) -> tuple[str, str]:
    """Return of both texts of a line only the sentences and items that the other one has not.

    What lies between two of them is "…". Where only the order differs, both are empty.
    """
    old, new = _pieces(line.before), _pieces(line.after)
    pairs = aligned([_said(piece) for piece in old], [_said(piece) for piece in new])
    gone = [place for place in range(len(old)) if place not in {one for one, _ in pairs}]
    came = [place for place in range(len(new)) if place not in {other for _, other in pairs}]
    moved = Counter(_said(old[n]) for n in gone) & Counter(_said(new[n]) for n in came)
    return _joined(old, _without(old, gone, moved)), _joined(new, _without(new, came, moved))


def _pieces(text: str) -> list[str]:
    """Cut a text into sentences and items of lists, each with its mark at the end."""
    pieces, start = [], 0
    for end in PIECE_ENDS.finditer(text):
        item, after = end[1].endswith(";"), text[end.end() : end.end() + 1]
        if item or (not SHORT_WORD.fullmatch(end[1]) and not after.islower()):
            pieces.append(text[start : end.end()].rstrip())
            start = end.end()
    return [*pieces, text[start:]] if text[start:].strip() else pieces


def _said(piece: str) -> str:
    """Return a piece without the mark that another place in a list gives it."""
    return piece.rstrip(";")


def _without(pieces: Sequence[str], places: Sequence[int], moved: Counter[str]) -> list[int]:
    """Return the places of pieces that did not only move."""
    left, found = Counter(moved), []
    for place in places:
        said = _said(pieces[place])
        if left[said]:
            left[said] -= 1
        else:
            found.append(place)
    return found


def _joined(pieces: Sequence[str], places: Sequence[int]) -> str:
    """Return the pieces at these places as one text."""
    parts: list[str] = []
    for number, place in enumerate(places):
        if number and place > places[number - 1] + 1:
            parts.append(LEFT_OUT)
        parts.append(pieces[place])
    return _said(" ".join(parts))
