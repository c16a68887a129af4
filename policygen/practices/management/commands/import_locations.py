"""``manage.py import_locations``: add and change the locations of a practice from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.practices.importing.planning import Plan
from policygen.practices.importing.reading import BYTES, read_file
from policygen.practices.importing.tables import FileRefused, Table
from policygen.practices.importing.writing import NotAllGood, TooMany, import_table, preview
from policygen.practices.management.commands._practices import practice_at


class Command(BaseCommand):
    """Do what the import page does, without asking in between."""

    help = (
        "Add and change the locations of a practice from a CSV or XLSX file: all or nothing, "
        "unless only the good rows are asked for."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the practice, the file, and how to deal with bad rows."""
        parser.add_argument("practice", help="the practice, as in its public address")
        parser.add_argument("file", type=Path, help="a CSV or XLSX file")
        parser.add_argument("--good-rows", action="store_true", help="leave out the bad rows")
        parser.add_argument("--dry-run", action="store_true", help="say what would change")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the file. Raises ``CommandError``."""
        practice, table = practice_at(options["practice"]), _table(options["file"])
        for note in table.notes:
            self.stdout.write(note)
        if options["dry_run"]:
            self._say(preview(practice, table), "Would be")
            return
        try:
            done = import_table(practice, None, table, good_rows=options["good_rows"])
        except (NotAllGood, TooMany) as refused:
            self._say(refused.plan, "Would be")
            raise CommandError(f"{refused} Nothing was written.") from None
        self._say(done, "Were")

    def _say(self, plan: Plan, verb: str) -> None:
        for bad in plan.bad:
            for mistake in bad.mistakes:
                column = f", {mistake.column}" if mistake.column else ""
                self.stderr.write(f"Row {bad.number}{column}: {mistake.reason}")
        for brand in plan.brands:
            self.stdout.write(f"New brand: {brand}")
        self.stdout.write(
            f"{verb} added: {len(plan.new):,}, changed: {len(plan.changed):,}, "
            f"unchanged: {plan.unchanged:,}, left out: {len(plan.bad):,}."
        )


def _table(file: Path) -> Table:
    try:
        with file.open("rb") as opened:
            content = opened.read(BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    try:
        return read_file(content)
    except FileRefused as refused:
        raise CommandError(f"{file}: {refused}") from None
