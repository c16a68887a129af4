"""The bridge from rows to values: the library that is in force."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from functools import lru_cache

from django.db.models import QuerySet
from django.utils import timezone

from policygen.core.library import Library, parse_library
from policygen.library.models import Release, ReleaseState


class NoRelease(LookupError):
    """No clause library has been loaded yet."""

    def __init__(self) -> None:
        super().__init__("No clause library is loaded. Run: manage.py load_library")


class NoSuchRelease(LookupError):
    """There is no published release of this number."""

    def __init__(self, number: int, known: list[int]) -> None:
        there = ", ".join(map(str, sorted(known))) or "none"
        super().__init__(f"There is no published release {number}. There are: {there}.")


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
    digest = in_force(timezone.localdate()).values_list("digest", flat=True).first()
    if digest is None:
        raise NoRelease
    return library_of(digest)


def in_force(on: date) -> QuerySet[Release]:
    """Return the releases whose day has come, the one in force first."""
    return Release.objects.filter(state=ReleaseState.PUBLISHED, effective_from__lte=on)


def release_numbered(number: int) -> Release:
    """Return a published release. Raises ``NoSuchRelease`` with the numbers there are."""
    published = Release.objects.filter(state=ReleaseState.PUBLISHED).defer("snapshot", "frame")
    found = published.filter(number=number).first()
    if found is None:
        raise NoSuchRelease(number, list(published.values_list("number", flat=True)))
    return found


@lru_cache(maxsize=8)
def library_of(digest: str) -> Library:
    """Return the library of a release by its digest.

    Raises ``Release.DoesNotExist``, or ``DamagedRelease`` if the stored text is not what it was.
    """
    snapshots = Release.objects.filter(digest=digest).values_list("snapshot", flat=True)
    snapshot = snapshots[:1].get()
    if hashlib.sha256(snapshot.encode()).hexdigest() != digest:
        raise DamagedRelease(digest)
    return replace(parse_library(json.loads(snapshot)), release=digest)
