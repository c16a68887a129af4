"""The folder ``clauses/``: read into a ``Library``, with file and line for whatever is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from policygen.core.library import Library, library_problems, parse_library
from policygen.core.problems import Problem, Refused
from policygen.library.strict_yaml import Source, decode, read_yaml

FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<front>.*?)\n---[ \t]*(?:\n|\Z)(?P<body>.*)", re.DOTALL)


@dataclass(frozen=True)
class ClauseFile:
    """One clause file: where it is, its front matter, and the line on which its text begins."""

    path: Path
    front: Source
    body: str
    body_line: int


def read_folder(folder: Path, versions: Mapping[str, int] | None = None) -> Library:
    """Read a clause library. Raises ``Refused``; each problem names file and line.

    ``versions`` gives the version number of a clause by slug; a clause that is not in it is
    version 1.
    """
    problems: list[Problem] = []
    sources: dict[str, Source] = {}
    for name in ("vocabulary.yaml", "sections.yaml"):
        try:
            sources[name] = read_yaml(decode(_bytes(folder / name)))
        except Refused as refused:
            problems += [replace(problem, where=name) for problem in refused.problems]
    files: dict[str, ClauseFile] = {}
    for path in sorted(folder.glob("*/*.md")):
        try:
            files[path.relative_to(folder).as_posix()] = read_clause_file(path)
        except Refused as refused:
            where = path.relative_to(folder).as_posix()
            problems += [replace(problem, where=where) for problem in refused.problems]
    if problems:
        raise Refused(problems)
    try:
        library = parse_library(_plain(sources, files, versions or {}))
        found = tuple(library_problems(library))
    except Refused as refused:
        raise Refused(_placed(problem, sources, files) for problem in refused.problems) from None
    if found:
        raise Refused(_placed(problem, sources, files) for problem in found)
    return library


def read_clause_file(path: Path) -> ClauseFile:
    """Read one clause file. Raises ``Refused`` with lines of the file."""
    text = decode(_bytes(path)).replace("\r\n", "\n")
    match = FRONT_MATTER.fullmatch(text)
    if match is None:
        message = "Begin the file with “---”, the front matter, “---”, and then the text."
        raise Refused([Problem("", message, 1)])
    try:
        front = read_yaml(match["front"])
    except Refused as refused:
        raise Refused(replace(p, line=p.line + 1) for p in refused.problems) from None
    if not isinstance(front.value, dict):
        raise Refused([Problem("", "Write the front matter as “key: value”, one a line.", 2)])
    body_line = text.count("\n", 0, match.start("body")) + 1
    return ClauseFile(
        path, front, match["body"].strip("\n"), body_line + _leading_lines(match["body"])
    )


def _leading_lines(body: str) -> int:
    return len(body) - len(body.lstrip("\n"))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused([Problem("", f"The file cannot be read: {error.strerror}.")]) from None


def _plain(
    sources: Mapping[str, Source], files: Mapping[str, ClauseFile], versions: Mapping[str, int]
) -> dict[str, Any]:
    """Return the plain form that ``parse_library`` reads."""
    sections, vocabulary = sources["sections.yaml"].value, sources["vocabulary.yaml"].value
    if not isinstance(sections, dict) or not isinstance(sections.get("sections"), list):
        raise Refused([Problem("sections", "Write “title:” and “sections:”, a list.")])
    if not isinstance(vocabulary, dict) or not isinstance(vocabulary.get("questions"), list):
        raise Refused([Problem("questions", "Write “questions:”, a list.")])
    return {
        "title": sections.get("title", ""),
        "language": sections.get("language", "en"),
        "sections": sections["sections"],
        "questions": vocabulary["questions"],
        "clauses": [
            {
                **file.front.value,
                "slug": file.path.stem,
                "section": file.path.parent.name,
                "version": versions.get(file.path.stem, 1),
                "body": file.body,
            }
            for file in files.values()
        ],
    }


def _placed(
    problem: Problem, sources: Mapping[str, Source], files: Mapping[str, ClauseFile]
) -> Problem:
    """Say file and line of a problem that names a part of the library."""
    parts = problem.where.split(".")
    if parts[0] == "clauses" and len(parts) > 1:
        for name, file in files.items():
            if file.path.stem == parts[1]:
                if parts[2:3] == ["body"]:
                    line = file.body_line + max(problem.line, 1) - 1
                else:
                    line = file.front.line(tuple(parts[2:])) + 1
                return Problem(name, problem.message, line)
    if parts[0] == "questions":
        source = sources["vocabulary.yaml"]
        return Problem(
            "vocabulary.yaml", problem.message, source.line(_position(source.value, parts))
        )
    source = sources["sections.yaml"]
    return Problem("sections.yaml", problem.message, source.line(("sections",)))


def _position(value: Any, parts: list[str]) -> tuple[str | int, ...]:
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
