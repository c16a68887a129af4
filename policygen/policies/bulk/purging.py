"""Deleting batches that ended long ago. What they published, and every log, stays."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from policygen.policies.bulk.ending import AT_REST, ENDED
from policygen.policies.models import Batch, Piece, PieceState

KEPT_DAYS = 365
"""How long a batch is kept after it ended, in days."""


def purge_batches(ended_before: datetime) -> int:
    """Delete the batches that ended before a moment, and return how many there were.

    Those of which everything was left out, and that were begun before it, count as ended. One after
    the other, so that nobody waits long for the rows of any.
    """
    open_ = Piece.objects.filter(batch=OuterRef("pk"), version=None)
    open_ = open_.filter(state__in=[PieceState.WAITING, PieceState.DONE, PieceState.FAILED])
    over = Q(stage__in=ENDED, ended__lt=ended_before)
    empty = Q(stage__in=AT_REST.values(), created__lt=ended_before) & ~Exists(open_)
    old = Batch.objects.filter(over | empty)
    count = 0
    for key in list(old.values_list("pk", flat=True)):
        deleted, _ = old.filter(pk=key).delete()
        count += bool(deleted)
    return count
