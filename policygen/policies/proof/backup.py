"""The files of published versions, copied to a folder and back, while the site runs.

Copy the database first: then all files that it names are copied, whatever is published meanwhile.
The folder has the same shape wherever the site keeps its files, so that it is also the way from a
folder to a bucket and back.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from policygen.core.problems import Problem
from policygen.disk import write_whole
from policygen.policies.published import files
from policygen.policies.published.versions import named_files


def copy_files(folder: Path) -> Iterator[Problem | str]:
    """Copy every file that a version names to a folder, as ``AB/ABCD…`` by its SHA-256.

    Give the name of each file that was copied; what is there already and whole stays. Give a
    problem for each that is missing or damaged. Raises ``OSError`` if the folder cannot be written.
    """
    for name in named_files():
        there = folder / name[:2] / name
        if there.exists() and files.sha256(there.read_bytes()) == name:
            continue
        try:
            content = files.look(name)
        except files.FileMissing:
            yield Problem(name, "This file is missing. Run: manage.py verify --repair")
        except files.FileDamaged:
            yield Problem(name, "This file is damaged. Run: manage.py verify --repair")
        else:
            there.parent.mkdir(parents=True, exist_ok=True)
            write_whole(there, content)
            yield name


def restore_files(folder: Path) -> Iterator[Problem | str]:
    """Put files that are missing or damaged into their places, out of such a folder.

    Give the name of each file that was put back, and a problem for each that the folder does not
    have whole. Raises ``OSError`` if a file cannot be written.
    """
    for name in named_files():
        try:
            files.look(name)
            continue
        except (files.FileMissing, files.FileDamaged) as error:
            lost = "damaged" if isinstance(error, files.FileDamaged) else "missing"
        content = _whole(folder, name)
        if content is not None:
            files.restore(content)
            yield name
        else:
            yield Problem(name, f"This file is {lost}, and the folder does not have it whole.")


def _whole(folder: Path, name: str) -> bytes | None:
    """Return the bytes of a file in a folder; one that was a site's may have it staged."""
    for path in (folder / name[:2] / name, folder / files.STAGED / name):
        content = path.read_bytes() if path.is_file() else b""
        if files.sha256(content) == name:
            return content
    return None
