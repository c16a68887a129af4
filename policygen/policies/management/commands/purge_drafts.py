"""``manage.py purge_drafts``: delete drafts that nobody works on any more."""

from datetime import datetime

from policygen.policies.drafting.drafts import KEPT_DAYS, purge_drafts
from policygen.policies.management.commands._purging import PurgeCommand


class Command(PurgeCommand):
    """Delete drafts that were not saved for a number of days."""

    help = f"Delete the drafts that nobody has saved for {KEPT_DAYS} days."
    kept_days = KEPT_DAYS

    def purge(self, before: datetime) -> int:
        """Delete them."""
        return purge_drafts(before)

    def said(self, count: int, days: int) -> str:
        """Say how many there were."""
        noun = "draft" if count == 1 else "drafts"
        return f"{count} {noun} deleted that nobody had saved for {days} days."
