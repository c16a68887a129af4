"""A practice's own wording in a draft: what there is, what becomes of it, and how it changes.

The pure part is ``core/amendments.py``, and ``drafts.amend_draft`` alone writes. This module stands
between the two: it says what the pages show, and puts lists of amendments together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import Q

from policygen.core.amendments import (
    Amendment,
    Standing,
    amendment_of,
    laid_over,
    rebased,
    standing,
)
from policygen.core.analysis.redline import Change, redline
from policygen.core.clauses import Clause
from policygen.core.document import ClauseText
from policygen.core.in_words import reason_in_words
from policygen.core.library import Library
from policygen.core.placeholders import Filling
from policygen.core.problems import Problem, Refused
from policygen.core.selection import Why, select
from policygen.policies.drafting.drafts import Opened, Overtaken, amend_draft
from policygen.policies.drafting.wording_log import WordingChange, beginning_for, from_details
from policygen.policies.events import Action
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Event, PolicyVersion
from policygen.policies.stored import amendments_to_text

WORDING_LIMIT = 8000
"""How long a practice's own wording of one clause may be, in characters."""

REMEMBERED = 200
"""How many earlier changes of wording are looked at for one page."""


# ------------------------------------------------------------------ what there is


@dataclass(frozen=True)
class OwnWording:
    """A practice's own wording of a clause, and what the draft's library makes of it.

    ``clause`` is the library's clause, or ``None`` where it has none any more. ``is_printed`` tells
    that this wording stands in the policy, and not the library's, wherever the clause does.
    """

    amendment: Amendment
    standing: Standing
    clause: Clause | None
    is_printed: bool

    @property
    def slug(self) -> str:
        """The slug of the clause."""
        return self.amendment.slug

    @property
    def title(self) -> str:
        """What the clause is called."""
        return self.clause.title if self.clause else named(self.slug)

    @property
    def waits(self) -> bool:
        """Whether somebody has to decide before the policy can be published."""
        return self.standing in {Standing.DECIDE, Standing.GONE}

    @property
    def is_contested(self) -> bool:
        """Whether to decide between it and the wording of the version that the draft replaces."""
        return self.amendment.rival is not None and self.standing is Standing.DECIDE

    @property
    def rival_text(self) -> str:
        """What that version, or else the draft, says: the library's text, if it has no own."""
        return self.amendment.rival or self.library_text

    @cached_property
    def against_rival(self) -> tuple[Change, ...]:
        """How it differs from that one."""
        return redline(self.rival_text.strip(), self.amendment.text.strip())

    @property
    def library_text(self) -> str:
        """The library's text in this draft's release, empty where there is none."""
        return self.clause.source if self.clause else ""

    @cached_property
    def against_base(self) -> tuple[Change, ...]:
        """How it differs from the library's text that was amended."""
        return redline(self.amendment.base_text.strip(), self.amendment.text.strip())

    @cached_property
    def library_change(self) -> tuple[Change, ...]:
        """How the library's text differs from the one that was amended."""
        return redline(self.amendment.base_text.strip(), self.library_text.strip())


def own_wordings(opened: Opened) -> tuple[OwnWording, ...]:
    """Return a practice's own wording in a draft in the library's order, what is gone last."""
    places = {clause.slug: place for place, clause in enumerate(opened.library.clauses)}
    by_slug = {clause.slug: clause for clause in opened.library.clauses}
    printed = {clause.slug for clause in worded_library(opened).clauses if clause.amended}
    found = [
        OwnWording(one, standing(one, opened.library), by_slug.get(one.slug), one.slug in printed)
        for one in opened.amendments
    ]
    return tuple(sorted(found, key=lambda own: places.get(own.slug, len(places))))


def own_wording_of(opened: Opened, slug: str) -> OwnWording | None:
    """Return a practice's own wording of a clause, if there is one."""
    return next((own for own in own_wordings(opened) if own.slug == slug), None)


def worded_library(opened: Opened) -> Library:
    """Return the library of a draft with the practice's own wording, wherever it can stand.

    It never raises: while somebody has yet to decide, the policy prints the practice's wording
    where it still can be read, and the library's elsewhere.
    """
    return laid_over(opened.library, opened.amendments)


def named(slug: str) -> str:
    """Return what a clause is called that no library at hand has: its slug, as people write."""
    return slug.replace("-", " ").capitalize()


# ------------------------------------------------------------------ what would print


@dataclass(frozen=True)
class Printed:
    """What a clause prints with the answers of a draft.

    ``text`` is ``None`` where it can print nothing for lack of an answer. ``reason`` says in one
    sentence why the clause is in the policy or not. ``is_silenced`` tells that its condition holds
    and it is left out all the same, because its text names an answer that is not there.
    """

    text: ClauseText | None
    reason: str
    is_left_out: bool
    is_silenced: bool


def tried(opened: Opened, slug: str, text: str, *, on: date) -> Printed:
    """Return what a clause would print with this wording. It writes nothing.

    Raises ``Refused`` for a wording that cannot stand there.
    """
    _refuse_too_long(text)
    own = amendment_of(opened.library, slug, text)
    others = [one for one in opened.amendments if one.slug != slug]
    library = laid_over(opened.library, [*others, *([own] if own else [])])
    return printed(opened, library, slug, on=on)


def printed(opened: Opened, library: Library, slug: str, *, on: date) -> Printed:
    """Return what a clause of a library prints with the answers of a draft.

    ``library`` is that of the draft, with any wording in it. Raises ``LookupError`` for a slug that
    it does not have.
    """
    answers = opened.reading.answers
    selection = select(library, answers)
    for choice in (*selection.included, *selection.left_out):
        if choice.clause.slug == slug:
            clause, reason = choice.clause, choice.reason
            holds = clause.when.holds(answers.in_force) is True
            return Printed(
                text=_filled(clause, Filling(answers, on)),
                reason=reason_in_words(reason, library, answers.in_force),
                is_left_out=reason.why not in {Why.ALWAYS, Why.HOLDS},
                is_silenced=holds and reason.why in SILENCING,
            )
    raise LookupError(slug)


SILENCING = {Why.NOTHING_TO_PRINT, Why.WAITS, Why.NOT_ASKED}
"""Why a clause whose condition holds is left out for lack of an answer."""


def _filled(clause: Clause, filling: Filling) -> ClauseText | None:
    """Return what a clause says by itself, or ``None`` where an answer is missing for it."""
    if any(filling.value(path) is None for path in clause.paths):
        return None
    blocks = clause.body.fill(filling)
    return ClauseText(clause.slug, clause.version, clause.title, blocks, (), (), clause.amended)


# ------------------------------------------------------------------ changing it


def reword(holder: Holder, opened: Opened, slug: str, text: str, *, revision: int) -> Draft:
    """Give a clause of a draft this wording; with the library's own text it is the library's again.

    It decides, too: the wording now stands in place of the library's text as it is. ``revision``
    is the one that the person had in view. Raises ``Refused`` for a wording that cannot stand
    there, with lines; else as ``amend_draft``.
    """
    _refuse_too_long(text)
    return _put(holder, opened, slug, amendment_of(opened.library, slug, text), revision)


def let_go(holder: Holder, opened: Opened, slug: str, *, revision: int) -> Draft:
    """Go back to the library's text of a clause, if it has one. The log keeps what was let go.

    Raises as ``amend_draft`` does.
    """
    return _put(holder, opened, slug, None, revision)


def _put(holder: Holder, opened: Opened, slug: str, own: Amendment | None, revision: int) -> Draft:
    there = opened.amendments
    after = [one for one in there if one.slug != slug]
    same = [one for one in there if one.slug == slug] == ([own] if own else [])
    if same:
        return opened.draft
    if opened.draft.revision != revision:
        raise Overtaken
    text = amendments_to_text([*rebased(after, opened.library), *([own] if own else [])])
    return amend_draft(holder, opened.draft.pk, amendments=text, revision=revision)


def _refuse_too_long(text: str) -> None:
    if len(text) > WORDING_LIMIT:
        length = f"This wording has {len(text):,} characters."
        raise Refused([Problem("", f"{length} Shorten it to {WORDING_LIMIT:,} or fewer.")])


# ------------------------------------------------------------------ how it came about


@dataclass(frozen=True)
class Earlier:
    """A change of wording as the log has it: who made it, when, and both texts."""

    who: str
    at: datetime
    change: WordingChange

    @cached_property
    def redline(self) -> tuple[Change, ...]:
        """What it changed."""
        return redline(self.change.before.strip(), self.change.after.strip())


def history_of(draft: Draft, slug: str) -> tuple[Earlier, ...]:
    """Return the changes of a clause's wording that led to a draft, the newest first."""
    return _earlier(draft, details__startswith=beginning_for(slug))


def last_changes(draft: Draft) -> dict[str, Earlier]:
    """Return the last change of each clause's wording that led to a draft, by slug."""
    found: dict[str, Earlier] = {}
    for one in _earlier(draft):
        found.setdefault(one.change.clause, one)
    return found


def _earlier(draft: Draft, **about: str) -> tuple[Earlier, ...]:
    """Return changes made in this draft, and in those that became the versions before it."""
    before = PolicyVersion.objects.filter(policy=draft.policy_id, number__lte=draft.base)
    of_it = Q(draft=draft.pk) | Q(draft__in=before.values("draft"))
    lines = Event.objects.filter(of_it, policy=draft.policy_id, action=Action.AMENDED, **about)
    newest = lines.order_by("-number")[:REMEMBERED]
    return tuple(Earlier(line.who, line.at, from_details(line.details)) for line in newest)
