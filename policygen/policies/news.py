"""What the pages of a draft say of newer releases."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from django.utils import timezone

from policygen.library.models import Release
from policygen.library.store import in_force
from policygen.policies.drafts import Opened


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
    """Return what there is to say about a draft: mostly nothing, which costs no query.

    Where a library has been in force more than once, the draft counts from the last time.
    """
    if opened.release == opened.in_force:
        return None
    known = list(in_force(timezone.localdate()).defer("snapshot", "frame"))
    own = next((release for release in known if release.digest == opened.release), None)
    newer = tuple(takewhile(lambda release: release != own, known))
    if not newer:
        return None
    return News(own, newer if own else newer[:1], opened.is_displaced)
