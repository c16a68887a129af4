"""Published versions, read: which one applies on a day, and what it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from policygen.core.amendments import Amendment, amendments_from_json
from policygen.core.document import Document
from policygen.core.document_json import document_from_json
from policygen.core.library import canonical_json
from policygen.core.problems import Problem, Refused
from policygen.policies.events import moment
from policygen.policies.holders import Holder
from policygen.policies.models import Policy, PolicyVersion, VersionFile

FIRST = "0" * 64
"""What the first version has in place of the digest of the version before."""

TEXTS = ("answers", "amendments", "document", "review")
"""The long texts of a version. Lists and public pages do without them."""


class Stage(StrEnum):
    """Where a version stands on some day."""

    SCHEDULED = "scheduled"
    IN_FORCE = "in force"
    SUPERSEDED = "superseded"
    NEVER = "never in force"


@dataclass(frozen=True)
class Span:
    """The days on which a version applies: from ``first``, and before ``until`` if there is one.

    A version never applies if a later one takes effect on its first day or before.
    """

    number: int
    first: date
    until: date | None = None

    def stage(self, on: date) -> Stage:
        """Return where the version stands on a day."""
        if self.until is not None and self.until <= self.first:
            return Stage.NEVER
        if on < self.first:
            return Stage.SCHEDULED
        return Stage.SUPERSEDED if self.until is not None and self.until <= on else Stage.IN_FORCE


def spans(days: Iterable[tuple[int, date]]) -> dict[int, Span]:
    """Return when each version applies, by number; ``days`` are numbers with effective dates."""
    found: dict[int, Span] = {}
    until: date | None = None
    for number, first in sorted(days, reverse=True):
        found[number] = Span(number, first, until)
        until = first if until is None else min(first, until)
    return found


def spans_of(policy: Policy) -> dict[int, Span]:
    """Return when each version of a policy applies, by number, the newest first."""
    days = PolicyVersion.objects.filter(policy=policy).order_by()
    return spans(days.values_list("number", "effective_on"))


def versions_of(policy: Policy) -> QuerySet[PolicyVersion]:
    """Return the versions of a policy without their long texts, the newest first."""
    return PolicyVersion.objects.filter(policy=policy).order_by("-number").defer(*TEXTS)


def in_force(policy: Policy, on: date) -> PolicyVersion | None:
    """Return the version that applies on a day: the newest whose day has come."""
    return versions_of(policy).filter(effective_on__lte=on).first()


def last_of(policy: Policy) -> PolicyVersion | None:
    """Return the newest version, whether its day has come or not."""
    return versions_of(policy).first()


def version_from(holder: Holder, draft: UUID) -> PolicyVersion | None:
    """Return the version that a draft became, if whoever asks may see it."""
    if holder.user is None:
        return None
    theirs = PolicyVersion.objects.filter(policy__practice__memberships__user=holder.user)
    return theirs.filter(draft=draft).defer(*TEXTS).select_related("policy__practice").first()


@lru_cache(maxsize=64)
def document_read(text: str) -> Document:
    """Return the document of a stored text. Raises ``Refused``."""
    return document_from_json(_value(text))


def document_of(version: PolicyVersion) -> Document:
    """Return the document of a version. Raises ``Refused`` if the stored text was damaged."""
    return document_read(version.document)


def amendments_of(version: PolicyVersion) -> tuple[Amendment, ...]:
    """Return the practice's own wording in a version. Raises ``Refused`` if it was damaged."""
    return amendments_from_json(_value(version.amendments))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused([Problem("", "The stored text is damaged.")]) from None


def digest_of(version: PolicyVersion, files: Iterable[VersionFile]) -> str:
    """Return the SHA-256 over all that a version holds, with the digest of the one before it.

    ``files`` are its formats: the SHA-256 of their bytes, and what is told of them.
    """
    said: dict[str, Any] = {
        "policy": version.policy_id,
        "number": version.number,
        "draft": str(version.draft),
        "effective_on": version.effective_on.isoformat(),
        "published_at": moment(version.published_at),
        "published_by": version.published_by_id,
        "publisher": version.publisher,
        "reason": version.reason,
        "kind": str(version.kind),
        "release": version.release,
        "release_number": version.release_number,
        "files": {
            file.format: [file.sha256, file.size, file.content_type, file.filename, file.renderer]
            for file in files
        },
        "previous": version.previous,
    }
    said |= {name: _sha256(getattr(version, name)) for name in TEXTS}
    return _sha256(canonical_json(said))


def files_of(version: PolicyVersion) -> dict[str, VersionFile]:
    """Return the stored formats of a version by name."""
    return {file.format: file for file in VersionFile.objects.filter(version=version)}


def named_files() -> Iterator[str]:
    """Give the SHA-256 of every stored file that some version names."""
    yield from VersionFile.objects.values_list("sha256", flat=True).distinct().iterator()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
