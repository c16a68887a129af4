"""Whether all that is stored is what people approved and released: for backups, and for doubts.

Triggers keep the library from being changed behind the desk's back; this finds what was changed
with triggers off, or by a restore that went wrong, and triggers that are off still. Places of
problems are rows or tables.

The log cannot prove that lines were not cut off at its end: whoever doubts that keeps the digest of
the last line elsewhere, and asks whether it is still there (``log.holds``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from itertools import pairwise
from typing import Any

from django.db import connection

from policygen.core.library import canonical_json, parse_library
from policygen.core.problems import Problem, Refused
from policygen.library import log, pieces
from policygen.library.guards import WRITING
from policygen.library.models import (
    FRAME,
    KINDS,
    Clause,
    ClauseVersion,
    FramePiece,
    Release,
    ReleaseClause,
    ReleaseState,
    State,
    Transition,
)
from policygen.library.store import in_force
from policygen.library.triggers import declared

CLOSED = (State.RELEASED, State.RETIRED)
FROZEN = ("digest", "snapshot")
TRIGGERS: Any = import_module("policygen.library.migrations.0006_laws")
"""The newest migration that makes triggers: its rules are those that hold now."""

ON_SQLITE = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
ON_POSTGRESQL = """
    SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)
"""


def problems(today: date) -> Iterator[Problem]:
    """Give everything that is wrong with what is stored."""
    yield from _triggers()
    yield from log.problems()
    yield from _releases()
    yield from _order_of_releases(today)
    yield from _numbers()
    yield from _working_rows()
    yield from _four_eyes()
    yield from _logged()


# ------------------------------------------------------------------ triggers


def _triggers() -> Iterator[Problem]:
    """See that the database refuses what it was told to refuse."""
    missing: dict[str, list[str]] = {}
    for table, name in sorted(_declared_triggers() - standing_triggers()):
        missing.setdefault(table, []).append(name)
    for table, names in missing.items():
        yield Problem(table, f"These triggers are missing or switched off: {', '.join(names)}.")


def _declared_triggers() -> set[tuple[str, str]]:
    """Return table and name of each trigger that there should be."""
    return declared(TRIGGERS.RULES, emptied=TRIGGERS.EMPTIED, vendor=connection.vendor)


def standing_triggers() -> set[tuple[str, str]]:
    """Return table and name of each trigger that is there and switched on."""
    with connection.cursor() as cursor:
        cursor.execute(ON_POSTGRESQL if connection.vendor == "postgresql" else ON_SQLITE)
        return set(cursor.fetchall())


# ------------------------------------------------------------------ releases


def _releases() -> Iterator[Problem]:
    for release in Release.objects.order_by("number").iterator(chunk_size=5):
        for message in _wrong_with(release):
            yield Problem(f"release {release.number}", message)


def _wrong_with(release: Release) -> Iterator[str]:
    if hashlib.sha256(release.snapshot.encode()).hexdigest() != release.digest:
        yield "Its text does not have its digest: one of both was changed."
        return
    snapshot = json.loads(release.snapshot)
    contents = pieces.contents_of(release)
    if release.state == ReleaseState.PUBLISHED:
        yield from _wrong_entries(snapshot, contents)
    elif ReleaseClause.objects.filter(release=release).exists():
        yield "It is not published, and has entries all the same."
    frame = {key: said for key, said in contents.items() if key[0] != "clause"}
    if _plain_frame(pieces.to_plain(frame)) != _plain_frame(snapshot):
        yield "Its title, sections, questions and options are not those of its text."


def _wrong_entries(snapshot: dict[str, Any], contents: pieces.Contents) -> Iterator[str]:
    """Compare the texts of the clauses in a release with the versions that it refers to."""
    texts = {clause["slug"]: clause for clause in snapshot["clauses"]}
    rows = {
        name: pieces.clause_to_plain(name, said)
        for (kind, name), said in contents.items()
        if kind == "clause"
    }
    for slug in sorted(texts.keys() | rows.keys()):
        if slug not in rows:
            yield f"Its text has the clause “{slug}”, but there is no version of it in the release."
        elif slug not in texts:
            yield f"The clause “{slug}” is in the release, but not in its text."
        elif rows[slug] != texts[slug]:
            yield f"The version of “{slug}” that it refers to says something else than its text."


def _plain_frame(plain: dict[str, Any]) -> Any:
    """Return all of a library but its clauses, in its canonical form; or why it has none."""
    try:
        return parse_library({**plain, "clauses": []}).to_json()
    except Refused as refused:
        return refused.problems


def _order_of_releases(today: date) -> Iterator[Problem]:
    releases = list(Release.objects.order_by("number").defer(*FROZEN, "frame"))
    for earlier, later in pairwise(releases):
        if later.number != earlier.number + 1:
            yield Problem(f"release {later.number}", f"The one after {earlier} is missing.")
    published = [release for release in releases if release.state == ReleaseState.PUBLISHED]
    for earlier, later in pairwise(published):
        if later.effective_from < earlier.effective_from:
            yield Problem(
                f"release {later.number}", f"It takes effect before {earlier}, which came first."
            )
    if releases and not in_force(today).exists():
        yield Problem("releases", f"None is in force on {today}.")


# ------------------------------------------------------------------ pieces


def _numbers() -> Iterator[Problem]:
    """See that versions follow each other.

    A clause from an export may begin with a later version than 1. Only the newest version can be
    thrown away, and its number is then given again, so there is never a gap.
    """
    clauses = Clause.objects.prefetch_related("versions").order_by("slug")
    for clause in clauses.iterator(chunk_size=500):
        versions = sorted(clause.versions.all(), key=lambda version: version.number)
        where = f"clause {clause.slug}"
        if not versions or clause.newest_id != versions[-1].pk:
            yield Problem(where, "Its newest version is not the one with the highest number.")
        for earlier, later in pairwise(versions):
            if later.number != earlier.number + 1:
                yield Problem(where, f"Version {earlier.number + 1} is missing.")
            if earlier.state not in CLOSED:
                yield Problem(where, f"Version {earlier.number} is open, and not the newest.")


def _working_rows() -> Iterator[Problem]:
    """See that what rows call released is what the newest release says, and that none is gone."""
    released = pieces.released()
    for kind, name in sorted(released.keys() - pieces.working().keys()):
        yield Problem(f"{kind} {name}", "It is in the newest release, and its row is gone.")
    for model in FRAME:
        for row in model._default_manager.filter(state__in=CLOSED):
            there = released.pop((row.kind, row.name), None)
            if there is None and row.state == State.RETIRED and row.withdrawn:
                continue
            if there != pieces.said(row) or row.withdrawn != (row.state == State.RETIRED):
                message = "It says something else than in the newest release."
                yield Problem(f"{row.kind} {row.name}", message)
    for version in ClauseVersion.objects.filter(newest_of__isnull=False, state__in=CLOSED):
        there = released.get(("clause", version.name))
        if version.withdrawn != (version.state == State.RETIRED) or (
            (there is not None) == version.withdrawn
            or (there is not None and there != pieces.said(version))
        ):
            message = f"Version {version.number} is not what the newest release has of it."
            yield Problem(f"clause {version.name}", message)


def _four_eyes() -> Iterator[Problem]:
    """Follow the log, and give each approval by somebody who wrote part of the edition."""
    editors: dict[tuple[str, str], set[int]] = {}
    lines = Transition.objects.filter(action__in=[*WRITING, "approved"]).order_by("id")
    for line in lines.defer("content").iterator(chunk_size=2000):
        key = (line.kind, line.name)
        if line.action == "approved":
            if line.by_id is None or line.by_id in editors.get(key, ()):
                message = "It was approved by nobody, or by somebody who wrote part of it."
                yield Problem(f"log.{line.pk}", message)
            continue
        if line.action == "began":
            editors[key] = set()
        editors.setdefault(key, set()).update([line.by_id] if line.by_id else [])


# ------------------------------------------------------------------ rows and the log


def _logged() -> Iterator[Problem]:
    """Compare pieces and releases with what the log says of them."""
    texts, actions = _last_lines()
    for row in _rows():
        key = (row.kind, row.name, row.number)
        where = f"{row.kind} {row.name}"
        if key in texts and texts[key] != _digest(canonical_json(row.content())):
            yield Problem(where, f"Edition {row.number} says something else than the log kept.")
        done, people = actions.get(key, set()), row.edited_by_id or row.approved_by_id
        needed = _steps_to(row.state)
        if (people or "began" in done) and not done >= needed:
            steps = ", ".join(sorted(needed - done))
            yield Problem(where, f"The log does not say of edition {row.number}: {steps}.")
        if "began" in done and needed >= {"approved"} and row.approved_by_id is None:
            yield Problem(where, f"Edition {row.number} bears no name of whoever approved it.")
        if row.approved_by_id and row.approved_by_id == row.edited_by_id:
            yield Problem(where, f"Edition {row.number} was approved by whoever edited it.")
    yield from _logged_releases(actions)


def _rows() -> Iterator[FramePiece | ClauseVersion]:
    for model in KINDS.values():
        yield from model._default_manager.order_by("pk").iterator(chunk_size=500)


def _steps_to(state: str) -> set[str]:
    """Return what the log must say of an edition that people wrote."""
    approved = {"began", "submitted", "approved"}
    return {
        State.DRAFT: {"began"},
        State.REVIEW: {"began", "submitted"},
        State.APPROVED: approved,
        State.RELEASED: {*approved, "released"},
        State.RETIRED: {*approved, "retired"},
    }[State(state)]


Edition = tuple[str, str, int]


def _last_lines() -> tuple[dict[Edition, str], dict[Edition, set[str]]]:
    """Return the digest of what each edition last said, and what was done to it since it began."""
    texts: dict[Edition, str] = {}
    actions: dict[Edition, set[str]] = {}
    for line in Transition.objects.order_by("id").iterator(chunk_size=2000):
        key = (line.kind, line.name, line.number)
        if line.action == "began" or key not in actions:
            actions[key] = set()
        actions[key].add(line.action)
        if line.action in WRITING:
            texts[key] = _digest(line.content)
    return texts, actions


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _logged_releases(actions: dict[Edition, set[str]]) -> Iterator[Problem]:
    needed = {
        ReleaseState.CANDIDATE: {"prepared"},
        ReleaseState.PUBLISHED: {"published"},
        ReleaseState.CANCELLED: {"published", "cancelled"},
    }
    there = {}
    for release in Release.objects.order_by("number").defer(*FROZEN, "frame"):
        there[release.number] = release
        done = actions.get(("release", str(release.number), release.number), set())
        by_people = release.published_by_id or release.made_by_id
        if by_people and not done >= needed[ReleaseState(release.state)]:
            message = f"The log does not say that it was {release.state}."
            yield Problem(f"release {release.number}", message)
    for (kind, _, number), done in actions.items():
        if kind == "release" and "published" in done and number not in there:
            yield Problem(
                f"release {number}", "The log says that it was published, but it is gone."
            )
