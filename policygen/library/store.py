"""The bridge from rows to values: the library that is in force."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import lru_cache

from policygen.core.library import Library, parse_library
from policygen.library.models import Release


class NoRelease(LookupError):
    """No clause library has been loaded yet."""

    def __init__(self) -> None:
        super().__init__("No clause library is loaded. Run: manage.py load_library")


class DamagedRelease(NoRelease):
    """The stored text of a release no longer has its digest, so nothing may be made from it."""

    def __init__(self, digest: str) -> None:
        LookupError.__init__(
            self,
            f"The stored clause library {digest[:12]} is damaged. Restore the database from a "
            "backup, or run: manage.py load_library",
        )


def library_in_force() -> Library:
    """Return the library of the release in force. Raises ``NoRelease`` or ``DamagedRelease``.

    One small query a call; the snapshot is fetched and parsed once per process and release.
    """
    newest = Release.objects.values_list("digest", flat=True).first()
    if newest is None:
        raise NoRelease
    return library_of(newest)


@lru_cache(maxsize=4)
def library_of(digest: str) -> Library:
    """Return the library of a release by its digest.

    Raises ``Release.DoesNotExist``, or ``DamagedRelease`` if the stored text is not what it was.
    """
    snapshots = Release.objects.filter(digest=digest).values_list("snapshot", flat=True)
    snapshot = snapshots[:1].get()
    if hashlib.sha256(snapshot.encode()).hexdigest() != digest:
        raise DamagedRelease(digest)
    return replace(parse_library(json.loads(snapshot)), release=digest)
