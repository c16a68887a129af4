"""``manage.py purge_drafts``: delete drafts that nobody works on any more."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from policygen.policies.drafting.drafts import KEPT_DAYS, purge_drafts


class Command(BaseCommand):
    """Delete drafts that were not saved for a number of days. Run it once a day."""

    help = f"Delete the drafts that nobody has saved for {KEPT_DAYS} days."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of days."""
        parser.add_argument(
            "--days", type=int, default=KEPT_DAYS, metavar="N", help=f"{KEPT_DAYS} if left out"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete them and say how many there were."""
        days = options["days"]
        if not 1 <= days <= 36_500:
            raise CommandError(f"--days is {days}, but must be a whole number from 1 to 36500.")
        count = purge_drafts(timezone.now() - timedelta(days=days))
        noun = "draft" if count == 1 else "drafts"
        self.stdout.write(f"{count} {noun} deleted that nobody had saved for {days} days.")
