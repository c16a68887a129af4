"""The log of a policy, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from policygen.core.text import day_in_words
from policygen.library.models import Release, ReleaseState
from policygen.library.store import NoRelease, library_in_force
from policygen.policies.drafting.wording_log import from_details
from policygen.policies.events import Action
from policygen.policies.models import Event

SHOWN_MARK = 12
"""So many characters of a release's digest stand in the log (``drafts.move_draft``)."""


@dataclass(frozen=True)
class Line:
    """A line of the log: who did what, when. ``said`` is what they wrote, ``version`` a number."""

    at: datetime
    who: str
    did: str
    said: str = ""
    version: int | None = None


@dataclass(frozen=True)
class Names:
    """What the log names: releases by the beginning of their digest, and clauses by slug."""

    releases: Mapping[str, int]
    clauses: Mapping[str, str]

    def release(self, mark: str) -> str:
        """Return what people call a release."""
        number = self.releases.get(mark)
        return f"release {number}" if number else "an earlier release"

    def clause(self, slug: str) -> str:
        """Return what people call a clause."""
        return f"“{self.clauses.get(slug, slug)}”"


def lines_of(events: Iterable[Event]) -> list[Line]:
    """Put events into words, in the order given. One query besides."""
    names = _names()
    return [_line(event, names) for event in events]


def _names() -> Names:
    published = Release.objects.filter(state=ReleaseState.PUBLISHED)
    rows = published.order_by("number").values_list("digest", "number")
    releases = {digest[:SHOWN_MARK]: number for digest, number in rows if number is not None}
    try:
        clauses = {clause.slug: clause.title for clause in library_in_force().clauses}
    except NoRelease:
        clauses = {}
    return Names(releases, clauses)


def _line(event: Event, names: Names) -> Line:
    return Line(
        at=event.at,
        who=event.who or "The site",
        did=_did(event, names),
        said=event.details if event.action in {Action.SENT_BACK, Action.RENAMED} else "",
        version=event.version if event.action == Action.PUBLISHED else None,
    )


def _did(event: Event, names: Names) -> str:
    """Return what was done, after the name of who did it; what is unknown is said as stored."""
    details = event.details
    match event.action:
        case Action.BEGAN:
            return f"began a draft {details}".strip()
        case Action.REPLACES if details:
            return f"said that the draft replaces {details}"
        case Action.MOVED:
            before, _, after = details.partition(" → ")
            return f"moved the draft from {names.release(before)} to {names.release(after)}"
        case Action.AMENDED if clause := from_details(details).clause:
            return f"changed the wording of {names.clause(clause)}"
        case Action.COMMENTED if details:
            return f"commented on {names.clause(details)}"
        case Action.SETTLED if details:
            return f"settled a comment on {names.clause(details)}"
        case Action.PUBLISHED | Action.ERASED if event.version:
            verb = "published" if event.action == Action.PUBLISHED else "erased"
            return f"{verb} version {event.version}"
        case Action.DUE:
            return _due(details)
    known = {str(action): action.in_words for action in Action}
    return known.get(event.action, event.action)


def _due(details: str) -> str:
    try:
        return f"set the next review for {day_in_words(date.fromisoformat(details))}"
    except ValueError:
        return "took away the date of the next review"
