"""What commands have in common that delete what nobody has needed for a number of days."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone


class PurgeCommand(BaseCommand):
    """Delete what is older than ``--days``, and say how much it was. Run it once a day.

    A subclass gives ``kept_days``, the number of days where none is named.
    """

    kept_days: ClassVar[int]

    @abstractmethod
    def purge(self, before: datetime) -> int:
        """Delete what nobody has needed since then. Return how many there were."""

    @abstractmethod
    def said(self, count: int, days: int) -> str:
        """Return the sentence that says how many were deleted."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of days."""
        parser.add_argument(
            "--days",
            type=int,
            default=self.kept_days,
            metavar="N",
            help=f"{self.kept_days} if left out",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete them and say how many there were."""
        days = options["days"]
        if not 1 <= days <= 36_500:
            raise CommandError(f"--days is {days}, but must be a whole number from 1 to 36500.")
        count = self.purge(timezone.now() - timedelta(days=days))
        self.stdout.write(self.said(count, days))
