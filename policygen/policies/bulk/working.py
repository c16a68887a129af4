"""The engine: taking pieces of work, doing them, and writing down what became of them.

The rows are all there is to it. Whatever asks for work (a request, ``manage.py work``, a task of
the queue) takes the next pieces that wait and does them one by one, by the same functions that
pages call. A piece is held for a time by whoever does it (``WORK_LEASE`` in the settings, longer
than the slowest document may take), so if they die it is taken up again, and begun at most
``TRIES`` times. What is done twice all the same ends in the same place: a draft becomes one
version, and a result is written only by whoever holds the piece.
"""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from policygen import metrics
from policygen.core.problems import Refused
from policygen.library.models import Release
from policygen.library.store import NoRelease
from policygen.policies.bulk.discarding import KEPT, discard
from policygen.policies.bulk.ending import AT_WORK, advance
from policygen.policies.bulk.preparing import in_words, prepare
from policygen.policies.bulk.publishing import publish
from policygen.policies.bulk.reviewing import approve, submit
from policygen.policies.drafting.beginning import AlreadyDrafting, TakenOver, TooManyPolicies
from policygen.policies.drafting.drafts import DraftTooLarge, Overtaken
from policygen.policies.models import Batch, BatchStage, Draft, Piece, PieceState, Step
from policygen.policies.published.publishing import NotPublished, NotReady, Superseded
from policygen.policies.reviewing import review
from policygen.rendering import PdfCrashed, PdfTooExpensive, RenderingFailed

logger = logging.getLogger("policygen.policies")

TRIES = 3
"""How often a piece is begun before it counts as one that ends whatever works on it."""

AWAY = (OperationalError, InterfaceError)
"""What the database raises while it is away or busy: the piece rests, and is tried again."""

RESTS = 20
"""How often a piece rests before it is given up: with all of its rests, after about an hour."""

LONGEST_REST = 300
"""How long a piece rests at most, in seconds. The first takes two, each next twice that."""

POISON = (
    f"Work on this policy was begun {TRIES} times and came to no end, so it is not begun again. "
    "It may take too much memory or time. Shorten its longest answers, then retry."
)
TOO_LARGE = "This policy takes too much memory. Shorten its longest answers, then retry."
TOO_SLOW = "This policy takes too long to make. Shorten its longest answers, then retry."
TOO_LARGE_TO_PRINT = (
    "This policy takes too much time or memory to print as a PDF. "
    "Shorten its longest answers, then retry."
)
NOT_PRINTED = (
    "The program that prints the PDF of this policy ended in the middle of it, twice. "
    "It may be short of memory. Retry; if this happens again, shorten the longest answers."
)
BUSY = (
    "The database was away or busy whenever work on this policy was begun, for an hour. "
    "Retry later, and tell whoever runs this site if it happens again."
)
CLOSED = (
    "The location has closed, so no version is published for it. "
    "If it has not, reopen it and make the policies again."
)
NOT_STORED = "The files could not be stored. Whoever runs this site finds it in the log as {mark}."
UNEXPECTED = (
    "Something went wrong that should not. Whoever runs this site finds it in the log as {mark}."
)


@dataclass(frozen=True)
class Ended:
    """How a piece ended: what is written into its row."""

    state: PieceState
    problem: str = ""
    changes: tuple[tuple[str, object], ...] = ()


def work_on(batch: UUID, *, pieces: int, seconds: float = math.inf) -> int:
    """Do up to so many pieces of a batch, and return how many were begun.

    After ``seconds`` no further one is begun, and neither where the batch is stopped meanwhile.
    0 means that none waits that nobody holds. Raises one of ``AWAY`` while the database is away.
    """
    begun, end = 0, monotonic() + seconds
    while begun < pieces and monotonic() < end:
        piece = take(batch)
        if piece is None:
            break
        begun += 1
        do(piece)
    if begun == 0:
        advance(batch)
    return begun


def waiting() -> Iterator[UUID]:
    """Give the batches that have work, the oldest first."""
    at_work = [*AT_WORK, BatchStage.LISTING]
    batches = Batch.objects.filter(stage__in=at_work, stopped=False).order_by("created")
    yield from batches.values_list("pk", flat=True)


def take(batch: UUID) -> Piece | None:
    """Take the next piece of a batch that waits and that nobody holds, or ``None``.

    A piece that was begun ``TRIES`` times and never ended is given up on the way, with a reason.
    """
    while True:
        now, name = timezone.now(), secrets.token_hex(8)
        until = now + timedelta(seconds=settings.WORK_LEASE)
        free = Q(held_until=None) | Q(held_until__lt=now)
        waits = Piece.objects.filter(free, batch=batch, state=PieceState.WAITING)
        with transaction.atomic():
            at_work = waits.filter(batch__stopped=False, batch__stage__in=AT_WORK)
            locked = at_work.select_for_update(skip_locked=True, of=("self",)).only("pk")
            found = locked.order_by("number").first()
            if found is None:
                return None
            waits.filter(pk=found.pk).update(holder=name, held_until=until, tries=F("tries") + 1)
        piece = _with_all(found.pk)
        if piece.tries <= TRIES:
            return piece
        _write(piece, Ended(PieceState.FAILED, POISON), 0.0)


def _with_all(key: int) -> Piece:
    """Return a piece with what it is about. In two queries: one of all tables takes ten times more.

    PostgreSQL looks for the best order of all tables in a query, which so many make the most of it.
    """
    found = Piece.objects.select_related(
        "policy__practice", "policy__location", "level__location", "level__policy"
    )
    piece = found.get(pk=key)
    batches = Batch.objects.select_related(
        "by", "approver", "discarder", "practice", "group__practice"
    )
    piece.batch = batches.get(pk=piece.batch_id)
    if piece.level is not None and piece.batch.group is not None:
        piece.level.group = piece.batch.group
    return piece


def do(piece: Piece) -> None:
    """Do a piece that is held, and write down what became of it."""
    began = monotonic()
    try:
        ended = STEPS[Step(piece.step)](piece)
    except AWAY:
        if piece.rests < RESTS:
            _let_go(piece)
            raise
        ended = Ended(PieceState.FAILED, BUSY)
    except Draft.DoesNotExist:
        ended = Ended(PieceState.SUPERSEDED, TAKEN_OVER)
    except (Overtaken, Superseded, TakenOver) as error:
        ended = Ended(PieceState.SUPERSEDED, str(error) or TAKEN_OVER)
    except review.OwnWork:
        # Whoever approves changed it after all: somebody else has to, and nothing has failed.
        ended = Ended(PieceState.DONE, changes=(("step", Step.SUBMIT),))
    except PROBLEMS as error:
        ended = Ended(PieceState.FAILED, _in_words(error))
    except SoftTimeLimitExceeded:
        ended = Ended(PieceState.FAILED, TOO_SLOW)
    except MemoryError:
        ended = Ended(PieceState.FAILED, TOO_LARGE)
    except Exception as error:
        mark = secrets.token_hex(4)
        logger.error("piece %s failed (%s)", piece.pk, mark, exc_info=error)
        said = NOT_STORED if isinstance(error, OSError) else UNEXPECTED
        ended = Ended(PieceState.FAILED, said.format(mark=mark))
    _write(piece, ended, monotonic() - began)


TAKEN_OVER = "The draft was changed, published or deleted meanwhile, so it was left as it is."

PROBLEMS = (
    Refused,
    NotPublished,
    AlreadyDrafting,
    TooManyPolicies,
    DraftTooLarge,
    PermissionDenied,
    RenderingFailed,
    review.NotReviewed,
    NoRelease,
    Release.DoesNotExist,
)
"""What can keep one policy from going on, and says so in words."""


def _in_words(error: Exception) -> str:
    match error:
        case PdfTooExpensive():
            return TOO_LARGE_TO_PRINT
        case PdfCrashed():
            return NOT_PRINTED
        case Refused():
            return " ".join(str(problem) for problem in error.problems)
        case NotReady():
            return in_words(error.findings)
        case PermissionDenied():
            return "Whoever asked for this may no longer do it in this practice."
        case Release.DoesNotExist():
            return "The release of this batch is no longer there. Start a new batch."
    return str(error)


# ------------------------------------------------------------------ steps


def _prepare(piece: Piece) -> Ended:
    now = timezone.now()
    made = prepare(piece)
    told = (
        ("policy", made.policy),
        ("draft", made.draft),
        ("revision", made.revision),
        ("fold", made.fold),
        ("question", made.question),
        ("warnings", made.warnings),
        ("cleared", made.cleared),
        ("days", made.days),
        ("prepared_at", now),
    )
    if made.problem:
        return Ended(PieceState.FAILED, made.problem, told)
    return Ended(PieceState.DONE if made.draft else PieceState.UNCHANGED, changes=told)


def _submit(piece: Piece) -> Ended:
    submit(piece)
    return Ended(PieceState.DONE)


def _approve(piece: Piece) -> Ended:
    approve(piece)
    return Ended(PieceState.DONE)


def _publish(piece: Piece) -> Ended:
    if piece.has_closed:
        return Ended(PieceState.LEFT_OUT, CLOSED)
    return Ended(PieceState.DONE, changes=(("version", publish(piece)),))


def _discard(piece: Piece) -> Ended:
    return Ended(PieceState.DONE) if discard(piece) else Ended(PieceState.LEFT_OUT, KEPT)


STEPS: dict[Step, Callable[[Piece], Ended]] = {
    Step.PREPARE: _prepare,
    Step.SUBMIT: _submit,
    Step.APPROVE: _approve,
    Step.PUBLISH: _publish,
    Step.DISCARD: _discard,
}


# ------------------------------------------------------------------ results


def _write(piece: Piece, ended: Ended, seconds: float) -> None:
    """Write the end of a piece, if whoever did it still holds it; with the last, the stage ends."""
    mine = Piece.objects.filter(pk=piece.pk, holder=piece.holder, state=PieceState.WAITING)
    written = mine.update(
        state=ended.state,
        problem=ended.problem,
        holder="",
        held_until=None,
        tries=0,
        rests=0,
        seconds=seconds,
        ended=timezone.now(),
        **dict(ended.changes),
    )
    if written:
        metrics.piece_ended(piece.step, ended.state, seconds)
    advance(piece.batch_id)


def _let_go(piece: Piece) -> None:
    """Let somebody else try, a little later each time, and do not count it as a try of the piece.

    If not even that can be written, the lease ends by itself.
    """
    rest = timedelta(seconds=min(2 ** (piece.rests + 1), LONGEST_REST))
    try:
        mine = Piece.objects.filter(pk=piece.pk, holder=piece.holder)
        mine.update(
            holder="",
            held_until=timezone.now() + rest,
            tries=F("tries") - 1,
            rests=F("rests") + 1,
        )
    except AWAY as error:
        logger.warning("piece %s stays held until its time is over", piece.pk, exc_info=error)
