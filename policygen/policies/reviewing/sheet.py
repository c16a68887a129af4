"""A draft as its reviewers read it: clause by clause, with the reason and the remarks beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django.utils.safestring import SafeString, mark_safe

from policygen.core.analysis.redline import Change, redline_documents
from policygen.core.assembly import assemble
from policygen.core.document import ClauseText, Document, section_href
from policygen.core.in_words import reason_in_words
from policygen.core.selection import select
from policygen.policies.drafting.drafts import Opened
from policygen.policies.drafting.wording import (
    Earlier,
    OwnWording,
    named,
    own_wordings,
    worded_library,
)
from policygen.policies.models import Comment
from policygen.rendering import html
from policygen.rendering.front import section_title

LEVEL = 3
"""The level that the title of the policy would have: its sections are headings of level 3 here."""


@dataclass(frozen=True)
class Worded:
    """A practice's own wording with its story.

    ``last`` is its last change, if the log of this policy has it; ``lines`` are what it changes in
    what is printed, line by line, and empty where the clause does not stand in this policy.
    """

    own: OwnWording
    last: Earlier | None
    lines: tuple[tuple[Change, ...], ...]
    is_shown: bool


@dataclass(frozen=True)
class Beside:
    """What stands beside the text of a clause."""

    reason: str
    run_in: bool
    worded: Worded | None
    comments: tuple[Comment, ...]


@dataclass(frozen=True)
class SheetClause:
    """A clause of the draft: what it says, as markup too, and what stands beside it.

    ``continues`` tells that it goes on in the paragraph of the clause before it.
    """

    text: ClauseText
    beside: Beside
    continues: bool
    markup: SafeString

    @property
    def slug(self) -> str:
        """The slug of the clause."""
        return self.text.slug

    @property
    def title(self) -> str:
        """What the clause is called."""
        return self.text.title

    @cached_property
    def mark(self) -> str:
        """A short mark of what it prints, to tell later whether that changed."""
        return hashlib.sha256(repr(self.text.blocks).encode()).hexdigest()[:10]


@dataclass(frozen=True)
class SheetSection:
    """A section of the draft, and its clauses; the title has its number."""

    id: str
    title: str
    clauses: tuple[SheetClause, ...]


@dataclass(frozen=True)
class Elsewhere:
    """Remarks on a clause that does not stand in the draft any more."""

    title: str
    comments: tuple[Comment, ...]


@dataclass(frozen=True)
class Sheet:
    """All of a draft. ``general`` are remarks on all of it; ``wordings`` what waits first."""

    document: Document
    sections: tuple[SheetSection, ...]
    general: tuple[Comment, ...]
    elsewhere: tuple[Elsewhere, ...]
    wordings: tuple[Worded, ...]

    @property
    def clauses(self) -> Iterator[SheetClause]:
        """Give every clause in reading order."""
        for section in self.sections:
            yield from section.clauses

    @property
    def undecided(self) -> tuple[Worded, ...]:
        """The wordings about which somebody has to decide."""
        return tuple(one for one in self.wordings if one.own.waits)

    @property
    def marks(self) -> dict[str, str]:
        """The mark of each clause by its slug."""
        return {clause.slug: clause.mark for clause in self.clauses}

    @property
    def open_comments(self) -> int:
        """How many remarks are not settled."""
        elsewhere = [one.comments for one in self.elsewhere]
        beside = [clause.beside.comments for clause in self.clauses]
        groups = [self.general, *elsewhere, *beside]
        return sum(not comment.settled for group in groups for comment in group)


def sheet_of(
    opened: Opened,
    comments: Iterable[Comment],
    last_changes: Mapping[str, Earlier],
    *,
    on: date,
) -> Sheet:
    """Put a draft together for its reviewers, whatever is still missing in it. It queries nothing.

    ``comments`` are all of the draft's with their authors, ``last_changes`` come from
    ``wording.last_changes``, ``on`` is the practice's date of today.
    """
    answers, library = opened.reading.answers, worded_library(opened)
    selection = select(library, answers)
    document = assemble(selection, answers, on=on)
    wordings = {one.own.slug: one for one in _wordings(opened, document, last_changes, on)}
    remarks = _by_clause(comments)
    beside = {
        choice.clause.slug: Beside(
            reason_in_words(choice.reason, library, answers.in_force),
            choice.clause.run_in,
            wordings.get(choice.clause.slug),
            remarks.pop(choice.clause.slug, ()),
        )
        for choice in selection.included
    }
    titles = {clause.slug: clause.title for clause in library.clauses}
    return Sheet(
        document=document,
        sections=tuple(_sections(document, beside)),
        general=remarks.pop("", ()),
        elsewhere=tuple(Elsewhere(titles.get(s) or named(s), some) for s, some in remarks.items()),
        wordings=tuple(sorted(wordings.values(), key=lambda one: not one.own.waits)),
    )


def _sections(document: Document, beside: Mapping[str, Beside]) -> Iterator[SheetSection]:
    targets = frozenset(section_href(section.id) for section in document.sections)
    for number, section in enumerate(document.sections, start=1):
        clauses = tuple(
            SheetClause(
                text=clause,
                beside=beside[clause.slug],
                continues=place > 0 and beside[clause.slug].run_in,
                markup=markup_of(clause, targets),
            )
            for place, clause in enumerate(section.clauses)
        )
        yield SheetSection(section.id, section_title(number, section.title), clauses)


def markup_of(clause: ClauseText, targets: frozenset[str]) -> SafeString:
    """Return what a clause prints, for a page with these ``section_href``."""
    # html.clause() escapes all text, like html.body().
    return mark_safe(html.clause(clause, targets=targets, level=LEVEL))  # noqa: S308


def _by_clause(comments: Iterable[Comment]) -> dict[str, tuple[Comment, ...]]:
    found: dict[str, list[Comment]] = {}
    for comment in comments:
        found.setdefault(comment.clause, []).append(comment)
    return {slug: tuple(some) for slug, some in found.items()}


def _wordings(
    opened: Opened, document: Document, last_changes: Mapping[str, Earlier], on: date
) -> Iterator[Worded]:
    """Give the practice's own wordings with what each changes in what is printed."""
    own = own_wordings(opened)
    if not own:
        return
    slugs = {one.slug for one in own}
    answers = opened.reading.answers
    before = assemble(select(opened.library, answers), answers, on=on)
    changed = redline_documents(_only(before, slugs), _only(document, slugs))
    lines = {clause.slug: clause.lines for one in changed.sections for clause in one.clauses}
    shown = {clause.slug for clause in document.clauses()}
    for one in own:
        last = last_changes.get(one.slug)
        yield Worded(one, last, lines.get(one.slug, ()), one.slug in shown)


def _only(document: Document, slugs: set[str]) -> Document:
    """Return a document with some of its clauses alone."""
    sections = [
        replace(section, clauses=tuple(c for c in section.clauses if c.slug in slugs))
        for section in document.sections
    ]
    return replace(document, sections=tuple(one for one in sections if one.clauses))
