"""``manage.py purge_batches``: delete batches that ended long ago."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from policygen.policies.bulk.purging import KEPT_DAYS, purge_batches


class Command(BaseCommand):
    """Delete batches that ended a number of days ago. Run it once a day."""

    help = (
        f"Delete the batches that ended more than {KEPT_DAYS} days ago. Policies, drafts and logs "
        "stay."
    )

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
        count = purge_batches(timezone.now() - timedelta(days=days))
        noun = "batch" if count == 1 else "batches"
        self.stdout.write(f"{count} {noun} deleted that ended more than {days} days ago.")
