"""How long published versions are kept, and how they are erased when their time has passed.

A version is kept for six years after a later one took its place. Then the oldest may be erased,
and so on; the newest always stays. The log keeps that it was published, its digest, and that it was
erased. The database refuses anything else (migration 0004).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from django.contrib.auth.models import User
from django.db.models import Min
from django.utils import timezone

from policygen.core.text import day_in_words
from policygen.policies.events import Action, at_policy, write
from policygen.policies.models import Policy, PolicyVersion, VersionFile
from policygen.policies.proof.verify import batched, unnamed
from policygen.policies.published import files, prints
from policygen.policies.published.versions import versions_of
from policygen.practices.models import Practice

YEARS = 6
"""How long a version is kept after it was superseded. The database counts to the same number."""


class StillKept(Exception):
    """The version is not erased; the message says why, and from which day it may be.

    ``until`` is that day, or ``None`` if nobody can say yet.
    """

    def __init__(self, version: PolicyVersion, why: str, until: date | None = None) -> None:
        self.version, self.until = version, until
        super().__init__(f"Version {version.number} is kept: {why}")


@dataclass(frozen=True)
class Keeping:
    """How long a version is kept.

    ``superseded_on`` is the day on which a later version took its place; it is ``None`` as long as
    there is none, and may lie ahead.
    """

    version: PolicyVersion
    superseded_on: date | None

    @property
    def until(self) -> date | None:
        """The first day on which it may be erased, if that is known."""
        return years_after(self.superseded_on) if self.superseded_on else None


def years_after(day: date) -> date:
    """Return the day six years later; for the 29th of February that is the 1st of March."""
    try:
        return day.replace(year=day.year + YEARS)
    except ValueError:
        return date(day.year + YEARS, 3, 1)


def keeping_of(version: PolicyVersion) -> Keeping:
    """Return how long a version is kept."""
    later = PolicyVersion.objects.filter(policy=version.policy_id, number__gt=version.number)
    return Keeping(version, later.aggregate(first=Min("effective_on"))["first"])


def oldest_of(policy: Policy) -> PolicyVersion | None:
    """Return the oldest version that is still there."""
    return versions_of(policy).order_by("number").first()


def today_for(practice: Practice) -> date:
    """Return the day by which versions are kept: it has begun for the practice and in UTC.

    The database counts by the second calendar.
    """
    return min(practice.today(), timezone.now().astimezone(UTC).date())


def may_be_erased(version: PolicyVersion, today: date) -> None:
    """Raise ``StillKept`` unless the time of a version has passed."""
    keeping = keeping_of(version)
    if keeping.superseded_on is None or keeping.until is None:
        raise StillKept(version, "no later version has taken its place.")
    if today < keeping.until:
        raise StillKept(
            version,
            f"the version after it takes its place on {day_in_words(keeping.superseded_on)}, and "
            f"published versions are kept for {YEARS} years after that. It may be erased from "
            f"{day_in_words(keeping.until)} on.",
            keeping.until,
        )


def erase(version: PolicyVersion, by: User | None) -> None:
    """Erase a version for ever, and those of its files that no other version names.

    The log keeps its number and digest. Without ``by`` it is done by nobody, as by a command.
    Raises ``StillKept`` with the reason, and ``PolicyVersion.DoesNotExist``.
    """
    with at_policy(version.policy_id) as policy:
        held = versions_of(policy).get(pk=version.pk)
        may_be_erased(held, today_for(policy.practice))
        if held != oldest_of(policy):
            raise StillKept(held, "an older one is there. Versions are erased oldest first.")
        names = list(VersionFile.objects.filter(version=held).values_list("sha256", flat=True))
        VersionFile.objects.filter(version=held).delete()
        PolicyVersion.objects.filter(pk=held.pk).delete()
        write(policy, by, Action.ERASED, version=held.number, details=held.digest)
    gone = unnamed(names)
    prints.forget(gone)
    for name in gone:
        _erase_file(name)


def _erase_file(name: str) -> None:
    """Take a file away; if a version that was published meanwhile names it, put it back."""
    content = None
    with suppress(files.FileMissing, files.FileDamaged):
        content = files.look(name)
    files.erase(name)
    if content is not None and not unnamed([name]):
        files.restore(content)


# ------------------------------------------------------------------ files


def sweep(*, older_than: timedelta = timedelta(days=1), unnamed_too: bool = False) -> int:
    """Delete files that no version names, and return how many there were.

    Those are staged ones of publications that were cut off, if they are old enough; and, if that is
    asked for, those in their places, which a restored database may not know. Rows of prints that
    are of no use any more go, too, and are not counted.
    """
    prints.sweep(older_than=older_than)
    count = files.sweep(lambda name: not unnamed([name]), older_than=older_than.total_seconds())
    if unnamed_too:
        for some in batched(files.names()):
            for name in unnamed(some):
                files.erase(name)
                count += 1
    return count
