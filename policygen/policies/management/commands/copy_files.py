"""``manage.py copy_files``: the files of published versions, for a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.core.problems import Problem
from policygen.policies.proof.backup import copy_files


class Command(BaseCommand):
    """Copy what is not in the folder yet. The site may run meanwhile."""

    help = (
        "Copy the files of all published versions to a folder, while the site runs. Copy the "
        "database first. Files that are there already are not copied again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Copy, and say what could not be copied."""
        copied = missing = 0
        try:
            for one in copy_files(options["folder"]):
                if isinstance(one, Problem):
                    self.stderr.write(str(one))
                    missing += 1
                else:
                    copied += 1
        except OSError as error:
            raise CommandError(f"{options['folder']}: {error.strerror}.") from None
        if missing:
            raise CommandError(f"{missing} files could not be copied; {copied} were.")
        self.stdout.write(f"{copied} files copied to {options['folder']}.")
