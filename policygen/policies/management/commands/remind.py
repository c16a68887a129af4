"""``manage.py remind``: mail owners and editors whose policies are to be reviewed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.policies.published.reminders import AHEAD, NoMailServer, due_reminders, remind


class Command(BaseCommand):
    """Send the reminders of reviews that are near, due or overdue. Run it once a day."""

    help = (
        f"Remind the owners and editors of policies {AHEAD.days} days before a review, on its day, "
        f"and {AHEAD.days} days after it. Nobody gets the same reminder twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether only to look."""
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be sent, and send nothing"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Send them and say how many there were."""
        reminders = due_reminders()
        if options["dry_run"]:
            for one in reminders:
                self.stdout.write(str(one))
            self.stdout.write(f"{_counted(len(reminders))} would be sent.")
            return
        try:
            outcome, reason = remind(reminders), ""
        except NoMailServer as error:
            outcome, reason = error.outcome, f" {error}"
        self.stdout.write(f"{_counted(outcome.sent)} sent.")
        if outcome.failed or reason:
            raise CommandError(
                f"Not every reminder was sent.{reason} The log says more. The next run tries again."
            )


def _counted(count: int) -> str:
    return f"{count:,} reminder" if count == 1 else f"{count:,} reminders"
