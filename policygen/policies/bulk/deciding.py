"""What people decide about a batch: have it reviewed, publish it, stop, resume, retry, discard.

Each holds the row of the batch, so that of two who press at once, one does it. Pieces are what is
open: each was prepared, perhaps submitted, perhaps approved. A step takes those that are ready for
it and leaves the others where they are (``ready_for``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.bulk.ending import AT_REST, AT_WORK, advance
from policygen.policies.bulk.seeing import approvable_by
from policygen.policies.drafting.groups import settled
from policygen.policies.drafting.levels import ROOT, line_of
from policygen.policies.models import (
    Asked,
    Batch,
    BatchStage,
    Group,
    Level,
    Piece,
    PieceState,
    Step,
)
from policygen.policies.published.publishing import check_day, clean_reason

DECIDABLE = frozenset({*AT_REST.values(), BatchStage.DONE})
"""The stages in which people decide what comes next; of what has ended, failed pieces are left."""

STAGE_OF = {step: stage for stage, step in AT_WORK.items()}
"""The stage in which each step is taken."""


def _afresh() -> dict[str, object]:
    """Return what a piece is like that waits to be worked on, and since when."""
    return {
        "state": PieceState.WAITING,
        "tries": 0,
        "rests": 0,
        "problem": "",
        "holder": "",
        "held_until": None,
        "ended": timezone.now(),
    }


class NotNow(Exception):
    """The batch has gone on meanwhile, or is busy, so this cannot be done now."""

    def __init__(self, says: str = "") -> None:
        super().__init__(
            says or "The work has gone on since you opened this page. Look at it again."
        )


NONE_TO_APPROVE = (
    "There is nothing here for you to approve. It was approved or withdrawn meanwhile, or you "
    "wrote it yourself: then somebody else approves it."
)

# ------------------------------------------------------------------ steps


def ready_for(of_batch: QuerySet[Piece], step: Step, *, by: User | None = None) -> QuerySet[Piece]:
    """Return those pieces of a batch, or of what somebody sees of it, that are ready for a step.

    A review is asked for in the practices that want one, if there are any. Publishing leaves out
    what its practice wants to be approved first. What failed at the step is ready for it again,
    and what could not be approved can be put up for review again. ``by`` is who approves: what
    they may review, and did not change themselves, is ready for that.
    """
    pieces = of_batch.filter(version=None)
    done, failed = Q(state=PieceState.DONE), Q(state=PieceState.FAILED, step=step)
    match step:
        case Step.SUBMIT:
            refused = Q(state=PieceState.FAILED, step=Step.APPROVE)
            prepared = pieces.filter((done & Q(step=Step.PREPARE)) | failed | refused)
            needing = prepared.filter(policy__practice__needs_review=True)
            return needing if needing.exists() else prepared
        case Step.APPROVE if by is not None:
            return pieces.filter(approvable_by(by), (done & Q(step=Step.SUBMIT)) | failed)
        case Step.PUBLISH:
            free = Q(policy__practice__needs_review=False) | Q(step=Step.APPROVE)
            return pieces.filter((done & free) | failed)
        case _:
            return pieces.none()


def submit_batch(batch: UUID) -> None:
    """Ask for a review of everything that was prepared. Raises ``NotNow``."""
    _begin(batch, Step.SUBMIT)


def approve_batch(batch: UUID, approver: User, *, seen: int | None = None) -> None:
    """Approve, in the name of a person, everything that was submitted where they may review.

    What they changed themselves waits for somebody else. ``seen`` is the round that they had in
    view (``Batch.round``). Raises ``NotNow`` if it is over.
    """
    _begin(batch, Step.APPROVE, seen=seen, by=approver)


def publish_batch(
    batch: UUID, *, on: date, reason: str, kind: ChangeKind | None, seen: int | None = None
) -> None:
    """Publish everything that was prepared, and approved where the practice wants that.

    ``on`` is a day in the calendar of each practice. Without a ``kind`` each policy takes the one
    that is proposed for it. ``seen`` is the round that the person had in view. Raises ``NotNow`` if
    it is over, ``WrongDate`` and ``WrongReason``.
    """
    said = clean_reason(reason)
    check_day(on, today_of(Batch.objects.select_related("practice").get(pk=batch)))
    _begin(batch, Step.PUBLISH, seen=seen, effective_on=on, reason=said, kind=kind or "")


def today_of(batch: Batch) -> date:
    """Return today's date in the practice of a batch; over many practices it is the site's."""
    return batch.practice.today() if batch.practice else timezone.localdate()


def _begin(
    batch: UUID, step: Step, *, seen: int | None = None, by: User | None = None, **told: object
) -> None:
    """Take a step with all that is ready for it. ``by`` is who approves, where that is the step."""
    with _deciding(batch) as held:
        if held.stage not in DECIDABLE or seen not in (None, held.round):
            raise NotNow
        ready = ready_for(Piece.objects.filter(batch=batch), step, by=by)
        if not ready.update(step=step, **_afresh()):
            raise NotNow(NONE_TO_APPROVE if step == Step.APPROVE else "")
        if step == Step.SUBMIT:
            _comes_up(held)
            Asked.objects.filter(batch=held).delete()
        if step == Step.APPROVE:
            told |= {"approver": by, "mailed_for": held.mailed_for}  # what still waits is no news
        _goes_on(held, STAGE_OF[step], **told)


def _comes_up(batch: Batch) -> None:
    """Begin a round: what people saw before is not what they would decide about now."""
    Batch.objects.filter(pk=batch.pk).update(round=F("round") + 1)


# ------------------------------------------------------------------ leaving out


def leave_out(batch: UUID, chosen: QuerySet[Piece]) -> int:
    """Take pieces out of a batch that somebody chose among those that they see.

    Their drafts stay as they are. Return how many there were. Raises ``NotNow`` while the batch is
    at work.
    """
    with _deciding(batch) as held:
        _require_rest(held)
        pieces = _as_it_is(chosen).filter(version=None)
        found = pieces.filter(state__in=[PieceState.DONE, PieceState.FAILED])
        _comes_up(held)
        return found.update(state=PieceState.LEFT_OUT)


def take_in(batch: UUID, chosen: QuerySet[Piece]) -> int:
    """Take pieces into a batch again that were left out. Return how many. Raises ``NotNow``."""
    with _deciding(batch) as held:
        _require_rest(held)
        out = _as_it_is(chosen).filter(state=PieceState.LEFT_OUT)
        _comes_up(held)
        failed = out.exclude(problem="").update(state=PieceState.FAILED)
        return failed + out.update(state=PieceState.DONE)


def _as_it_is(chosen: QuerySet[Piece]) -> QuerySet[Piece]:
    """Return chosen pieces in a form that can be updated, without order and joins."""
    return Piece.objects.filter(pk__in=chosen.order_by().values("pk"))


def _require_rest(batch: Batch) -> None:
    if batch.stage not in AT_REST.values():
        raise NotNow


# ------------------------------------------------------------------ the work itself


def stop_batch(batch: UUID) -> bool:
    """Let a batch wait: pieces that are being done end, and no other is begun.

    Return whether there is work to be stopped.
    """
    at_work = Batch.objects.filter(pk=batch, stage__in=[BatchStage.LISTING, *AT_WORK])
    return bool(at_work.update(stopped=True))


def resume_batch(batch: UUID) -> None:
    """Let a stopped batch go on."""
    now = timezone.now()
    if Batch.objects.filter(pk=batch, stopped=True).update(stopped=False, begun=now):
        Piece.objects.filter(batch=batch, state=PieceState.WAITING).update(ended=now)


def retry_pieces(batch: UUID, numbers: Collection[int] = ()) -> int:
    """Let failed pieces wait for the step that failed again, all or those of some numbers.

    Failed approvals are left to ``approve_batch``, since they are somebody's own. Returns how many
    pieces there are. Raises ``NotNow`` while the batch is at work or discarded.
    """
    as_of = _settled(batch)
    with _deciding(batch) as held:
        if held.stage not in DECIDABLE:
            raise NotNow
        failed = Piece.objects.filter(batch=batch, state=PieceState.FAILED)
        failed = failed.exclude(step=Step.APPROVE)
        if numbers:
            failed = failed.filter(number__in=numbers)
        steps = set(failed.values_list("step", flat=True).distinct().order_by())
        if not steps:
            return 0
        count = failed.update(**_afresh())
        _comes_up(held)
        if Step.SUBMIT in steps:
            Asked.objects.filter(batch=held).delete()
        stage = next(STAGE_OF[step] for step in Step if step in steps)
        _goes_on(held, stage, as_of=as_of)
        return count


def prepare_again(batch: UUID) -> None:
    """Prepare everything anew that was not published, from the answers as they are now.

    Locations that came meanwhile are added. Raises ``NotNow`` while the batch is at work.
    """
    as_of = _settled(batch)
    with _deciding(batch) as held:
        if held.stage not in DECIDABLE:
            raise NotNow
        again = [PieceState.DONE, PieceState.FAILED, PieceState.UNCHANGED]
        pieces = Piece.objects.filter(batch=batch, version=None, state__in=again)
        pieces.update(step=Step.PREPARE, question="", **_afresh())
        told: dict[str, object] = {"as_of": as_of}
        if held.group is not None:
            root = Level.objects.filter(ROOT, group=held.group).first()
            told["release"] = (line_of(root).release if root else "") or held.release
        _comes_up(held)
        _goes_on(held, BatchStage.LISTING, **told)


def discard_batch(batch: UUID, by: User | None = None) -> None:
    """Give a batch up: the drafts that it made are deleted, and what it published stays.

    ``by`` gives it up, or else whoever started it. Raises ``NotNow`` while it is at work, or over.
    """
    with _deciding(batch) as held:
        if held.stage in {BatchStage.DONE, BatchStage.DISCARDING, BatchStage.DISCARDED}:
            raise NotNow
        pieces = Piece.objects.filter(batch=batch, version=None)
        if held.stage not in AT_REST.values():
            if not held.stopped:
                raise NotNow("Stop the work first, then discard it.")
            begun = pieces.filter(state=PieceState.WAITING, held_until__gt=timezone.now())
            if begun.exclude(holder="").exists():
                raise NotNow("One policy is still being worked on. Try again in a moment.")
        ours = [one for one in PieceState if one not in LET_BE]
        pieces.filter(state__in=ours).update(step=Step.DISCARD, **_afresh())
        _goes_on(held, BatchStage.DISCARDING, discarder=by or held.by)
    advance(batch)


LET_BE = (PieceState.UNCHANGED, PieceState.SUPERSEDED)
"""What pieces are that have no draft of the batch."""


def _settled(batch: UUID) -> datetime | None:
    """Return a moment before which nothing of the group is still to be saved, if there is one.

    It is asked for before the batch is held: whoever changes a group holds that first.
    """
    group = Group.objects.filter(batches=batch).select_related("practice").first()
    return settled(group) if group else None


@contextmanager
def _deciding(batch: UUID) -> Iterator[Batch]:
    """Hold a batch for one transaction."""
    with transaction.atomic():
        held = Batch.objects.select_for_update(of=("self",)).get(pk=batch)
        yield held


def _goes_on(batch: Batch, stage: BatchStage, **told: object) -> None:
    fresh = {"stopped": False, "ended": None, "mailed_for": "", "mail_tries": 0}
    told = {"begun": timezone.now(), **told}
    Batch.objects.filter(pk=batch.pk).update(**{**fresh, "stage": stage, **told})
