"""``manage.py check_library``: say everything that is wrong with the files of clauses/."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.core.analysis.proof import proof_problems
from policygen.core.problems import Refused
from policygen.instruments.solver import PysatSolver
from policygen.library.answers_file import check_examples
from policygen.library.files import placed, read_folder
from policygen.library.word_lists import read_words


class Command(BaseCommand):
    """Parse and check every file of the clause library, and prove what can be proved of it."""

    help = "Check all of clauses/. Every problem is listed with file and line; then exit status 1."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, which is clauses/ unless given."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CLAUSES_DIR)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the check."""
        folder: Path = options["folder"]
        try:
            library = read_folder(folder)
            check_examples(folder, library)
            read_words(folder, library.vocabulary)
            if unproved := placed(folder, proof_problems(library, PysatSolver)):
                raise Refused(unproved)
        except Refused as refused:
            for problem in sorted(refused.problems, key=lambda p: (p.where, p.line)):
                self.stderr.write(str(problem))
            count = len(refused.problems)
            raise CommandError(
                f"{count} problem{'s' if count > 1 else ''} in {folder.name}/."
            ) from None
        self.stdout.write(
            f"{len(library.clauses)} clauses, {len(library.sections)} sections and "
            f"{len(library.vocabulary.questions)} questions: no problem found."
        )
