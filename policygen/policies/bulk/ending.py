"""From one stage of a batch to the next, once nothing of the stage waits any more."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
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
    waits = Piece.objects.filter(batch=OuterRef("pk"), state=PieceState.WAITING)
    over = Batch.objects.filter(~Exists(waits), pk=batch, stage__in=AT_WORK)
    stage = over.values_list("stage", flat=True).first()
    if stage is None:
        return
    with transaction.atomic():
        # Whoever lets pieces wait again holds the batch, too.
        held = Batch.objects.select_for_update(of=("self",)).get(pk=batch)
        if held.stage != stage or _waits(batch):
            return
        held.stage = _following(held)
        held.ended = timezone.now() if held.stage in ENDED else None
        held.stopped = False  # there is nothing left to be stopped
        held.save(update_fields=["stage", "ended", "stopped"])
    tell(batch)


def settle(batches: Collection[UUID]) -> None:
    """Let batches that rest stand where they should, after another one took policies of theirs.

    One of which nothing is left has ended. Nobody gets a mail by that.
    """
    for key in batches:
        with transaction.atomic():
            of_it = Batch.objects.filter(pk=key, stage__in=AT_REST.values())
            held = of_it.select_for_update(of=("self",)).first()
            if held is None:
                continue
            stage = _following(held)
            out = Piece.objects.filter(batch=held, state=PieceState.LEFT_OUT)
            if stage == held.stage or (stage == BatchStage.DONE and out.exists()):
                continue
            ended = timezone.now() if stage == BatchStage.DONE else None
            of_it.update(stage=stage, mailed_for=stage, ended=ended)


def _waits(batch: UUID) -> bool:
    return Piece.objects.filter(batch=batch, state=PieceState.WAITING).exists()


def _following(batch: Batch) -> BatchStage:
    """Return the stage in which a batch rests: the earliest at which a policy of it is open."""
    if batch.stage == BatchStage.DISCARDING:
        return BatchStage.DISCARDED
    ready = Piece.objects.filter(batch=batch, state=PieceState.DONE, version=None)
    steps = set(ready.values_list("step", flat=True).distinct().order_by())
    return next((at for step, at in AT_REST.items() if step in steps), BatchStage.DONE)
