"""Answers files: YAML with ``title``, ``description`` and ``answers``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from policygen.core.answers import Answers, Raw, parse_answers
from policygen.core.library import Library
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.text import TextRefused, clean_line
from policygen.core.vocabulary import Vocabulary
from policygen.library.strict_yaml import Source, decode, read_bytes, read_yaml

SIZE_LIMIT = 262_144
"""The largest answers file that is read, in bytes."""

KEYS = frozenset({"title", "description", "answers"})


@dataclass(frozen=True)
class AnswersFile:
    """What an answers file holds."""

    title: str
    description: str
    answers: Answers


def read_answers_file(raw: bytes, vocabulary: Vocabulary) -> AnswersFile:
    """Read an answers file. Raises ``Refused``; problems name the answer and its line."""
    source = read_yaml(decode(raw, limit=SIZE_LIMIT))
    value = source.value
    if not isinstance(value, dict) or not isinstance(value.get("answers"), dict):
        message = "Begin the file with “answers:” and put the answers under it, indented."
        raise Refused([Problem("", message, 1)])
    problems = [
        Problem(quoted(key), f"This has no meaning here. {nearest(key, KEYS)}", source.line((key,)))
        for key in value
        if key not in KEYS
    ]
    about: dict[str, str] = {}
    for key, limit in (("title", 200), ("description", 500)):
        try:
            if not isinstance(value.get(key, ""), str):
                raise TextRefused("Write a text here, not a list or a mapping.")
            about[key] = clean_line(value.get(key, ""), limit=limit)
        except TextRefused as refused:
            problems.append(Problem(key, str(refused), source.line((key,))))
    try:
        answers = parse_answers(vocabulary, value["answers"])
    except Refused as refused:
        raise Refused([*problems, *_placed(refused.problems, source)]) from None
    if problems:
        raise Refused(problems)
    return AnswersFile(about["title"], about["description"], answers)


def read_answers_path(path: Path, vocabulary: Vocabulary) -> AnswersFile:
    """Read an answers file from a disk. Raises ``Refused``."""
    return read_answers_file(read_bytes(path, limit=SIZE_LIMIT), vocabulary)


def check_examples(folder: Path, library: Library) -> None:
    """Read every example of a clause folder. Raises ``Refused`` with file and line."""
    problems: list[Problem] = []
    for path in sorted((folder / "examples").glob("*")):
        where = f"examples/{path.name}"
        if path.suffix != ".yaml":
            problems.append(Problem(where, "An example is a .yaml file. Rename this one.", 1))
            continue
        try:
            read_answers_path(path, library.vocabulary)
        except Refused as refused:
            for problem in refused.problems:
                named = f"{problem.where}: " if problem.where else ""
                problems.append(Problem(where, named + problem.message, problem.line or 1))
    if problems:
        raise Refused(problems)


def write_answers_file(answers: Answers, *, title: str) -> bytes:
    """Return an answers file that reads back as the same answers."""
    raw: dict[str, Raw] = {"title": title, "answers": answers.to_raw()}
    text = yaml.safe_dump(raw, allow_unicode=True, sort_keys=False, width=100)
    return text.encode()


def _placed(problems: Iterable[Problem], source: Source) -> list[Problem]:
    placed = []
    for problem in problems:
        path: list[str | int] = ["answers"]
        for part in problem.where.split("."):
            name = part.strip("“”")
            in_list = name.isdecimal() and (*path, int(name) - 1) in source.lines
            path.append(int(name) - 1 if in_list else name)
        placed.append(replace(problem, line=source.line(tuple(path))))
    return placed
