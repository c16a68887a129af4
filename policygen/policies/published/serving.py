"""Handing out the bytes of published versions, and mending them where they were lost or damaged."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from time import monotonic

from policygen.core.document import Document
from policygen.core.problems import Refused
from policygen.library.models import Release
from policygen.library.store import NoRelease
from policygen.policies.models import PolicyVersion, VersionFile
from policygen.policies.published import files
from policygen.policies.published.publishing import rebuilt
from policygen.policies.published.storages import file_store
from policygen.policies.published.versions import document_of
from policygen.rendering import FORMATS, RenderingFailed, renderer

logger = logging.getLogger("policygen.policies")

SOURCES: tuple[Callable[[PolicyVersion], Document], ...] = (document_of, rebuilt)
"""Where the document of a version comes from: its stored text, or its answers and its release."""

AWAY = 10.0
"""For how many seconds readers do without a far storage that failed: not all wait for it."""


class NotServed(Exception):
    """The stored bytes are lost, and the same ones cannot be made again."""

    def __init__(self, file: VersionFile) -> None:
        self.file = file
        super().__init__(f"The stored file {file.sha256} is missing or damaged.")


def content_of(version_file: VersionFile) -> bytes:
    """Return the bytes of a stored format of a version, never any other ones.

    Where the stored file is missing or damaged, it is made again and put back if that gives bytes
    of the same SHA-256. While the storage cannot be read it is made again, too, but not put back:
    it lies there well, perhaps. Raises ``NotServed`` if other bytes are made; the site goes on
    without this file, and an operator restores it from a backup.
    """
    is_lost = False
    try:
        return _read(version_file.sha256)
    except (files.FileMissing, files.FileDamaged) as error:
        is_lost = True
        logger.error("the stored file %s cannot be used", version_file.sha256, exc_info=error)
    except OSError as error:
        logger.error("the stored file %s cannot be read", version_file.sha256, exc_info=error)
    for content in _made_again(version_file):
        if files.sha256(content) == version_file.sha256:
            if is_lost:
                _put_back(content)
            return content
    raise NotServed(version_file)


def _read(name: str) -> bytes:
    """Return the bytes of this SHA-256, or raise at once if the storage was away just now."""
    store = file_store()
    if monotonic() < store.away_until:
        raise OSError(errno.EIO, "The storage did not answer a moment ago", name)
    try:
        return files.read(name)
    except OSError:
        if store.is_far:
            store.away_until = monotonic() + AWAY
        raise


def _made_again(file: VersionFile) -> Iterator[bytes]:
    """Give what the same version looks like when it is made anew."""
    if not _is_made_alike(file):
        return  # another program made it, so these would be other bytes
    for source in SOURCES:
        try:
            yield FORMATS[file.format].render(source(file.version)).content
        except (Refused, ValueError, NoRelease, Release.DoesNotExist, RenderingFailed) as error:
            logger.error("version %s cannot be made again", file.version_id, exc_info=error)


def _is_made_alike(file: VersionFile) -> bool:
    """Tell whether the same bytes are to be expected here."""
    try:
        return file.format in FORMATS and file.renderer == renderer(file.format)
    except RenderingFailed as error:
        logger.error("nothing can be made just now", exc_info=error)
        return False


def _put_back(content: bytes) -> None:
    """Store bytes again; where that is impossible, they are made anew for the next reader, too."""
    try:
        logger.warning("the stored file %s was made again", files.restore(content))
    except OSError as error:
        logger.error("a file could not be put back", exc_info=error)
