"""The folder ``clauses/``: read into a ``Library``, with file and line for whatever is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from policygen.core.clauses import CLAUSE_KEYS
from policygen.core.conditions import OPTION, QUESTION
from policygen.core.library import Library, library_problems, parse_library
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.library.strict_yaml import Source, decode, read_bytes, read_yaml

FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<front>.*?)\n---[ \t]*(?:\n|\Z)(?P<body>.*)", re.DOTALL)


PLACE = re.compile(rf"(?P<section>{QUESTION})/(?P<slug>{OPTION})\.md")

FRONT_KEYS = CLAUSE_KEYS - {"slug", "section", "body"}
"""What front matter can hold; the other parts of a clause come from the file's place and text."""

VERSION = re.compile(r"[1-9][0-9]{0,8}")

CONFLICTS = "conflicts.yaml"
NO_CONFLICTS = read_yaml("conflicts: []")
REGIMES = "regimes"

UNFINISHED = ".export-unfinished"
"""A file of this name stands in a folder while an export exchanges its files."""


@dataclass(frozen=True)
class ClauseFile:
    """One clause file: its name in the folder, its front matter, its text and where that begins."""

    name: str
    slug: str
    section: str
    front: Source
    body: str
    body_line: int


def read_folder(folder: Path, *, whole: bool = True) -> Library:
    """Read a clause library. Raises ``Refused``; each problem names file and line.

    A clause is version 1 unless an export wrote its version into the file. Without ``whole``, a
    library passes whose parts are each right, although it says something twice or has an option
    that nothing uses: a release may be older than such a check.
    """
    problems: list[Problem] = []
    sources = _read_sources(folder, problems)
    if sources is None:
        raise Refused(problems)
    try:
        library = parse_library(sources.plain())
        found = list(library_problems(library)) if whole and not problems else []
    except Refused as refused:
        found = list(refused.problems)
    problems += [sources.placed(problem) for problem in found]
    if problems:
        raise Refused(problems)
    return library


def placed(folder: Path, problems: Iterable[Problem]) -> list[Problem]:
    """Say file and line of problems of the library that a folder holds."""
    sources = _read_sources(folder, [])
    return [sources.placed(problem) if sources else problem for problem in problems]


def _read_sources(folder: Path, problems: list[Problem]) -> Sources | None:
    """Read all files, and note what is wrong; ``None`` if one is missing that all rests on."""
    if (folder / UNFINISHED).exists():
        message = (
            "An export into this folder was broken off. Export again, with --replace. "
            "This file says where the files are that stood here before."
        )
        problems.append(Problem(UNFINISHED, message))
    sections = _read_list(folder, "sections.yaml", "sections", problems)
    vocabulary = _read_list(folder, "vocabulary.yaml", "questions", problems)
    conflicts = (
        _read_list(folder, CONFLICTS, "conflicts", problems)
        if (folder / CONFLICTS).exists()
        else NO_CONFLICTS
    )
    regimes = _read_regime_files(folder, problems)
    files = _read_clause_files(folder, problems)
    if sections is None or vocabulary is None or conflicts is None:
        return None
    return Sources(sections, vocabulary, conflicts, regimes, files)


def _read_list(folder: Path, name: str, key: str, problems: list[Problem]) -> Source | None:
    """Read a YAML file that holds a list under a key, or note what is wrong with it."""
    try:
        source = read_yaml(decode(read_bytes(folder / name)))
    except Refused as refused:
        problems += [replace(problem, where=name) for problem in refused.problems]
        return None
    if not isinstance(source.value, dict) or not isinstance(source.value.get(key), list):
        problems.append(Problem(name, f"Write “{key}:” and under it a list.", 1))
        return None
    return source


def _read_regime_files(folder: Path, problems: list[Problem]) -> dict[str, Source]:
    """Read the regimes by id, which is the name of their file, and note what is wrong."""
    regimes: dict[str, Source] = {}
    for path in sorted((folder / REGIMES).glob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        try:
            source = read_yaml(decode(read_bytes(path)))
        except Refused as refused:
            problems += [replace(problem, where=name) for problem in refused.problems]
            continue
        if not re.fullmatch(OPTION, path.stem):
            message = "Name the file in small letters, digits and single hyphens: ccpa.yaml."
            problems.append(Problem(name, message, 1))
        elif not isinstance(source.value, dict) or "id" in source.value:
            message = "Write a regime as “key: value”, one a line. Its id is the name of the file."
            problems.append(Problem(name, message, 1))
        else:
            regimes[path.stem] = source
    return regimes


def _read_clause_files(folder: Path, problems: list[Problem]) -> dict[str, ClauseFile]:
    """Read the clause files by slug, and note what is wrong with them."""
    files: dict[str, ClauseFile] = {}
    for path in sorted(folder.rglob("*.md")):
        name = path.relative_to(folder).as_posix()
        if name == "README.md":
            continue
        try:
            file = read_clause_file(path, name)
        except Refused as refused:
            problems += [replace(problem, where=name) for problem in refused.problems]
            continue
        if file.slug in files:
            message = f"There is a clause of this name in {files[file.slug].name}. Rename one."
            problems.append(Problem(name, message, 1))
        files[file.slug] = file
    return files


def read_clause_file(path: Path, name: str) -> ClauseFile:
    """Read one clause file, called ``name`` in its folder. Raises ``Refused`` with its lines."""
    place = PLACE.fullmatch(name)
    if place is None:
        message = (
            "Put a clause into the folder of its section, and name the file in small letters, "
            "digits and single hyphens: contact/questions.md."
        )
        raise Refused([Problem("", message, 1)])
    text = decode(read_bytes(path)).replace("\r\n", "\n")
    match = FRONT_MATTER.fullmatch(text)
    if match is None:
        message = "Begin the file with “---”, the front matter, “---”, and then the text."
        raise Refused([Problem("", message, 1)])
    front = _read_front(match["front"])
    body = match["body"].lstrip("\n")
    body_line = text.count("\n", 0, len(text) - len(body) if body else match.start("body")) + 1
    return ClauseFile(name, place["slug"], place["section"], front, body.rstrip("\n"), body_line)


def _read_front(text: str) -> Source:
    """Read front matter, which begins on the second line of its file. Raises ``Refused``."""
    try:
        front = read_yaml("\n" + text)
    except Refused as refused:
        raise Refused(
            replace(problem, line=max(problem.line, 2)) for problem in refused.problems
        ) from None
    if not isinstance(front.value, dict):
        raise Refused([Problem("", "Write the front matter as “key: value”, one a line.", 2)])
    if problems := list(_front_problems(front)):
        raise Refused(problems)
    return front


def _front_problems(front: Source) -> Iterator[Problem]:
    """Give what is wrong with front matter as it can stand in a file."""
    for key in front.value:
        if key not in FRONT_KEYS:
            message = f"{quoted(key)} is no part of a clause. {nearest(key, FRONT_KEYS)}"
            yield Problem("", message, front.line((key,)))
    if front.value.get("claims", "") == "":
        message = "Say what the clause claims. If it only explains, write “claims: []”."
        yield Problem("", message, max(front.line(("claims",)), 2))
    version = front.value.get("version", "1")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        message = "A version is a whole number from 1. Only exports write it: delete this line."
        yield Problem("", message, front.line(("version",)))


@dataclass(frozen=True)
class Sources:
    """All files of a folder as they were read; regimes by id, clauses by slug."""

    sections: Source
    vocabulary: Source
    conflicts: Source
    regimes: Mapping[str, Source]
    clauses: Mapping[str, ClauseFile]

    def plain(self) -> dict[str, Any]:
        """Return the plain form that ``parse_library`` reads."""
        clauses = [
            {**file.front.value, "slug": slug, "section": file.section, "body": file.body}
            for slug, file in self.clauses.items()
        ]
        regimes = [{**source.value, "id": name} for name, source in self.regimes.items()]
        lists = {**self.sections.value, **self.vocabulary.value, **self.conflicts.value}
        return {"language": "en", **lists, "regimes": regimes, "clauses": clauses}

    def placed(self, problem: Problem) -> Problem:
        """Say file and line of a problem that names a part of the library."""
        parts = problem.where.split(".")
        match parts[0]:
            case "clauses":
                return self._in_clause(problem, parts)
            case "regimes" if len(parts) > 1:
                source = self.regimes[parts[1]]
                line = source.line(position_of(source.value, parts[2:]))
                return Problem(f"{REGIMES}/{parts[1]}.yaml", problem.message, line)
            case "conflicts":
                name, source = CONFLICTS, self.conflicts
            case key if key in self.vocabulary.value:
                name, source = "vocabulary.yaml", self.vocabulary
            case _:
                name, source = "sections.yaml", self.sections
        return Problem(name, problem.message, source.line(position_of(source.value, parts)))

    def _in_clause(self, problem: Problem, parts: list[str]) -> Problem:
        file = self.clauses[parts[1]]
        if parts[2:] == ["body"]:
            return Problem(file.name, problem.message, file.body_line + max(problem.line, 1) - 1)
        return Problem(file.name, problem.message, max(file.front.line(tuple(parts[2:])), 2))


def position_of(value: Any, parts: list[str]) -> tuple[str | int, ...]:
    """Turn ``questions.data.options.name`` into a path of keys and list positions."""
    path: list[str | int] = []
    for part in parts:
        if isinstance(value, list):
            ids = [entry.get("id") if isinstance(entry, dict) else None for entry in value]
            if part in ids:
                path.append(ids.index(part))
            elif part.isdigit() and 0 < int(part) <= len(value):
                path.append(int(part) - 1)
            else:
                break
            value = value[int(path[-1])]
        elif isinstance(value, dict) and part in value:
            path.append(part)
            value = value[part]
        else:
            break
    return tuple(path)
