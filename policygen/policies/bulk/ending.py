"""From one stage of a batch to the next, once nothing of the stage waits any more."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from policygen.policies.bulk.mails import tell
from policygen.policies.models import Batch, BatchStage, Piece, PieceState, Step

AT_WORK = {
    BatchStage.PREPARING: Step.PREPARE,
    BatchStage.SUBMITTING: Step.SUBMIT,
    BatchStage.APPROVING: Step.APPROVE,
    BatchStage.PUBLISHING: Step.PUBLISH,
    BatchStage.DISCARDING: Step.DISCARD,
}
"""The stages in which there are pieces to be done, and the step of those."""

AT_REST = {
    Step.PREPARE: BatchStage.READY,
    Step.SUBMIT: BatchStage.SUBMITTED,
    Step.APPROVE: BatchStage.APPROVED,
}
"""Where a batch stands between its steps: at what was done last to the pieces that come last."""

ENDED = frozenset({BatchStage.DONE, BatchStage.DISCARDED})
"""The stages in which nothing of a batch is open any more."""


def advance(batch: UUID) -> None:
    """Let a batch go on to its next stage if no piece waits; one of many who ask does it."""
    stage = Batch.objects.filter(pk=batch).values_list("stage", flat=True).first()
    if stage not in AT_WORK or _waits(batch):
        return
    with transaction.atomic():
        # Whoever lets pieces wait again holds the batch, too.
        held = Batch.objects.select_for_update(of=("self",)).get(pk=batch)
        if held.stage != stage or _waits(batch):
            return
        held.stage = _following(held)
        held.ended = timezone.now() if held.stage in ENDED else None
        held.save(update_fields=["stage", "ended"])
    tell(batch)


def _waits(batch: UUID) -> bool:
    return Piece.objects.filter(batch=batch, state=PieceState.WAITING).exists()


def _following(batch: Batch) -> BatchStage:
    """Return the stage in which a batch rests: the earliest at which a policy of it is open."""
    if batch.stage == BatchStage.DISCARDING:
        return BatchStage.DISCARDED
    ready = Piece.objects.filter(batch=batch, state=PieceState.DONE, version=None)
    steps = set(ready.values_list("step", flat=True).distinct().order_by())
    return next((at for step, at in AT_REST.items() if step in steps), BatchStage.DONE)
