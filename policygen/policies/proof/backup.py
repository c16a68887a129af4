"""The files of published versions, copied to another folder while the site runs.

Copy the database first: then all files that it names are copied, whatever is published meanwhile.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from policygen.core.problems import Problem
from policygen.policies.published import files
from policygen.policies.published.versions import named_files


def copy_files(folder: Path) -> Iterator[Problem | str]:
    """Copy every file that a version names to a folder, which gets the shape of ``FILES_DIR``.

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
            _write(there, content)
            yield name


def _write(path: Path, content: bytes) -> None:
    """Write a file wholly or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
