"""``manage.py purge_batches``: delete batches that ended long ago."""

from datetime import datetime

from policygen.policies.bulk.purging import KEPT_DAYS, purge_batches
from policygen.policies.management.commands._purging import PurgeCommand


class Command(PurgeCommand):
    """Delete batches that ended a number of days ago."""

    help = (
        f"Delete the batches that ended more than {KEPT_DAYS} days ago. Policies, drafts and logs "
        "stay."
    )
    kept_days = KEPT_DAYS

    def purge(self, before: datetime) -> int:
        """Delete them."""
        return purge_batches(before)

    def said(self, count: int, days: int) -> str:
        """Say how many there were."""
        noun = "batch" if count == 1 else "batches"
        return f"{count} {noun} deleted that ended more than {days} days ago."
