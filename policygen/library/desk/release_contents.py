"""What is in a release, what would be in the next one, and when a release is in force."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import CharField, F, QuerySet, Value

from policygen.core.library import canonical_json
from policygen.library import pieces
from policygen.library.desk.waiting import title_in, title_of
from policygen.library.models import KINDS, Release, ReleaseState, State
from policygen.library.pieces import Content


class Standing(NamedTuple):
    """A piece that would be in a release, or is left out of it as it stands."""

    kind: str
    name: str
    title: str
    state: str
    withdrawn: bool
    reason: str

    @property
    def kind_label(self) -> str:
        """What people call such pieces."""
        return str(KINDS[self.kind]._meta.verbose_name)

    @property
    def state_label(self) -> str:
        """What people call its state."""
        return str(State(self.state).label)


def standing(*states: State) -> QuerySet[Any, tuple[Any, ...]]:
    """Return the pieces in these states, as rows of ``Standing``; nothing is fetched yet."""
    first, *others = (
        model._default_manager.order_by()
        .filter(state__in=states)
        .annotate(
            row_kind=Value(kind, CharField()),
            row_name=F("clause_id" if kind == "clause" else "name"),
            row_title=title_in(kind),
        )
        .values_list("row_kind", "row_name", "row_title", "state", "withdrawn", "reason")
        for kind, model in KINDS.items()
    )
    return first.union(*others, all=True).order_by("row_kind", "row_name")


def outdated(release: Release) -> bool:
    """Tell whether a release made now would hold something else than this candidate."""
    contents = pieces.candidate()
    clauses = {
        name: pieces.clause_to_plain(name, said)
        for (kind, name), said in contents.items()
        if kind == "clause" and not said.content["withdrawn"]
    }
    there = {clause["slug"]: clause for clause in json.loads(release.snapshot)["clauses"]}
    return clauses != there or canonical_json(pieces.frame_to_json(contents)) != release.frame


class Changed(NamedTuple):
    """A piece that a candidate changes: ``how`` is new, changed or taken out."""

    kind: str
    name: str
    title: str
    how: str

    @property
    def kind_label(self) -> str:
        """What people call such pieces."""
        return str(KINDS[self.kind]._meta.verbose_name)


def changes_of(release: Release) -> Iterator[Changed]:
    """Give the pieces in which a release differs from the newest one that is published."""
    newest = pieces.newest_release()
    after, before = frozen(release), frozen(newest) if newest else {}
    for kind, name in sorted({*after, *before}, key=lambda key: (list(KINDS).index(key[0]), key)):
        old, new = before.get((kind, name)), after.get((kind, name))
        if old == new:
            continue
        there, gone = new or old or {}, new is None or new.get("withdrawn", False)
        how = "taken out" if gone else "new" if old is None else "changed"
        yield Changed(kind, name, title_of(kind, name, there), how)


def frozen(release: Release) -> dict[tuple[str, str], Content]:
    """Return what the pieces say in a release, from its own texts: nobody can have changed them."""
    said = {key: one.content for key, one in pieces.frame_of(release).items()}
    clauses = json.loads(release.snapshot)["clauses"]
    return said | {("clause", clause["slug"]): clause for clause in clauses}


@dataclass(frozen=True)
class Reign:
    """From when until when a release is in force; ``until`` is its last day.

    ``overtaken`` says that a later one takes effect on the same day.
    """

    now: bool
    scheduled: bool
    until: date | None
    overtaken: bool


def reign_of(release: Release, *, today: date) -> Reign:
    """Return when a published release is in force."""
    later = Release.objects.filter(state=ReleaseState.PUBLISHED, number__gt=release.number)
    next_day = later.order_by("effective_from").values_list("effective_from", flat=True).first()
    begun = release.effective_from <= today
    return Reign(
        now=begun and (next_day is None or next_day > today),
        scheduled=not begun,
        until=next_day - timedelta(days=1) if next_day else None,
        overtaken=next_day is not None and next_day <= release.effective_from,
    )
