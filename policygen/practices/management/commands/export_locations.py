"""``manage.py export_locations``: write the locations of a practice to a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.practices.importing.exporting import FORMATS, exported
from policygen.practices.management.commands._practices import practice_at


class Command(BaseCommand):
    """Write what the page of locations hands out."""

    help = "Write the locations of a practice to a file, as the page of its locations does."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the practice and the file."""
        parser.add_argument("practice", help="the practice, as in its public address")
        parser.add_argument("file", type=Path, help="the file, ending in .csv or .xlsx")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file. Raises ``CommandError``."""
        practice, file = practice_at(options["practice"]), options["file"]
        ending = file.suffix.lower().removeprefix(".")
        if ending not in FORMATS:
            raise CommandError("Let the name of the file end in .csv or .xlsx.")
        try:
            file.write_bytes(exported(practice, ending))
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"Wrote {practice.locations.count():,} locations to {file}.")
