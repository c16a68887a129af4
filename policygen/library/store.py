"""The bridge from rows to values: the library that is in force."""

from __future__ import annotations

import json
from functools import lru_cache

from policygen.core.library import Library, parse_library
from policygen.library.models import Release


class NoRelease(LookupError):
    """No clause library has been loaded yet."""

    def __init__(self) -> None:
        super().__init__("No clause library is loaded. Run: manage.py load_library")


def library_in_force() -> Library:
    """Return the library of the release in force. Raises ``NoRelease``.

    One small query a call; the snapshot is fetched and parsed once per process and release.
    """
    newest = Release.objects.values_list("digest", flat=True).first()
    if newest is None:
        raise NoRelease
    return library_of(newest)


@lru_cache(maxsize=4)
def library_of(digest: str) -> Library:
    """Return the library of a release by its digest. Raises ``Release.DoesNotExist``."""
    snapshots = Release.objects.filter(digest=digest).values_list("snapshot", flat=True)
    snapshot = snapshots[:1].get()
    return parse_library(json.loads(snapshot))
