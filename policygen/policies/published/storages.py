"""Where the bytes of published versions lie: what ``files.py`` asks of a storage, and a folder.

A storage is one of Django's (``STORAGES["policies"]``) that keeps two promises more. A file that is
there is whole, and outlasts a crash once ``save`` has returned. A file can be moved, and is never
away meanwhile.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages

from policygen.disk import sync_folder, write_whole

ALIAS = "policies"
"""The name of the storage in ``STORAGES``."""


class FileStore(Storage):
    """A storage for the files of versions. Whatever cannot be done raises ``OSError``.

    ``is_far`` tells that every call is a request to another machine, so that several are made at
    once. One that did not answer has ``away_until`` (of ``time.monotonic``): before that, readers
    of this process do without it.
    """

    is_far = False
    away_until = 0.0

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name as it is: what has the same name is written over."""
        return name

    @abstractmethod
    def move(self, old: str, new: str) -> None:
        """Move a file, over whatever is there. Raises ``FileNotFoundError``."""

    @abstractmethod
    def each(self, folder: str = "") -> Iterator[str]:
        """Give the names of all files below a folder, in alphabetical order."""


def file_store() -> FileStore:
    """Return the storage that the settings name."""
    return cast(FileStore, storages[ALIAS])


class LocalFiles(FileStore):
    """The folder ``FILES_DIR``: files are forced to the disk, and only then renamed."""

    @property
    def root(self) -> Path:
        """The folder."""
        return Path(settings.FILES_DIR)

    def path(self, name: str) -> str:
        """Return where a file lies."""
        return str(self.root / name)

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        return File((self.root / name).open(mode), name=name)

    def _save(self, name: str, content: File[Any]) -> str:
        place = self.root / name
        folder = place.parent
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)
            sync_folder(folder.parent.parent)
        write_whole(place, content.read())
        return name

    def move(self, old: str, new: str) -> None:
        """Rename a file. If the power fails soon after, it may have its old name again."""
        place = self.root / new
        place.parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).replace(place)

    def delete(self, name: str) -> None:
        """Delete a file if it is there."""
        (self.root / name).unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        """Tell whether a file is there."""
        return (self.root / name).exists()

    def get_modified_time(self, name: str) -> datetime:
        """Return when a file was written. Raises ``FileNotFoundError``."""
        return datetime.fromtimestamp((self.root / name).stat().st_mtime, UTC)

    def each(self, folder: str = "") -> Iterator[str]:
        """Give the names of all files below a folder, in alphabetical order."""
        for path in _walk(self.root / folder):
            yield path.relative_to(self.root).as_posix()


def _walk(folder: Path) -> Iterator[Path]:
    """Give the files below a folder; one that is taken away meanwhile is empty."""
    found: list[Path] = []
    with suppress(FileNotFoundError):
        found = sorted(folder.iterdir())
    for path in found:
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
