"""The bytes of published versions: files named by their SHA-256, in ``STORAGES["policies"]``.

A file that is there is whole (``storages.py``). Publishing stages the files under ``staged/``,
commits the rows that name them, and then puts the files into their places. If it is cut off in
between, ``read`` finds the staged file and finishes the work; so every row has its file, and what
no row names lies in ``staged/`` alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from policygen.policies.published.storages import file_store

STAGED = "staged"
DAY = 24 * 60 * 60
AT_ONCE = 8
"""How many requests are made at once where the storage is another machine."""


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
    file_store().save(_staged(name), ContentFile(content))
    return name


def settle(names: Iterable[str]) -> None:
    """Put staged files into their places. A name that is in its place already stays there.

    Nothing is forced to the disk: if the power fails, the file is back under ``staged/``. Raises
    ``OSError``; then the files that are still staged are read where they are.
    """
    every = list(dict.fromkeys(names))
    if file_store().is_far and len(every) > 1:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(_settle, every))
    else:
        for name in every:
            _settle(name)


def _settle(name: str) -> None:
    with suppress(FileNotFoundError):
        file_store().move(_staged(name), _place(name))


def read(name: str) -> bytes:
    """Return the bytes of this SHA-256. Raises ``FileMissing`` or ``FileDamaged``."""
    try:
        content = _bytes_at(_place(name))
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
            content = _bytes_at(path)
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
            return _bytes_at(path)
    raise FileMissing(name)


def restore(content: bytes) -> str:
    """Put bytes into their place, over whatever lies there, and return their SHA-256."""
    name = stage(content)
    settle([name])
    return name


def names() -> Iterator[str]:
    """Give the names of the files that are in their places."""
    for path in _unstaged():
        name = path.rpartition("/")[2]
        if path == _place(name):
            yield name


def strangers() -> Iterator[str]:
    """Give what lies where no file belongs, as paths in the storage."""
    for path in _unstaged():
        if path != _place(path.rpartition("/")[2]):
            yield path


def _unstaged() -> Iterator[str]:
    """Give what lies in the places of files and beside them; what is staged is not among it."""
    return (path for path in file_store().each() if not path.startswith(f"{STAGED}/"))


def is_in_place(name: str) -> bool:
    """Tell whether there is a file of this name in its place."""
    return file_store().exists(_place(name))


def erase(name: str) -> None:
    """Take a file away that no row names any more."""
    file_store().delete(_place(name))


def sweep(is_kept: Callable[[str], bool], *, older_than: float = DAY) -> int:
    """Delete staged files that no row names, and return how many there were.

    ``is_kept`` tells whether a row names a file: that is put into its place. ``older_than`` is an
    age in seconds, which leaves publications that are under way alone.
    """
    store, count = file_store(), 0
    for path in store.each(STAGED):
        name = path.rpartition("/")[2]
        with suppress(FileNotFoundError):  # it may be put into its place meanwhile
            if not _is_older(path, older_than):
                continue
            if is_kept(name):
                _finish(name)
            elif _is_older(path, older_than):  # it may have been staged again meanwhile
                store.delete(path)
                count += 1
    return count


def _is_older(path: str, seconds: float) -> bool:
    return timezone.now() - file_store().get_modified_time(path) > timedelta(seconds=seconds)


def _finish(name: str) -> None:
    """Put a file into its place that was left staged, unless whole bytes are there already."""
    try:
        whole = sha256(_bytes_at(_place(name))) == name
    except FileNotFoundError:
        whole = False
    if whole:
        file_store().delete(_staged(name))
    else:
        _settle(name)


def _bytes_at(path: str) -> bytes:
    with file_store().open(path) as file:
        content: bytes = file.read()
    return content


def _place(name: str) -> str:
    return f"{name[:2]}/{name}"


def _staged(name: str) -> str:
    return f"{STAGED}/{name}"
