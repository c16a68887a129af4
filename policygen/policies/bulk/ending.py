"""From one stage of a batch to the next, once nothing of the stage waits any more."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from policygen.policies.models import Batch, BatchStage, Piece, PieceState

NEXT = {
    BatchStage.PREPARING: BatchStage.READY,
    BatchStage.SUBMITTING: BatchStage.SUBMITTED,
    BatchStage.APPROVING: BatchStage.APPROVED,
    BatchStage.PUBLISHING: BatchStage.DONE,
}


def advance(batch: UUID) -> None:
    """Let a batch go on to its next stage if no piece waits; one of many who ask does it."""
    stage = Batch.objects.filter(pk=batch).values_list("stage", flat=True).first()
    following = NEXT.get(BatchStage(stage)) if stage else None
    if following is None or _waits(batch):
        return
    ended = timezone.now() if following is BatchStage.DONE else None
    Batch.objects.filter(pk=batch, stage=stage).update(stage=following, ended=ended)


def _waits(batch: UUID) -> bool:
    return Piece.objects.filter(batch=batch, state=PieceState.WAITING).exists()
