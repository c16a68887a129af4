"""What the pages of a draft say of newer releases."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from django.utils import timezone

from policygen.library.models import Release
from policygen.library.store import in_force
from policygen.policies.drafting.drafts import Opened


@dataclass(frozen=True)
class News:
    """Releases that are newer than the one a draft uses, the newest first; there is at least one.

    ``own`` is the release that the draft uses, if it is known. ``is_displaced`` says that it can no
    longer be read, and that the draft is shown with the newest one.
    """

    own: Release | None
    newer: tuple[Release, ...]
    is_displaced: bool = False

    @property
    def newest(self) -> Release:
        """The release in force."""
        return self.newer[0]


def news_of(opened: Opened) -> News | None:
    """Return what there is to say about a draft: mostly nothing, which costs no query."""
    if opened.release == opened.in_force:
        return None
    return news_since(opened.release, is_displaced=opened.is_displaced)


def news_since(release: str, *, is_displaced: bool = False) -> News | None:
    """Return what is newer than a release, given by its digest, or ``None`` if it is in force.

    Where a library has been in force more than once, the release counts from the last time.
    """
    known = list(in_force(timezone.localdate()).defer("snapshot", "frame"))
    own = next((one for one in known if one.digest == release), None)
    newer = tuple(takewhile(lambda one: one != own, known))
    if not newer:
        return None
    return News(own, newer if own else newer[:1], is_displaced)
