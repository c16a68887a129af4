"""What people decide about a batch: publish it, have it reviewed, stop, resume, retry, discard.

Each is a conditional update, so that of two who press at once, one does it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.models import Batch, BatchStage, Piece, PieceState, Step

ON = {
    Step.SUBMIT: ((BatchStage.READY,), BatchStage.SUBMITTING),
    Step.APPROVE: ((BatchStage.SUBMITTED,), BatchStage.APPROVING),
    Step.PUBLISH: ((BatchStage.READY, BatchStage.APPROVED), BatchStage.PUBLISHING),
}
"""The stages from which a step can be begun, and the stage in which it is done."""


class NotNow(Exception):
    """The batch has gone on meanwhile, so this cannot be done now."""

    def __init__(self) -> None:
        super().__init__("The batch has gone on since you opened this page. Look at it again.")


def submit_batch(batch: UUID) -> None:
    """Ask for a review of everything that was prepared. Raises ``NotNow``."""
    _begin(batch, Step.SUBMIT)


def approve_batch(batch: UUID, approver: User) -> None:
    """Approve everything that was submitted, in the name of a person. Raises ``NotNow``."""
    _begin(batch, Step.APPROVE, approver=approver)


def publish_batch(batch: UUID, *, on: date, reason: str, kind: ChangeKind | None) -> None:
    """Publish everything that was prepared, or approved. Raises ``NotNow``.

    ``on`` is a day in the calendar of each practice. Without a ``kind`` each policy takes the one
    that is proposed for it.
    """
    _begin(batch, Step.PUBLISH, effective_on=on, reason=reason, kind=kind or "")


def _begin(batch: UUID, step: Step, **told: object) -> None:
    before, at = ON[step]
    with transaction.atomic():
        moved = Batch.objects.filter(pk=batch, stage__in=before).update(stage=at, **told)
        if not moved:
            raise NotNow
        ready = Piece.objects.filter(batch=batch, state=PieceState.DONE, version=None)
        ready.update(step=step, state=PieceState.WAITING, tries=0, problem="")


def stop_batch(batch: UUID) -> None:
    """Let a batch wait: pieces that are being done end, and no other is begun."""
    Batch.objects.filter(pk=batch).update(stopped=True)


def resume_batch(batch: UUID) -> None:
    """Let a stopped batch go on."""
    Batch.objects.filter(pk=batch).update(stopped=False)


def retry_pieces(batch: UUID, numbers: Collection[int] = ()) -> int:
    """Let failed pieces wait for their step again, all or those of some numbers.

    Returns how many there are. The batch goes back to the stage of the earliest of these steps.
    """
    stages = {step: at for step, (_, at) in ON.items()} | {Step.PREPARE: BatchStage.PREPARING}
    with transaction.atomic():
        Batch.objects.select_for_update(of=("self",)).get(pk=batch)
        failed = Piece.objects.filter(batch=batch, state=PieceState.FAILED)
        if numbers:
            failed = failed.filter(number__in=numbers)
        steps = set(failed.values_list("step", flat=True))
        if not steps:
            return 0
        earliest = next(step for step in Step if step in steps)
        count = failed.filter(step=earliest).update(
            state=PieceState.WAITING, tries=0, problem="", holder="", held_until=None
        )
        Batch.objects.filter(pk=batch).update(stage=stages[earliest], stopped=False, ended=None)
        return count
