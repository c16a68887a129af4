"""``manage.py restore_files``: the files of published versions, out of a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.core.problems import Problem
from policygen.policies.proof.backup import restore_files


class Command(BaseCommand):
    """Put back what is missing or damaged. The site may run meanwhile."""

    help = (
        "Put the files of published versions back out of a folder that copy_files wrote, or that "
        "was the site’s own before it moved to a bucket. What is there and whole is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Put them back, and say which the folder does not have."""
        restored = missing = 0
        try:
            for one in restore_files(options["folder"]):
                if isinstance(one, Problem):
                    self.stderr.write(str(one))
                    missing += 1
                else:
                    restored += 1
        except OSError as error:
            raise CommandError(f"A file could not be put back: {error.strerror}.") from None
        if missing:
            raise CommandError(f"{missing} files are still missing; {restored} were put back.")
        self.stdout.write(f"{restored} files put back from {options['folder']}.")
