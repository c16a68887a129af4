"""Which version of a policy applies, in one query.

These are the queries of every public page, also of an answer without a page (304). So they are
written out: Django's own took longer to be put together than all the rest of such an answer takes
(docs/decisions/0054). They read nothing of a version but what lists show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import Error, connection
from django.utils import timezone

from policygen.core.text import day_in_words
from policygen.policies.public.memory import Memory
from policygen.policies.published.versions import Span

WESTERNMOST = timedelta(hours=12)
"""How far the time of a place can be behind UTC."""

# The version that applies wherever a day lasts longest, and all after it. The inner search walks
# the index of (policy, number) from its end, and stops at the first row that fits.
NOW = """
SELECT policy.id, practice.name, policy.title, practice.time_zone,
       location.name, location.closed_on,
       version.number, version.digest, version.effective_on, NULL
FROM policies_policy policy
JOIN practices_practice practice ON practice.id = policy.practice_id
LEFT JOIN practices_location location
    ON location.id = policy.location_id AND location.closed_on IS NOT NULL
LEFT JOIN policies_policyversion version ON version.policy_id = policy.id AND version.number >=
    COALESCE((SELECT applies.number FROM policies_policyversion applies
              WHERE applies.policy_id = policy.id AND applies.effective_on <= %(day)s
              ORDER BY applies.number DESC LIMIT 1), 1)
WHERE practice.slug = %(practice)s AND policy.slug = %(policy)s
ORDER BY version.number DESC
"""

NUMBERED = """
SELECT policy.id, practice.name, policy.title, practice.time_zone,
       location.name, location.closed_on,
       version.number, version.digest, version.effective_on,
       (SELECT MIN(later.effective_on) FROM policies_policyversion later
        WHERE later.policy_id = policy.id AND later.number > version.number)
FROM policies_policy policy
JOIN practices_practice practice ON practice.id = policy.practice_id
LEFT JOIN practices_location location
    ON location.id = policy.location_id AND location.closed_on IS NOT NULL
JOIN policies_policyversion version ON version.policy_id = policy.id
WHERE practice.slug = %(practice)s AND policy.slug = %(policy)s
    AND version.number IN (%(first)s, %(last)s)
ORDER BY version.number DESC
"""

# Where no version applied yet, the last column says from which day on one does.
ON = """
SELECT policy.id, practice.name, policy.title, practice.time_zone,
       location.name, location.closed_on,
       version.number, version.digest, version.effective_on,
       CASE WHEN version.number IS NULL THEN
           (SELECT MIN(earliest.effective_on) FROM policies_policyversion earliest
            WHERE earliest.policy_id = policy.id) END
FROM policies_policy policy
JOIN practices_practice practice ON practice.id = policy.practice_id
LEFT JOIN practices_location location
    ON location.id = policy.location_id AND location.closed_on IS NOT NULL
LEFT JOIN policies_policyversion version ON version.policy_id = policy.id AND version.number =
    (SELECT applies.number FROM policies_policyversion applies
     WHERE applies.policy_id = policy.id AND applies.effective_on <= %(day)s
     ORDER BY applies.number DESC LIMIT 1)
WHERE practice.slug = %(practice)s AND policy.slug = %(policy)s
"""


class NotThere(LookupError):
    """The public side has no such page."""


class NotYet(NotThere):
    """There is no policy on that day, or yet; ``first`` is the first day on which there is one."""

    def __init__(self, first: date) -> None:
        self.first = first
        super().__init__()


@dataclass(frozen=True, slots=True)
class Published:
    """A version: its number, its digest, and the first day on which it applies.

    ``until`` is the first day on which a later one applies in its place, if there is a later one
    and somebody asked.
    """

    number: int
    digest: str
    effective_on: date
    until: date | None = None

    @property
    def span(self) -> Span:
        """The days on which it applies."""
        return Span(self.number, self.effective_on, self.until)


@dataclass(frozen=True, slots=True)
class Closing:
    """A location that has closed: its name, and the day."""

    name: str
    on: date

    def __str__(self) -> str:
        return f"{self.name} closed on {day_in_words(self.on)}."


@dataclass(frozen=True, slots=True)
class Line:
    """A policy and some of its versions, the newest first.

    ``practice`` and ``policy`` are the slugs in its address; ``name`` is the practice's.
    ``closing`` tells of the location that the policy is for, where that has closed.
    """

    practice: str
    policy: str
    id: int
    name: str
    title: str
    zone: str
    versions: tuple[Published, ...]
    closing: Closing | None = None

    @property
    def time_zone(self) -> ZoneInfo:
        """The practice's time zone."""
        return ZoneInfo(self.zone)

    def today(self) -> date:
        """Return today's date where the practice is."""
        return timezone.localdate(timezone=self.time_zone)

    def in_force(self, on: date) -> Published | None:
        """Return which of the versions applies on a day."""
        return next((one for one in self.versions if one.effective_on <= on), None)

    def coming(self, today: date) -> Published | None:
        """Return which of the versions applies next, if one waits for its day."""
        current = self.in_force(today)
        seen = current.number if current else 0
        days = [one.effective_on for one in self.versions if one.number > seen]
        return self.in_force(min(days)) if days else None


def line_of(practice: str, policy: str) -> Line:
    """Return a policy with the version that applies, if one does, and all newer ones.

    While this process cannot reach the database, it is the line as it last saw it; a version that
    another process published since is missing in it. Raises ``NotThere``, or an ``Error`` of the
    database.
    """
    earliest = (timezone.now().astimezone(UTC) - WESTERNMOST).date()
    try:
        rows = _rows(NOW, practice=practice, policy=policy, day=earliest)
    except Error:
        if (known := SEEN.get((practice, policy))) is None:
            raise
        return known
    return SEEN.put((practice, policy), _line(rows, practice, policy))


def numbered(practice: str, policy: str, *numbers: int) -> Line:
    """Return a policy with the one or two versions of these numbers. Raises ``NotThere``."""
    rows = _rows(NUMBERED, practice=practice, policy=policy, first=numbers[0], last=numbers[-1])
    line = _line(rows, practice, policy)
    if len(line.versions) < len(set(numbers)):
        raise NotThere
    return line


def line_on(practice: str, policy: str, day: date) -> Line:
    """Return a policy with the version that applies on a day. Raises ``NotThere``, ``NotYet``."""
    rows = _rows(ON, practice=practice, policy=policy, day=day)
    line = _line(rows, practice, policy)
    if not line.versions:
        raise NotYet(_day(rows[0][-1])) if rows[0][-1] else NotThere
    return line


SEEN: Memory[tuple[str, str], Line] = Memory(1_000)
"""The policies that this process was asked for last."""


def _rows(sql: str, **values: str | int | date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _line(rows: Sequence[tuple[Any, ...]], practice: str, policy: str) -> Line:
    if not rows:
        raise NotThere
    identifier, name, title, zone, location, closed_on = rows[0][:6]
    versions = tuple(
        Published(number, digest, _day(effective_on), _day(until) if until else None)
        for *_, number, digest, effective_on, until in rows
        if number is not None
    )
    closing = Closing(location, _day(closed_on)) if closed_on else None
    return Line(practice, policy, identifier, name, title, zone, versions, closing)


def _day(value: date | str) -> date:
    """Return a day as Python's: SQLite gives what a query made up as text."""
    return value if isinstance(value, date) else date.fromisoformat(value)
