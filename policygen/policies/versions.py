"""Published versions, read: which one applies on a day, and what it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from policygen.core.amendments import Amendment, amendments_from_json
from policygen.core.document import Document
from policygen.core.document_json import document_from_json
from policygen.core.library import canonical_json
from policygen.policies.events import moment
from policygen.policies.models import Policy, PolicyVersion, VersionFile

FIRST = "0" * 64
"""What the first version has in place of the digest of the version before."""

TEXTS = ("answers", "amendments", "document", "review")
"""The long texts of a version. Lists and public pages do without them."""


def versions_of(policy: Policy) -> QuerySet[PolicyVersion]:
    """Return the versions of a policy without their long texts, the newest first."""
    return PolicyVersion.objects.filter(policy=policy).order_by("-number").defer(*TEXTS)


def in_force(policy: Policy, on: date) -> PolicyVersion | None:
    """Return the version that applies on a day: the newest whose day has come."""
    return versions_of(policy).filter(effective_on__lte=on).first()


def last_of(policy: Policy) -> PolicyVersion | None:
    """Return the newest version, whether its day has come or not."""
    return versions_of(policy).first()


@lru_cache(maxsize=64)
def document_read(text: str) -> Document:
    """Return the document of a stored text. Raises ``Refused``."""
    return document_from_json(json.loads(text))


def document_of(version: PolicyVersion) -> Document:
    """Return the document of a version. Raises ``Refused`` if the stored text was damaged."""
    return document_read(version.document)


def amendments_of(version: PolicyVersion) -> tuple[Amendment, ...]:
    """Return the practice's own wording in a version."""
    return amendments_from_json(json.loads(version.amendments))


def digest_of(version: PolicyVersion, files: Mapping[str, str]) -> str:
    """Return the SHA-256 over all that a version holds, with the digest of the one before it.

    ``files`` has the SHA-256 of each format's bytes.
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
        "files": dict(files),
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
