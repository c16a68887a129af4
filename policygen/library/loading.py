"""From the folder ``clauses/`` to a release in force: the only writer of releases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from policygen.core.clauses import Clause
from policygen.core.library import Library, canonical_json
from policygen.library.files import read_folder
from policygen.library.models import Release


def load_release(folder: Path) -> tuple[Release, bool]:
    """Put the library of a folder in force. Return its release, and whether it is a new one.

    Raises ``Refused`` if the folder has problems; the release in force then stays in force.
    """
    library = read_folder(folder)
    try:
        return _put_in_force(library)
    except IntegrityError:  # somebody else took the number meanwhile; what they did counts now
        return _put_in_force(library)


def _put_in_force(library: Library) -> tuple[Release, bool]:
    with transaction.atomic():
        newest = Release.objects.select_for_update().first()
        numbered = replace(library, clauses=tuple(_numbered(library.clauses)))
        if newest is not None and newest.digest == numbered.digest:
            return newest, False
        release = Release.objects.create(
            number=newest.number + 1 if newest else 1,
            digest=numbered.digest,
            snapshot=canonical_json(numbered.to_json()),
        )
        return release, True


def _numbered(clauses: Iterable[Clause]) -> Iterator[Clause]:
    """Give each clause its version number: the last one, or the next if anything of it changed.

    A clause that was taken out and comes back goes on counting where it left off, so that slug
    and version always mean the same text.
    """
    clauses = tuple(clauses)
    last = _last_versions({clause.slug for clause in clauses})
    for clause in clauses:
        before = last.get(clause.slug)
        if before is None:
            yield clause
            continue
        version = int(before["version"])
        same = replace(clause, version=version).to_json()
        changed = any(before.get(key, value) != value for key, value in same.items())
        yield replace(clause, version=version + 1 if changed else version)


def _last_versions(slugs: set[str]) -> dict[str, dict[str, Any]]:
    """Return the last version of each clause that any release has, in its plain form."""
    last: dict[str, dict[str, Any]] = {}
    for snapshot in Release.objects.values_list("snapshot", flat=True).iterator():
        for clause in json.loads(snapshot)["clauses"]:
            last.setdefault(clause["slug"], clause)
        if slugs <= last.keys():
            break
    return last
