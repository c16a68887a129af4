"""From a library back to a folder like ``clauses/``, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace as altered
from pathlib import Path

from policygen.core.library import Library, question_to_json
from policygen.core.problems import Problem, Refused
from policygen.disk import sync_folder
from policygen.library.files import (
    CONFLICTS,
    PLACE,
    REGIMES,
    UNFINISHED,
    read_clause_file,
    read_folder,
)
from policygen.library.folder_texts import (
    SECTIONS_FILE,
    VOCABULARY_FILE,
    clause_name,
    folder_texts,
    regime_name,
)
from policygen.library.strict_yaml import decode, read_bytes, read_yaml


def write_folder(library: Library, folder: Path, *, replace: bool = False) -> int:
    """Write a library to a folder that is new or empty. Return how many files it has.

    With ``replace`` the folder may also be a clause folder. Then only files that say something
    else are touched, files of clauses that are no longer there are removed, and all that a library
    does not hold stays: examples, README.md, lines of comment above questions.

    Raises ``Refused`` for any other folder, and for a library that the files could not hold;
    ``OSError`` if a disk fails. The folder is then as it was. If the machine fails while files
    are put in their places, ``read_folder`` refuses the folder until the export is made again.
    """
    folder = folder.resolve()
    standing = _standing(folder, replace=replace)
    texts = folder_texts(library, _texts_of(folder) if standing else {})
    gone = _gone(folder, texts) if standing else []
    with _staging(folder) as staging:
        new = staging / "new"
        for name, text in texts.items():
            write_synced(new / name, text.encode())
        _check(new, library)
        if standing:
            changed = _changed(folder, library, texts)
            _exchange(folder, staging, changed, gone)
        else:
            _sync_folders(new)
            new.rename(folder)
            sync_folder(folder.parent)
    return len(texts)


def write_synced(path: Path, raw: bytes) -> None:
    """Write a file and wait until the disk has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _standing(folder: Path, *, replace: bool) -> bool:
    """Tell whether there is a clause folder to replace. Raises ``Refused`` for other content."""
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise _refused(folder, "This is a file. Name a folder that is new or empty.")
    if not any(folder.iterdir()):
        return False
    if not all((folder / name).is_file() for name in (SECTIONS_FILE, VOCABULARY_FILE)):
        message = "This folder holds something other than clauses. Name one that is new or empty."
        raise _refused(folder, message)
    if not replace:
        message = (
            "There are clauses in this folder. Name one that is new or empty, "
            "or rewrite this one with --replace."
        )
        raise _refused(folder, message)
    return True


def _refused(folder: Path, message: str) -> Refused:
    return Refused([Problem(folder.name, message)])


def _texts_of(folder: Path) -> dict[str, str]:
    """Return the lists and laws as they stand. Raises ``Refused`` if one is no text."""
    texts = {}
    for name in (SECTIONS_FILE, VOCABULARY_FILE, *_rule_files(folder)):
        try:
            texts[name] = decode(read_bytes(folder / name))
        except Refused as refused:
            raise Refused(altered(problem, where=name) for problem in refused.problems) from None
    return texts


def _rule_files(folder: Path) -> list[str]:
    """Return the names of the files with laws and conflicts."""
    paths = [*folder.glob(CONFLICTS), *sorted((folder / REGIMES).glob("*.yaml"))]
    return [path.relative_to(folder).as_posix() for path in paths]


def _gone(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Return the names of files of clauses, laws and conflicts that the library no longer has.

    Raises ``Refused`` if one of them is no such thing: then it is somebody's work, and must not go.
    """
    gone = [name for name in _rule_files(folder) if name not in texts]
    problems = [problem for name in gone for problem in _not_ours(folder, name)]
    for path in sorted(folder.glob("*/*.md")):
        name = path.relative_to(folder).as_posix()
        if name in texts or not PLACE.fullmatch(name):
            continue
        try:
            read_clause_file(path, name)
        except Refused as refused:
            problems += [altered(problem, where=name) for problem in refused.problems]
            message = "The library has no such clause. Mend the file or move it away, then export."
            problems.append(Problem(name, message))
        gone.append(name)
    if problems:
        raise Refused(problems)
    return gone


def _not_ours(folder: Path, name: str) -> Iterator[Problem]:
    """Give what speaks against removing a file as one of a law or of conflicts."""
    key = CONFLICTS.partition(".")[0] if name == CONFLICTS else "elements"
    try:
        found = read_yaml(decode(read_bytes(folder / name))).value
    except Refused as refused:
        yield from (altered(problem, where=name) for problem in refused.problems)
        found = None
    if not isinstance(found, dict) or key not in found:
        yield Problem(name, "The library has no such file. Mend it or move it away, then export.")


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Give a new folder beside another, on the same disk, and remove it afterwards.

    It stays if files could not be put back: it then has the only copies of them.
    """
    staging = folder.parent / f".{folder.name}.export-{secrets.token_hex(4)}"
    staging.mkdir(parents=True)
    try:
        yield staging
    finally:
        if not (folder / UNFINISHED).exists():
            shutil.rmtree(staging, ignore_errors=True)


def _check(folder: Path, library: Library) -> None:
    """Raise ``Refused`` if files do not read back as the library."""
    if _said(read_folder(folder, whole=False)) != _said(library):
        message = "Files cannot say all that this library says. Nothing was written."
        raise Refused([Problem("", message)])


def _said(library: Library) -> dict[str, object]:
    """Return the plain form without blank lines around texts, which mean nothing in a file."""
    plain = library.to_json()
    for clause in plain["clauses"]:
        clause["body"] = clause["body"].strip("\n")
    return plain


def _changed(folder: Path, library: Library, texts: Mapping[str, str]) -> list[str]:
    """Return the names of files that are missing in the folder or say something else there."""
    try:
        same = _same_files(read_folder(folder, whole=False), library)
    except Refused:  # a broken folder can be replaced, too
        same = set()
    return [
        name
        for name, text in texts.items()
        if name not in same and not _holds(folder / name, text.encode())
    ]


def _same_files(before: Library, after: Library) -> set[str]:
    """Return the names of the files that say the same in both libraries, however it is laid out."""
    same = {
        name
        for name, one, other in (
            (SECTIONS_FILE, _headings(before), _headings(after)),
            (VOCABULARY_FILE, _questions(before), _questions(after)),
        )
        if one == other
    }
    if before.conflicts == after.conflicts:
        same.add(CONFLICTS)
    laws = {regime_name(regime): regime for regime in before.regimes}
    same |= {name for regime in after.regimes if laws.get(name := regime_name(regime)) == regime}
    known = {clause_name(clause): clause.to_json() for clause in before.clauses}
    return same | {
        clause_name(clause)
        for clause in after.clauses
        if known.get(clause_name(clause)) == clause.to_json()
    }


def _headings(library: Library) -> tuple[object, ...]:
    return library.title, library.language, library.sections


def _questions(library: Library) -> list[object]:
    return [question_to_json(question) for question in library.vocabulary.questions]


def _holds(path: Path, raw: bytes) -> bool:
    try:
        return path.read_bytes() == raw
    except FileNotFoundError:
        return False


def _exchange(folder: Path, staging: Path, changed: Sequence[str], gone: Sequence[str]) -> None:
    """Put changed files in their places and remove those that are gone, all or none of them."""
    if not changed and not gone:
        return
    _copy(folder, staging / "old", [*changed, *gone])
    done: list[str] = []
    try:
        kept = f"The files as they were before are in {staging / 'old'}.\n"
        (folder / UNFINISHED).write_text(kept, encoding="utf-8")
        sync_folder(folder)
        for name in changed:
            done.append(name)
            (folder / name).parent.mkdir(exist_ok=True)
            (staging / "new" / name).replace(folder / name)
        for name in gone:
            done.append(name)
            (folder / name).unlink()
    except BaseException:
        _restore(folder, staging / "old", done)
        _settle(folder, done)
        raise
    _settle(folder, done)


def _copy(folder: Path, old: Path, names: Sequence[str]) -> None:
    """Copy those of the files that there are."""
    for name in names:
        if (folder / name).exists():
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, old / name)


def _restore(folder: Path, old: Path, names: Sequence[str]) -> None:
    """Put files back as they were; what was not there goes."""
    for name in names:
        if (old / name).exists():
            (old / name).replace(folder / name)
        else:
            with suppress(FileNotFoundError, NotADirectoryError):
                (folder / name).unlink()


def _settle(folder: Path, names: Sequence[str]) -> None:
    """Remove sections without clauses, wait for the disk, and say that the folder is whole."""
    for section in {(folder / name).parent for name in names} - {folder}:
        with suppress(OSError):  # it holds files, as nearly every section does
            section.rmdir()
    _sync_folders(folder)
    (folder / UNFINISHED).unlink(missing_ok=True)
    sync_folder(folder)


def _sync_folders(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        if path.is_dir():
            sync_folder(path)
