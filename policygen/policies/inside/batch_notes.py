"""What the page of a batch says beside its counts: what stands still, what took it over, its days.

Each note takes a fixed number of queries, however many policies there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from policygen.core.vocabulary import Question
from policygen.library.store import library_of
from policygen.policies.bulk.deciding import ready_for
from policygen.policies.drafting.drafts import UNREADABLE, read_answers
from policygen.policies.drafting.examples import still_of_examples
from policygen.policies.inside.batch_access import HeldBatch
from policygen.policies.inside.batch_sheet import question_page
from policygen.policies.models import Batch, Draft, Piece, PieceState, Step
from policygen.policies.pages import answering
from policygen.practices.models import Location

STILL = timedelta(seconds=20)
"""After how long a page says that nothing moves."""

SLOW = timedelta(seconds=60)
"""After how long a page says that a policy takes long: few take more than some seconds."""

UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))
"""How long something takes, told in the largest of these of which there are two."""

DAYS_SHOWN = 5
"""How many of the days that policies print are told."""

CLOSED_SHOWN = 50
"""How many of the locations that have closed are named."""


# ------------------------------------------------------------------ what stands still


@dataclass(frozen=True)
class Pause:
    """Work in which nothing has ended for a while.

    ``since`` is when the last thing ended, or when it was asked for. ``held`` policies were begun
    longer than ``SLOW`` ago and have not ended: if whatever made one died, it is begun anew
    ``until`` then at the latest. Without any, nobody is at work. ``has_queue`` tells that workers
    should be there; without a queue, large work waits for a command.
    """

    since: datetime
    held: int
    until: datetime | None
    has_queue: bool

    @property
    def length(self) -> str:
        """How long ago that is, in words."""
        seconds = int((timezone.now() - self.since).total_seconds())
        size, unit = next(one for one in UNITS if seconds >= 2 * one[0] or one[0] == 1)
        return f"{seconds // size:,} {unit}"


def pause_of(batch: Batch) -> Pause | None:
    """Tell whether the work on a batch stands still: one query, over all of it."""
    now = timezone.now()
    is_held = Q(state=PieceState.WAITING, held_until__gt=now) & ~Q(holder="")
    found = Piece.objects.filter(batch=batch).aggregate(
        ended=Max("ended"),
        working=Count("pk", filter=is_held),
        latest=Max("held_until", filter=is_held),
        held=Count("pk", filter=is_held & Q(held_until__lt=_until(now, SLOW))),
        until=Max("held_until", filter=is_held & Q(held_until__lt=_until(now, SLOW))),
    )
    moved = [batch.created, batch.begun, found["ended"]]
    if found["latest"]:  # beginning something is moving, too
        moved.append(found["latest"] - timedelta(seconds=settings.WORK_LEASE))
    since = max(one for one in moved if one)
    if found["held"] == 0 and (found["working"] or now - since < STILL):
        return None
    return Pause(since, found["held"], found["until"], bool(settings.REDIS_URL))


def _until(now: datetime, ago: timedelta) -> datetime:
    """Return until when something is held that was begun so long ago."""
    return now - ago + timedelta(seconds=settings.WORK_LEASE)


# ------------------------------------------------------------------ what took it over


def taken_over_by(held: HeldBatch) -> Batch | None:
    """Return the newest batch of the same person that has policies which this one lost to it."""
    lost = held.pieces.order_by().filter(state=PieceState.SUPERSEDED, policy__isnull=False)
    later = Piece.objects.filter(
        policy__in=lost.values("policy"),
        batch__by=held.batch.by_id,
        batch__created__gt=held.batch.created,
    )
    newest = later.exclude(state=PieceState.SUPERSEDED).order_by("-batch__created")
    found = newest.select_related("batch__group").first()
    return found.batch if found else None


# ------------------------------------------------------------------ what is not as it should be


def from_examples(held: HeldBatch) -> list[tuple[Question, str]]:
    """Return the questions to which policies give a name or contact of an example, and where.

    They are those of the first policy that is ready to be published, as it was prepared, whatever
    the group answers by now. Published, such a policy tells patients of somebody else.
    """
    ready = ready_for(held.pieces, Step.PUBLISH).order_by("number").values("draft")[:1]
    draft = Draft.objects.filter(pk__in=ready).only("answers").first()
    if held.root is None or draft is None:
        return []
    try:
        answers = read_answers(held.batch.release, draft.answers).answers
        left = still_of_examples(answers, library_of(held.batch.release))
    except UNREADABLE:
        return []
    return [(question, answering(held.root, question)) for question in left]


def closed_meanwhile(held: HeldBatch) -> list[str]:
    """Return the names of locations for which a version is ready and that have closed since."""
    ready = ready_for(held.pieces, Step.PUBLISH)
    places = Location.objects.exclude(closed_on=None)
    at_level = places.filter(pk__in=ready.order_by().values("level__location"))
    alone = places.filter(pk__in=ready.filter(level=None).order_by().values("policy__location"))
    return list((at_level | alone).values_list("name", flat=True)[:CLOSED_SHOWN])


# ------------------------------------------------------------------ days


@dataclass(frozen=True)
class PrintedDay:
    """A day that policies print though they take effect on another: how many, and where from."""

    says: str
    day: date
    count: int
    page: str


WORDS = {
    "last_updated": "the day of the last change",
    "effective_date": "the day from which they apply",
}
"""What the days are that answers have policies print."""


def printed_days(held: HeldBatch, on: date) -> list[PrintedDay]:
    """Return the days that policies print which are ready to be published, and that are not ``on``.

    In two queries: the texts of the policies are not looked at again.
    """
    ready = ready_for(held.pieces, Step.PUBLISH).exclude(days="").order_by()
    rows = ready.values("days").annotate(count=Count("pk"), first=Min("number"))
    counts: dict[tuple[str, date], int] = {}
    for row in rows.order_by("-count", "first")[:DAYS_SHOWN]:
        for question, day in _read(row["days"]):
            if day != on:
                counts[question, day] = counts.get((question, day), 0) + row["count"]
    return [
        PrintedDay(
            WORDS.get(name, name),
            day,
            count,
            question_page(held.batch, held.root, name) if held.root else "",
        )
        for (name, day), count in counts.items()
    ]


def _read(days: str) -> list[tuple[str, date]]:
    pairs = (one.partition("=") for one in days.split())
    return [(name, date.fromisoformat(day)) for name, _, day in pairs]
