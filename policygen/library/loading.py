"""From the folder ``clauses/`` to a release in force: the only writer of releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from policygen.core.library import Library, canonical_json
from policygen.library.files import read_folder
from policygen.library.models import Release


def load_release(folder: Path) -> tuple[Release, bool]:
    """Put the library of a folder in force. Return its release, and whether it is a new one.

    Raises ``Refused`` if the folder has problems; the release in force then stays in force.
    Clauses that changed since then get the next version number, and unchanged text does nothing.
    """
    with transaction.atomic():
        newest = Release.objects.select_for_update().first()
        before = _clauses_of(newest)
        library = read_folder(
            folder, {slug: int(clause["version"]) for slug, clause in before.items()}
        )
        changed = {
            clause.slug: clause.version + 1
            for clause in library.clauses
            if clause.slug in before and clause.to_json() != before[clause.slug]
        }
        if changed:
            kept = {clause.slug: clause.version for clause in library.clauses}
            library = read_folder(folder, kept | changed)
        if newest is not None and newest.digest == library.digest:
            return newest, False
        return _freeze(library, newest.number + 1 if newest else 1), True


def _clauses_of(release: Release | None) -> dict[str, dict[str, Any]]:
    if release is None:
        return {}
    return {clause["slug"]: clause for clause in json.loads(release.snapshot)["clauses"]}


def _freeze(library: Library, number: int) -> Release:
    """Store a library as a release.

    Going back to the text of an earlier release gives the digest of that release only if the
    version numbers are the same too, which they never are: numbers only grow.
    """
    return Release.objects.create(
        number=number, digest=library.digest, snapshot=canonical_json(library.to_json())
    )
