"""``manage.py prove_library``: prove what holds of every policy that a library can make."""

import json
import re
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from policygen.core.analysis.proof import Failure, Fault, Proof, in_brief, prove
from policygen.core.library import Library
from policygen.core.problems import Problem, Refused
from policygen.instruments.solver import PysatSolver
from policygen.library.answers_file import write_answers_file
from policygen.library.files import placed, read_folder
from policygen.library.store import NoRelease, NoSuchRelease, library_of, release_numbered


class Command(BaseCommand):
    """Prove that no policy contradicts itself, and that everything in a library counts."""

    help = (
        "Prove for all answers at once: no two clauses that contradict each other stand in one "
        "policy; every clause can be said and every question be asked; every option leaves a "
        "trace; every section that must exist has text. Exit status 1 if that is not so."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a folder of clauses (clauses/ unless given) or a release, and what to write."""
        library = parser.add_mutually_exclusive_group()
        library.add_argument("--clauses", type=Path, metavar="FOLDER", default=settings.CLAUSES_DIR)
        library.add_argument("--release", type=_number, metavar="N")
        parser.add_argument("--json", action="store_true", help="Print the proof as JSON.")
        parser.add_argument(
            "--counter-examples",
            type=Path,
            metavar="FOLDER",
            help="Write the answers that show each failure to this folder, one file each.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prove it, and say what was proved."""
        folder: Path | None = None if options["release"] else options["clauses"]
        library = self._library(folder, options["release"])
        began = time.monotonic()
        proof = prove(library, PysatSolver)
        seconds = time.monotonic() - began
        if options["counter_examples"]:
            self._write(proof, options["counter_examples"])
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(proof, library, seconds), indent=1))
        else:
            self._say(proof, folder, seconds)
        if proof.failures:
            raise CommandError(f"{_count(len(proof.failures), 'thing')} cannot be proved.")

    def _library(self, folder: Path | None, release: int) -> Library:
        try:
            if folder is None:
                return library_of(release_numbered(release).digest)
            return read_folder(folder)
        except (NoRelease, NoSuchRelease) as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            message = f"The database cannot be read: {error}. Run: manage.py migrate"
            raise CommandError(message) from None
        except Refused as refused:
            for problem in refused.problems:
                self.stderr.write(str(problem))
            raise CommandError("Mend this first. There is nothing to prove yet.") from None

    def _say(self, proof: Proof, folder: Path | None, seconds: float) -> None:
        problems = [failure.problem for failure in proof.failures]
        located = placed(folder, problems) if folder else problems
        for failure, problem in zip(proof.failures, located, strict=True):
            self.stderr.write(_with_answers(problem, failure))
        outcome = "Looked at" if proof.failures else "Proved for"
        self.stdout.write(
            f"{outcome} all answers that the interview accepts, in {seconds:.1f} s:\n"
            + "\n".join(f"- {line}" for line in _lines(proof))
        )

    def _write(self, proof: Proof, folder: Path) -> None:
        """Write the answers that show what is wrong. Raises ``CommandError``."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for failure in proof.failures:
                if failure.answers is not None:
                    title = f"Shows: {failure.problem.where}"
                    content = write_answers_file(failure.answers, title=title)
                    (folder / f"{failure.name}.yaml").write_bytes(content)
        except OSError as error:
            raise CommandError(f"The answers cannot be written: {error}.") from None


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise ArgumentTypeError("write the number of a release, such as 3")
    return int(text)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


SOUND, UNSOUND = ("never does", "never do"), ("does for some answers", "do for some answers")


def _lines(proof: Proof) -> Iterator[str]:
    """Give what was looked at: how many hold, and how many do not. Nothing else was proved."""
    failing = proof.failing
    if failing(Fault.NO_ANSWERS):
        yield "none are accepted, so nothing could be proved of clauses, questions and options."
        return
    yield (
        f"{_count(proof.pairs, 'pair')} of clauses, {proof.clashing:,} of which could clash. "
        "Whether they contradict each other: "
        + _outcome(proof.pairs, failing(Fault.CONTRADICTION), SOUND, UNSOUND)
    )
    yield f"{_count(proof.clauses, 'clause')}. Whether they contradict themselves: " + _outcome(
        proof.clauses, proof.contradicting_themselves, SOUND, UNSOUND
    )
    for kind, number in (("clause", proof.clauses), ("question", proof.questions)):
        yield f"{_count(number, kind)}: " + _outcome(
            number,
            failing(Fault.UNREACHABLE, f"{kind}s"),
            ("comes up for somebody", "come up for somebody"),
            ("never comes up", "never come up"),
        )
    yield f"{_count(proof.options, 'option')}: " + _outcome(
        proof.options,
        failing(Fault.NO_TRACE),
        ("leaves a trace", "leave a trace"),
        ("leaves none", "leave none"),
    )
    yield f"{_count(proof.sections, 'section')} that must exist: " + _outcome(
        proof.sections,
        failing(Fault.NO_TEXT),
        ("has text whenever it must", "have text whenever they must"),
        ("lacks it for some answers", "lack it for some answers"),
    )
    if idle := failing(Fault.IDLE_CONDITION):
        yield f"{_count(idle, 'condition')} to take out, because it always holds."


def _outcome(number: int, failing: int, holds: tuple[str, str], fails: tuple[str, str]) -> str:
    """Return “4 leave a trace, 1 leaves none.”; the words are for one and for several."""
    good = number - failing
    return f"{good:,} {holds[good != 1]}, {failing:,} {fails[failing != 1]}."


def _with_answers(problem: Problem, failure: Failure) -> str:
    shown = in_brief(failure.answers) if failure.answers is not None else ""
    return f"{problem}\n    These answers show it: {shown}." if shown else str(problem)


def _as_json(proof: Proof, library: Library, seconds: float) -> dict[str, Any]:
    return {
        "library": library.digest,
        "proved": not proof.failures,
        "seconds": round(seconds, 2),
        "clauses": proof.clauses,
        "pairs": proof.pairs,
        "clashing_pairs": proof.clashing,
        "questions": proof.questions,
        "options": proof.options,
        "sections": proof.sections,
        "failures": [
            {
                "fault": str(failure.fault),
                "name": failure.name,
                "about": list(failure.about),
                "where": failure.problem.where,
                "message": failure.problem.message,
                "answers": failure.answers.to_raw() if failure.answers is not None else None,
            }
            for failure in proof.failures
        ],
    }
