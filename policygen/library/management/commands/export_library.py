"""``manage.py export_library``: write a release back to files, for review and safekeeping."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.library.export import write_folder
from policygen.library.models import Release
from policygen.library.store import NoRelease, library_in_force, library_of


class Command(BaseCommand):
    """Write the clause library of a release to a folder."""

    help = "Write a release to a folder like clauses/. Nothing is lost: see --replace."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and which release."""
        parser.add_argument("folder", type=Path, help="A folder that is new or empty.")
        parser.add_argument(
            "--release", type=int, metavar="N", help="Its number; otherwise the one in force."
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Rewrite a folder of clauses. Its examples and README.md stay.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the folder."""
        folder: Path = options["folder"]
        try:
            library = _library(options["release"])
            count = write_folder(library, folder, replace=options["replace"])
        except NoRelease as missing:
            raise CommandError(str(missing)) from None
        except Refused as refused:
            for problem in refused.problems:
                self.stderr.write(str(problem))
            raise CommandError("Nothing was written.") from None
        except OSError as error:
            raise CommandError(f"The export failed: {error}. Nothing was lost.") from None
        self.stdout.write(f"{count} files of the library {library.digest[:12]} are in {folder}.")


def _library(number: int | None) -> Library:
    """Return the library of a release. Raises ``CommandError`` or ``NoRelease``."""
    if number is None:
        return library_in_force()
    releases = dict(Release.objects.order_by("number").values_list("number", "digest"))
    if not releases:
        raise NoRelease
    if number not in releases:
        known = ", ".join(map(str, releases))
        raise CommandError(f"There is no release {number}. Choose one of: {known}.")
    return library_of(releases[number])
