"""``manage.py sweep_files``: delete files that no version names."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from policygen.policies.proof.retention import sweep


class Command(BaseCommand):
    """Delete what publications that were cut off more than a day ago left. Run it once a day."""

    help = "Delete the files that publications that were cut off more than a day ago left behind."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether files in their places are deleted, too."""
        parser.add_argument(
            "--unnamed",
            action="store_true",
            help="delete files in their places, too, if no version names them: after a restore, "
            "when you are sure that the database is the one to keep",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete them and say how many there were."""
        count = sweep(unnamed_too=options["unnamed"])
        noun = "file" if count == 1 else "files"
        self.stdout.write(f"{count} {noun} deleted that no version names.")
