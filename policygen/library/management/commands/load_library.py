"""``manage.py load_library``: put the files of clauses/ in force as a release."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.core.problems import Refused
from policygen.library.loading import load_release


class Command(BaseCommand):
    """Load the clause library; unchanged files change nothing."""

    help = "Put clauses/ in force. A library with a problem is refused, and the one in force stays."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, which is clauses/ unless given."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CLAUSES_DIR)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load the folder."""
        try:
            release, new = load_release(options["folder"])
        except Refused as refused:
            for problem in sorted(refused.problems, key=lambda p: (p.where, p.line)):
                self.stderr.write(str(problem))
            raise CommandError(
                "The library was not loaded. What was in force stays in force."
            ) from None
        state = "is now in force" if new else "is in force already; nothing changed"
        self.stdout.write(f"Release {release.number} ({release.digest[:12]}) {state}.")
