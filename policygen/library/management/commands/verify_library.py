"""``manage.py verify_library``: see that nothing was changed behind the desk's back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from policygen.core.problems import Problem
from policygen.library import log, verify
from policygen.library.models import ClauseVersion, Release, Transition


class Command(BaseCommand):
    """Check releases, versions and the log against each other."""

    help = (
        "Check that all releases, versions and the log are as people left them. Every problem is "
        "listed; then exit status 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a digest that the log must hold."""
        parser.add_argument(
            "--holds",
            default="",
            metavar="DIGEST",
            help="a digest that this command gave before: see that the log was not cut off there",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the check."""
        found = list(verify.problems(timezone.localdate()))
        if options["holds"] and not log.holds(options["holds"]):
            message = "It has no line of this digest: lines were cut off at its end."
            found.append(Problem("log", message))
        for problem in found:
            self.stderr.write(str(problem))
        if found:
            count = f"{len(found)} problem{'s' if len(found) > 1 else ''}"
            raise CommandError(
                f"{count}. Restore the database from a backup, and find out who had access to it."
            )
        self.stdout.write(
            f"{Release.objects.count()} releases, {ClauseVersion.objects.count()} versions of "
            f"clauses and {Transition.objects.count()} lines of the log: no problem found."
        )
        self.stdout.write(f"The log ends with {log.end()}.")
