"""What must hold of groups, as ``verify`` sees it, and what an archive has of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch

from policygen.core.problems import Problem
from policygen.identity import shown_as
from policygen.policies.drafting.levels import ROOT_DRAFT, own_points_of
from policygen.policies.models import Draft, Editor, Group, Level
from policygen.practices.models import Location, Practice

CHUNK = 200


def problems_of_groups() -> Iterator[Problem]:
    """Give what cannot be as it should in groups, their levels and the list of locations."""
    roots = Draft.objects.filter(ROOT_DRAFT, level__group=OuterRef("pk"))
    bare = Group.objects.filter(~Exists(roots)).order_by("pk")
    yield from _each(bare, "group", "It has no answers of its own.")
    foreign = Location.objects.exclude(brand=None).exclude(brand__practice=F("practice"))
    yield from _each(foreign.order_by("pk"), "location", "Its brand is that of another practice.")
    for name in ("brand", "location", "policy"):
        of_others = Level.objects.exclude(**{name: None})
        astray = of_others.exclude(**{f"{name}__practice": F("group__practice")})
        message = f"Its {name} is one of another practice than its group."
        yield from _each(astray.order_by("pk"), "level", message)
    elsewhere = Level.objects.exclude(location=None).exclude(policy=None)
    elsewhere = elsewhere.exclude(policy__location=F("location"))
    yield from _each(elsewhere.order_by("pk"), "level", "Its policy is for another location.")
    roots = Draft.objects.filter(ROOT_DRAFT, level__group=OuterRef("level__group"))
    apart = roots.exclude(release=OuterRef("release"))
    split = Draft.objects.filter(Exists(apart), level__isnull=False).order_by("pk")
    yield from _each(split, "draft", "It uses another release than the group that it belongs to.")


def _each(rows: Any, name: str, message: str) -> Iterator[Problem]:
    for key in rows.values_list("pk", flat=True).iterator(CHUNK):
        yield Problem(f"{name} {key}", message)


def told_of(practice: Practice) -> list[tuple[Group, list[Level]]]:
    """Return the groups of a practice, each with its levels: the group's own first, then by id."""
    levels = Level.objects.filter(group__practice=practice).select_related(
        "group", "brand", "location", "policy"
    )
    by_group: dict[int, tuple[Group, list[Level]]] = {}
    for level in levels.order_by("group", "pk"):
        by_group.setdefault(level.group_id, (level.group, []))[1].append(level)
    for _, found in by_group.values():
        found.sort(key=lambda level: (not level.is_root, level.pk))
    return list(by_group.values())


def with_drafts(levels: list[Level]) -> Iterator[tuple[Level, Draft | None]]:
    """Give levels, each with its draft if it has one; ``CHUNK`` drafts at most are in memory."""
    editors = Prefetch("editors", Editor.objects.select_related("user").order_by("pk"))
    for place in range(0, len(levels), CHUNK):
        chunk = levels[place : place + CHUNK]
        drafts = Draft.objects.filter(level__in=chunk).prefetch_related(editors)
        by_level = {draft.level_id: draft for draft in drafts}
        yield from ((level, by_level.get(level.pk)) for level in chunk)


def in_words(group: Group) -> dict[str, Any]:
    """Return what a group is, for the archive."""
    return {
        "title": group.title,
        "form": group.form,
        "own_points": list(own_points_of(group)),
        "created": group.created.isoformat(),
    }


def level_in_words(level: Level, draft: Draft | None, folder: str) -> dict[str, Any]:
    """Return what a level is, for the archive; ``folder`` is that of its policy, if it has one.

    Both are as ``with_drafts`` gives them.
    """
    return {
        "brand": level.brand.name if level.brand else None,
        "location": level.location.name if level.location else None,
        "policy": folder or None,
        "release": draft.release if draft else None,
        "revision": draft.revision if draft else None,
        "updated": draft.updated.isoformat() if draft else None,
        "editors": [
            {"name": shown_as(one.user), "at": one.at.isoformat() if one.at else None}
            for one in (draft.editors.all() if draft else ())
        ],
    }
