"""What a change notice tells patients: what is new, what is gone, and what reads differently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from policygen.core.analysis.pairs import clause_pairs
from policygen.core.document import Document
from policygen.core.plain_text import text_of


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
