"""Deleting batches that ended long ago. What they published, and every log, stays."""

from __future__ import annotations

from datetime import datetime

from policygen.policies.bulk.ending import ENDED
from policygen.policies.models import Batch

KEPT_DAYS = 365
"""How long a batch is kept after it ended, in days."""


def purge_batches(ended_before: datetime) -> int:
    """Delete the batches that ended before a moment, and return how many there were.

    One after the other, so that nobody waits long for the rows of any.
    """
    old = Batch.objects.filter(stage__in=ENDED, ended__lt=ended_before)
    count = 0
    for key in list(old.values_list("pk", flat=True)):
        deleted, _ = old.filter(pk=key).delete()
        count += bool(deleted)
    return count
