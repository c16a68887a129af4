"""The bytes of published versions: files named by their SHA-256, in ``FILES_DIR``.

A file that is there is whole: it is written under ``staged/``, forced to the disk and only then
renamed. Publishing stages the files, commits the rows that name them, and then puts the files into
their places. If it is cut off in between, ``read`` finds the staged file and finishes the work; so
every row has its file, and what no row names lies in ``staged/`` alone.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from time import time

from django.conf import settings

STAGED = "staged"
DAY = 24 * 60 * 60


class FileMissing(LookupError):
    """The bytes that a version names are not there."""


class FileDamaged(ValueError):
    """The bytes that a version names are no longer what they were."""


def sha256(content: bytes) -> str:
    """Return the name of some bytes."""
    return hashlib.sha256(content).hexdigest()


def stage(content: bytes) -> str:
    """Write bytes where they outlast a crash, and return their SHA-256.

    Raises ``OSError`` if they cannot be written; nothing that was there is touched.
    """
    name = sha256(content)
    if _whole(_place(name), content) or _whole(_staged(name), content):
        return name
    folder = _staged(name).parent
    folder.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(prefix="part-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(path).replace(_staged(name))
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise
    _sync(folder)
    return name


def settle(names: Iterable[str]) -> None:
    """Put staged files into their places. A name that is in its place already stays there.

    Nothing is forced to the disk: if the power fails, the file is back under ``staged/``.
    """
    for name in names:
        place, staged = _place(name), _staged(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            staged.replace(place)


def read(name: str) -> bytes:
    """Return the bytes of this SHA-256. Raises ``FileMissing`` or ``FileDamaged``."""
    try:
        content = _place(name).read_bytes()
    except FileNotFoundError:
        try:
            content = _staged(name).read_bytes()
        except FileNotFoundError:
            raise FileMissing(name) from None
        if sha256(content) == name:
            settle([name])
    if sha256(content) != name:
        raise FileDamaged(name)
    return content


def restore(content: bytes) -> str:
    """Put bytes into their place, over whatever lies there, and return their SHA-256."""
    name = sha256(content)
    with suppress(FileNotFoundError):
        _staged(name).unlink()
    if not _whole(_place(name), content):
        with suppress(FileNotFoundError):
            _place(name).unlink()
    stage(content)
    settle([name])
    return name


def names() -> Iterator[str]:
    """Give the names of the files that are in their places."""
    for folder in sorted(_root().glob("[0-9a-f][0-9a-f]")):
        yield from sorted(path.name for path in folder.iterdir())


def erase(name: str) -> None:
    """Take a file away that no row names any more."""
    _place(name).unlink(missing_ok=True)


def sweep(keep: Iterable[str], *, older_than: float = DAY) -> int:
    """Delete staged files that no row names, and return how many there were.

    ``keep`` are the names that rows have; ``older_than`` is an age in seconds, which leaves
    publications that are under way alone.
    """
    kept, count = set(keep), 0
    for path in (_root() / STAGED).glob("*"):
        if path.name not in kept and time() - path.stat().st_mtime > older_than:
            path.unlink(missing_ok=True)
            count += 1
    return count


def _root() -> Path:
    return Path(settings.FILES_DIR)


def _place(name: str) -> Path:
    return _root() / name[:2] / name


def _staged(name: str) -> Path:
    return _root() / STAGED / name


def _whole(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
