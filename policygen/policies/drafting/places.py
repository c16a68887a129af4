"""Where a draft of a practice belongs, for the pages of the interview."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from policygen.policies.drafting.levels import own_points_of
from policygen.policies.models import Draft, GroupForm, Level, Policy


@dataclass(frozen=True, slots=True)
class Source:
    """Where the answers of a policy come from: its group by title, and the page to change them."""

    group: str
    address: str


@dataclass(frozen=True, slots=True)
class Place:
    """The names of a practice and of its policy, and the address of the policy's page.

    In the draft of a level, ``policy`` names the level, and ``trail`` the levels above it and
    itself with their addresses, the group first; ``locations`` is the address of the list of
    locations, and ``has_own_points`` says that a location has contact points of its own.
    ``is_annex`` tells of the draft of a group whose policy lists the locations.
    ``source`` is set where the answers of the policy come from a group: nobody changes
    them in its drafts.
    """

    practice: str
    policy: str
    address: str
    trail: tuple[tuple[str, str], ...] = ()
    locations: str = ""
    is_location: bool = False
    has_own_points: bool = False
    is_annex: bool = False
    source: Source | None = None

    @property
    def takes_answers(self) -> bool:
        """Whether questions are answered in the draft, and not in a group alone."""
        return self.source is None

    @property
    def is_level(self) -> bool:
        """Whether the draft is one of a level of a group."""
        return bool(self.trail)

    @property
    def is_group(self) -> bool:
        """Whether the draft has a group's own answers, which all others inherit."""
        return len(self.trail) == 1


def place_of(draft: Draft) -> Place | None:
    """Return where a draft belongs: one query, and none for a draft that belongs nowhere."""
    if draft.level_id is not None:
        return _place_of_level(draft.level_id)
    if draft.policy_id is None:
        return None
    found = Policy.objects.select_related(
        "practice", "level__group", "level__brand", "level__location"
    )
    policy = found.get(pk=draft.policy_id)
    return Place(
        practice=policy.practice.name,
        policy=policy.title,
        address=policy.get_absolute_url(),
        source=_source(policy),
    )


def source_of(policy: Policy) -> Source | None:
    """Return where the answers of a policy come from, if they come from a group: one query."""
    level = Level.objects.select_related("group__practice", "location").filter(policy=policy)
    found = level.first()
    return Source(found.group.title, address_of(found)) if found else None


def _source(policy: Policy) -> Source | None:
    level: Level | None = getattr(policy, "level", None)
    if level is None:
        return None
    level.group.practice = policy.practice
    return Source(level.group.title, address_of(level))


def _place_of_level(key: int) -> Place:
    found = Level.objects.select_related("group__practice", "brand", "location__brand")
    level = found.get(pk=key)
    group, practice = level.group, level.group.practice
    trail = [(group.title, group.get_absolute_url())]
    brand = level.location.brand if level.location else level.brand
    if brand is not None:
        trail.append((brand.name, reverse("brand_level", args=[practice.slug, group.pk, brand.pk])))
    if level.location is not None:
        trail.append((level.location.name, address_of(level)))
    return Place(
        practice=practice.name,
        policy=str(level),
        address=address_of(level),
        trail=tuple(trail),
        locations=reverse("locations", args=[practice.slug]),
        is_location=level.location is not None,
        is_annex=level.is_root and group.form == GroupForm.ANNEX,
        has_own_points=level.location is not None and bool(own_points_of(group)),
    )


def address_of(level: Level) -> str:
    """Return the address of a level's page. It needs the level's group with its practice."""
    at = [level.group.practice.slug, level.group_id]
    if level.location_id is not None:
        return reverse("location_level", args=[*at, level.location_id])
    if level.brand_id is not None:
        return reverse("brand_level", args=[*at, level.brand_id])
    return level.group.get_absolute_url()
