"""The real clause library and its examples, each read once for all tests of this folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.library import Library
from policygen.core.selection import select
from policygen.library.answers_file import AnswersFile, read_answers_path
from policygen.library.files import ClauseFile, read_clause_file, read_folder
from tests.core.small import DAY

FOLDER = Path(__file__).resolve().parents[2] / "clauses"
CLAUSES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.md"))
EXAMPLES = sorted(path.stem for path in FOLDER.glob("examples/*.yaml"))


@cache
def library() -> Library:
    return read_folder(FOLDER)


@cache
def clause_file(name: str) -> ClauseFile:
    return read_clause_file(FOLDER / name, name)


@cache
def example(name: str) -> AnswersFile:
    return read_answers_path(FOLDER / "examples" / f"{name}.yaml", library().vocabulary)


@cache
def policy(name: str) -> Document:
    """Return the policy of an example."""
    return policy_of(example(name).answers)


def policy_of(answers: Answers) -> Document:
    return assemble(select(library(), answers), answers, on=DAY)
