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
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from re import fullmatch
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

    Raises ``OSError`` if they cannot be written; nothing that was there is touched. They are
    written even where the same bytes are there already: those may be swept up or erased before a
    row names them.
    """
    name = sha256(content)
    folder = _staged(name).parent
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _sync(folder.parent)
        _sync(folder.parent.parent)
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
        content = look(name)
        with suppress(OSError):  # the next reader tries again
            settle([name])
    if sha256(content) != name:
        raise FileDamaged(name)
    return content


def look(name: str) -> bytes:
    """Return the bytes of this SHA-256 as ``read`` does, and leave everything where it is."""
    for path in (_place(name), _staged(name), _place(name)):  # it may move while we look
        with suppress(FileNotFoundError):
            content = path.read_bytes()
            if sha256(content) == name:
                return content
            raise FileDamaged(name)
    raise FileMissing(name)


def lying(name: str) -> bytes:
    """Return what lies in the place of a file, or is staged for it, whole or not.

    Raises ``FileMissing``.
    """
    for path in (_place(name), _staged(name)):
        with suppress(FileNotFoundError):
            return path.read_bytes()
    raise FileMissing(name)


def restore(content: bytes) -> str:
    """Put bytes into their place, over whatever lies there, and return their SHA-256."""
    name = stage(content)
    settle([name])
    return name


def names() -> Iterator[str]:
    """Give the names of the files that are in their places."""
    yield from (path.name for path in _everything() if path == _place(path.name))


def strangers() -> Iterator[str]:
    """Give what lies where no file belongs, as paths below ``FILES_DIR``."""
    for path in _everything():
        if path != _place(path.name):
            yield path.relative_to(_root()).as_posix()


def _everything() -> Iterator[Path]:
    """Give what lies in the places of files and beside them; what is staged is not among it."""
    for path in sorted(_root().glob("*")):
        if path.is_dir() and fullmatch("[0-9a-f]{2}", path.name):
            yield from sorted(path.iterdir())
        elif path.name != STAGED:
            yield path


def is_in_place(name: str) -> bool:
    """Tell whether there is a file of this name in its place."""
    return _place(name).exists()


def erase(name: str) -> None:
    """Take a file away that no row names any more."""
    _place(name).unlink(missing_ok=True)


def sweep(is_kept: Callable[[str], bool], *, older_than: float = DAY) -> int:
    """Delete staged files that no row names, and return how many there were.

    ``is_kept`` tells whether a row names a file; ``older_than`` is an age in seconds, which leaves
    publications that are under way alone.
    """
    count = 0
    for path in sorted((_root() / STAGED).glob("*")):
        with suppress(FileNotFoundError):  # it may be put into its place meanwhile
            if time() - path.stat().st_mtime > older_than and not is_kept(path.name):
                path.unlink()
                count += 1
    return count


def _root() -> Path:
    return Path(settings.FILES_DIR)


def _place(name: str) -> Path:
    return _root() / name[:2] / name


def _staged(name: str) -> Path:
    return _root() / STAGED / name


def _sync(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
