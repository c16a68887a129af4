"""What the commands that read an answers file share."""

import argparse
import re
from datetime import date
from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from policygen.core.library import Library
from policygen.core.problems import Refused, quoted
from policygen.library.answers_file import AnswersFile, read_answers_path
from policygen.library.files import read_folder
from policygen.library.store import (
    NoRelease,
    NoSuchRelease,
    library_in_force,
    library_of,
    release_numbered,
)


def add_arguments(parser: CommandParser) -> None:
    """Take the answers file, and a folder of clauses or a release instead of the one in force."""
    parser.add_argument("answers", type=Path, metavar="ANSWERS.yaml")
    library = parser.add_mutually_exclusive_group()
    library.add_argument(
        "--clauses",
        type=Path,
        metavar="FOLDER",
        help="try these clause files instead of the release in force",
    )
    library.add_argument(
        "--release",
        type=_number,
        metavar="N",
        help="use this published release, in force or not",
    )


def read(
    answers: Path, *, clauses: Path | None, release: int | None
) -> tuple[Library, AnswersFile]:
    """Return the library and the answers. Raises ``CommandError`` with every problem."""
    try:
        library = _library(clauses, release)
    except (NoRelease, NoSuchRelease) as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        message = f"The database cannot be read: {error}. Run: manage.py migrate"
        raise CommandError(message) from None
    except Refused as refused:
        raise problems_in(clauses or Path(f"release {release or 'in force'}"), refused) from None
    try:
        return library, read_answers_path(answers, library.vocabulary)
    except Refused as refused:
        raise problems_in(answers, refused) from None


def _library(clauses: Path | None, release: int | None) -> Library:
    if clauses is not None:
        return read_folder(clauses)
    if release is not None:
        return library_of(release_numbered(release).digest)
    return library_in_force()


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        message = f"{quoted(text)} is no number of a release. Write one such as 1."
        raise argparse.ArgumentTypeError(message)
    return int(text)


def problems_in(path: Path, refused: Refused) -> CommandError:
    """Return the error that lists what is wrong with a file."""
    lines = [f"{path.name}: {problem}" for problem in refused.problems]
    return CommandError("\n".join(lines))


def add_day(parser: CommandParser) -> None:
    """Take the day that the policy is for."""
    parser.add_argument(
        "--on", default="", metavar="DATE", help="the day the policy is for; today if left out"
    )


def day(text: str) -> date:
    """Return the day that an option names, or today. Raises ``CommandError``."""
    if not text:
        return timezone.localdate()
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"--on: {quoted(text)} is no date. Write it as 2026-01-31 (year, month, day)."
        ) from None
