"""What people decide about a batch: have it reviewed, publish it, stop, resume, retry, discard.

Each holds the row of the batch, so that of two who press at once, one does it. Pieces are what is
open: each was prepared, perhaps submitted, perhaps approved. A step takes those that are ready for
it and leaves the others where they are (``ready_for``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.bulk.ending import AT_REST, AT_WORK, advance
from policygen.policies.bulk.seeing import practices_with
from policygen.policies.drafting.levels import line_of
from policygen.policies.models import Batch, BatchStage, Level, Piece, PieceState, Step
from policygen.policies.published.publishing import check_day, clean_reason
from policygen.practices.roles import Right

OPEN = frozenset({*AT_REST.values(), BatchStage.DONE})
"""The stages in which people decide what comes next; of what has ended, failed pieces are left."""

STAGE_OF = {step: stage for stage, step in AT_WORK.items()}
"""The stage in which each step is taken."""

AFRESH: dict[str, object] = {
    "state": PieceState.WAITING,
    "tries": 0,
    "problem": "",
    "holder": "",
    "held_until": None,
}
"""What a piece is like that waits to be worked on."""


class NotNow(Exception):
    """The batch has gone on meanwhile, or is busy, so this cannot be done now."""

    def __init__(self, says: str = "") -> None:
        super().__init__(
            says or "The work has gone on since you opened this page. Look at it again."
        )


# ------------------------------------------------------------------ steps


def ready_for(batch: UUID, step: Step, *, by: User | None = None) -> QuerySet[Piece]:
    """Return the pieces of a batch with which a step can be taken.

    A review is asked for in the practices that want one, if there are any. Publishing leaves out
    what its practice wants to be approved first. What failed at the step is ready for it again.
    ``by`` is who approves: only what they may review is ready for that.
    """
    pieces = Piece.objects.filter(batch=batch, version=None)
    done, failed = Q(state=PieceState.DONE), Q(state=PieceState.FAILED, step=step)
    match step:
        case Step.SUBMIT:
            prepared = pieces.filter((done & Q(step=Step.PREPARE)) | failed)
            needing = prepared.filter(policy__practice__needs_review=True)
            return needing if needing.exists() else prepared
        case Step.APPROVE if by is not None:
            theirs = Q(policy__practice__in=practices_with(by, Right.REVIEW))
            return pieces.filter(theirs, (done & Q(step=Step.SUBMIT)) | failed)
        case Step.PUBLISH:
            free = Q(policy__practice__needs_review=False) | Q(step=Step.APPROVE)
            return pieces.filter((done & free) | failed)
        case _:
            return pieces.none()


def submit_batch(batch: UUID) -> None:
    """Ask for a review of everything that was prepared. Raises ``NotNow``."""
    _begin(batch, Step.SUBMIT)


def approve_batch(batch: UUID, approver: User) -> None:
    """Approve, in the name of a person, everything that was submitted where they may review.

    Raises ``NotNow``. What they changed themselves fails, with that as the reason.
    """
    _begin(batch, Step.APPROVE, approver=approver)


def publish_batch(batch: UUID, *, on: date, reason: str, kind: ChangeKind | None) -> None:
    """Publish everything that was prepared, and approved where the practice wants that.

    ``on`` is a day in the calendar of each practice. Without a ``kind`` each policy takes the one
    that is proposed for it. Raises ``NotNow``, ``WrongDate`` and ``WrongReason``.
    """
    said = clean_reason(reason)
    check_day(on, today_of(Batch.objects.select_related("practice").get(pk=batch)))
    _begin(batch, Step.PUBLISH, effective_on=on, reason=said, kind=kind or "")


def today_of(batch: Batch) -> date:
    """Return today's date in the practice of a batch; over many practices it is the site's."""
    return batch.practice.today() if batch.practice else timezone.localdate()


def _begin(batch: UUID, step: Step, **told: object) -> None:
    approver = told.get("approver")
    with _deciding(batch) as held:
        if held.stage not in OPEN:
            raise NotNow
        ready = ready_for(batch, step, by=approver if isinstance(approver, User) else None)
        if not ready.update(step=step, **AFRESH):
            raise NotNow
        _goes_on(held, STAGE_OF[step], **told)


# ------------------------------------------------------------------ leaving out


def leave_out(
    batch: UUID, *, numbers: Collection[int] = (), fold: str | None = None, among: QuerySet[Piece]
) -> int:
    """Take policies out of a batch: those of some numbers, or all of a fold.

    ``among`` are the pieces that the person sees. Their drafts stay as they are. Return how many
    there were. Raises ``NotNow`` while the batch is at work.
    """
    with _deciding(batch) as held:
        _require_rest(held)
        pieces = _chosen(among, numbers, fold).filter(version=None)
        found = pieces.filter(state__in=[PieceState.DONE, PieceState.FAILED])
        return found.update(state=PieceState.LEFT_OUT)


def take_back(
    batch: UUID, *, numbers: Collection[int] = (), fold: str | None = None, among: QuerySet[Piece]
) -> int:
    """Take policies back into a batch that were left out. Return how many. Raises ``NotNow``."""
    with _deciding(batch) as held:
        _require_rest(held)
        out = _chosen(among, numbers, fold).filter(state=PieceState.LEFT_OUT)
        failed = out.exclude(problem="").update(state=PieceState.FAILED)
        return failed + out.update(state=PieceState.DONE)


def _chosen(among: QuerySet[Piece], numbers: Collection[int], fold: str | None) -> QuerySet[Piece]:
    keys = among.order_by().values("pk")
    pieces = Piece.objects.filter(pk__in=keys)
    return pieces.filter(number__in=numbers) if fold is None else pieces.filter(fold=fold)


def _require_rest(batch: Batch) -> None:
    if batch.stage not in AT_REST.values():
        raise NotNow


# ------------------------------------------------------------------ the work itself


def stop_batch(batch: UUID) -> None:
    """Let a batch wait: pieces that are being done end, and no other is begun."""
    Batch.objects.filter(pk=batch).update(stopped=True)


def resume_batch(batch: UUID) -> None:
    """Let a stopped batch go on."""
    Batch.objects.filter(pk=batch).update(stopped=False)


def retry_pieces(batch: UUID, numbers: Collection[int] = (), *, by: User | None = None) -> int:
    """Let failed pieces wait for the step that failed again, all or those of some numbers.

    Failed approvals are left to ``approve_batch``, since they are somebody's own, unless ``by`` is
    whoever approved. Returns how many pieces there are. Raises ``NotNow`` while the batch is at
    work or discarded.
    """
    with _deciding(batch) as held:
        if held.stage not in OPEN:
            raise NotNow
        failed = Piece.objects.filter(batch=batch, state=PieceState.FAILED)
        if numbers:
            failed = failed.filter(number__in=numbers)
        if by is None or by != held.approver:
            failed = failed.exclude(step=Step.APPROVE)
        steps = set(failed.values_list("step", flat=True).distinct().order_by())
        if not steps:
            return 0
        count = failed.update(**AFRESH)
        _goes_on(held, next(STAGE_OF[step] for step in Step if step in steps))
        return count


def prepare_again(batch: UUID) -> None:
    """Prepare everything anew that was not published, from the answers as they are now.

    Locations that came meanwhile are added. Raises ``NotNow`` while the batch is at work.
    """
    with _deciding(batch) as held:
        if held.stage not in OPEN:
            raise NotNow
        again = [PieceState.DONE, PieceState.FAILED, PieceState.UNCHANGED]
        pieces = Piece.objects.filter(batch=batch, version=None, state__in=again)
        pieces.update(step=Step.PREPARE, question="", **AFRESH)
        told: dict[str, object] = {}
        if held.group is not None:
            root = Level.objects.filter(group=held.group, brand=None, location=None).first()
            told["release"] = (line_of(root).release if root else "") or held.release
        _goes_on(held, BatchStage.LISTING, **told)


def discard_batch(batch: UUID) -> None:
    """Give a batch up: the drafts that it made are deleted, and what it published stays.

    Raises ``NotNow`` while it is at work, or over.
    """
    with _deciding(batch) as held:
        if held.stage in {BatchStage.DONE, BatchStage.DISCARDING, BatchStage.DISCARDED}:
            raise NotNow
        pieces = Piece.objects.filter(batch=batch, version=None)
        if held.stage not in AT_REST.values():
            if not held.stopped:
                raise NotNow("Stop the work first, then discard it.")
            if pieces.filter(state=PieceState.WAITING, held_until__gt=timezone.now()).exists():
                raise NotNow("One policy is still being worked on. Try again in a moment.")
        ours = [one for one in PieceState if one not in LET_BE]
        pieces.filter(state__in=ours).update(step=Step.DISCARD, **AFRESH)
        _goes_on(held, BatchStage.DISCARDING)
    advance(batch)


LET_BE = (PieceState.UNCHANGED, PieceState.SUPERSEDED)
"""What pieces are that have no draft of the batch."""


@contextmanager
def _deciding(batch: UUID) -> Iterator[Batch]:
    """Hold a batch for one transaction."""
    with transaction.atomic():
        held = Batch.objects.select_for_update(of=("self",)).get(pk=batch)
        yield held


def _goes_on(batch: Batch, stage: BatchStage, **told: object) -> None:
    fresh = {"stopped": False, "ended": None, "mailed_for": ""}
    Batch.objects.filter(pk=batch.pk).update(stage=stage, **fresh, **told)
