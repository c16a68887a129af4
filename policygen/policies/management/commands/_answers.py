"""What the commands that read an answers file share."""

from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.library.answers_file import AnswersFile, read_answers_path
from policygen.library.files import read_folder
from policygen.library.store import NoRelease, library_in_force


def add_arguments(parser: CommandParser) -> None:
    """Take the answers file, and a folder of clauses to use instead of the release in force."""
    parser.add_argument("answers", type=Path, metavar="ANSWERS.yaml")
    parser.add_argument(
        "--clauses",
        type=Path,
        metavar="FOLDER",
        help="try these clause files instead of the release in force",
    )


def read(answers: Path, clauses: Path | None) -> tuple[Library, AnswersFile]:
    """Return the library and the answers. Raises ``CommandError`` with every problem."""
    try:
        library = read_folder(clauses) if clauses else library_in_force()
    except NoRelease as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        message = f"The database cannot be read: {error}. Run: manage.py migrate"
        raise CommandError(message) from None
    except Refused as refused:
        raise problems_in(clauses or Path("clauses"), refused) from None
    try:
        return library, read_answers_path(answers, library.vocabulary)
    except Refused as refused:
        raise problems_in(answers, refused) from None


def problems_in(path: Path, refused: Refused) -> CommandError:
    """Return the error that lists what is wrong with a file."""
    lines = [f"{path.name}: {problem}" for problem in refused.problems]
    return CommandError("\n".join(lines))
