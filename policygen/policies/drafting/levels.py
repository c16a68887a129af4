"""What the levels of a group hold: their own answers, and what each inherits.

The answers of a level are those of its draft. On the group's own level these are all its answers;
a brand and a location keep what differs there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from policygen.core.answers import Raw
from policygen.core.inheritance import Site, at_site, overlaid, with_sites
from policygen.core.vocabulary import Vocabulary
from policygen.policies.models import Draft, Group, GroupForm, Level, PolicyVersion
from policygen.policies.stored import from_text
from policygen.practices.locations import open_in
from policygen.practices.models import Location

NOTHING = "{}"
"""The stored answers of a level at which nothing differs."""

ROOT = Q(brand=None, location=None)
"""The levels of groups themselves."""

ROOT_DRAFT = Q(level__isnull=False, level__brand=None, level__location=None)
"""The drafts in which groups keep their own answers."""

OPEN = Q(location__closed_on=None)
"""The levels of groups, of brands, and of locations that have not closed."""

DIFFERS = ~ROOT & Q(draft__isnull=False) & ~Q(draft__answers=NOTHING)
"""The levels of brands and locations that answer differently. One whose draft is empty does not."""

_BRAND_DIFFERS = Exists(
    Level.objects.filter(
        DIFFERS, group=OuterRef("group"), brand=OuterRef("location__brand"), location=None
    )
)

APART = Q(location__isnull=False) & (DIFFERS | Q(_BRAND_DIFFERS))
"""The levels of locations at which something differs from the group: by themselves, or by brand."""

LEFT_BEHIND = Q(from_group=True, level=None)
"""The policies of groups that were deleted before anything came of them. They have only their log,
which is kept, so no page lists them."""

SHOWN_SITES = 100
"""How many locations the drafts of a group in the annex form show. The policy lists all."""


@dataclass(frozen=True)
class Line:
    """The answers from the group down to one level, the outermost first; ``own`` are the last.

    ``site`` is the location, if it is the level of one, and ``own_points`` the contact points for
    which that has its own. ``release`` is the digest of the release that all of them are given to.
    """

    release: str
    above: tuple[Mapping[str, Raw], ...]
    own: Mapping[str, Raw]
    site: Site | None = None
    own_points: tuple[str, ...] = ()

    def inherited(self, vocabulary: Vocabulary) -> dict[str, Raw]:
        """Return what the level inherits, with the facts of the location.

        Raises ``Refused`` if that has no address.
        """
        answers = overlaid(self.above)
        if self.site is None:
            return answers
        return at_site(vocabulary, answers, self.site, self.own_points)

    def effective(self, vocabulary: Vocabulary) -> dict[str, Raw]:
        """Return the answers that hold at the level. Raises as ``inherited`` does."""
        return overlaid([self.inherited(vocabulary), self.own])


def site_of(location: Location) -> Site:
    """Return what a policy tells of a location."""
    lines = (line.strip() for line in location.address.splitlines())
    return Site(
        name=location.name,
        address=tuple(line for line in lines if line),
        phone=location.phone,
        fax=location.fax,
        email=location.email,
    )


def listed(locations: QuerySet[Location]) -> list[Site]:
    """Return what an annex tells of locations: of each the brand, too, since they are many."""
    return [
        replace(site_of(one), brand=one.brand.name if one.brand else "")
        for one in locations.select_related("brand")
    ]


def line_of(level: Level) -> Line:
    """Return the answers down to a level: one query for all drafts of its line."""
    return next(iter(lines_of(level.group, [level])))


def lines_of(group: Group, levels: Iterable[Level]) -> list[Line]:
    """Return the answers down to each of these levels of a group, in their order.

    One query, however many levels there are, if they were read with ``location``.
    """
    asked = list(levels)
    brands = {one.location.brand_id for one in asked if one.location} - {None}
    wanted = ROOT_DRAFT | Q(level__in=[one.pk for one in asked])
    drafts = Draft.objects.filter(wanted | Q(level__brand__in=brands), level__group=group)
    rows = drafts.annotate(brand=F("level__brand"), location=F("level__location"))
    kept = {
        (row["brand"], row["location"]): row
        for row in rows.values("brand", "location", "answers", "release")
    }
    raw = {key: from_text(row["answers"]) for key, row in kept.items()}
    release = kept[None, None]["release"] if (None, None) in kept else ""
    points = own_points_of(group)
    return [_line(level, raw, release, points) for level in asked]


def _line(
    level: Level,
    raw: Mapping[tuple[int | None, int | None], Mapping[str, Raw]],
    release: str,
    own_points: tuple[str, ...],
) -> Line:
    root = raw.get((None, None), {})
    if level.is_root:
        return Line(release, (), root)
    if level.location is None:
        return Line(release, (root,), raw.get((level.brand_id, None), {}))
    brand = raw.get((level.location.brand_id, None), {}) if level.location.brand_id else {}
    own = raw.get((None, level.location_id), {})
    return Line(release, (root, brand), own, site_of(level.location), own_points)


def own_points_of(group: Group) -> tuple[str, ...]:
    """Return the ids of the contact points for which each location has its own."""
    found = json.loads(group.own_points)
    return tuple(one for one in found if isinstance(one, str))


def with_policies(group: Group) -> QuerySet[Level]:
    """Return the levels of a group of which policies are made, in its form.

    Whatever has a published policy keeps it, and it is brought up to date: its address is known to
    people, who must find there what holds. In the annex form, that policy says the same as the one
    that lists the location. A location that has closed keeps its policy as it is.
    """
    published = Exists(PolicyVersion.objects.filter(policy=OuterRef("policy")))
    own = ROOT | APART if group.form == GroupForm.ANNEX else Q(location__isnull=False)
    return Level.objects.filter(own | published, OPEN, group=group)


# ------------------------------------------------------------------ what pages show


def inherited_at(level: Level, vocabulary: Vocabulary) -> dict[str, Raw]:
    """Return what a level inherits, as its draft shows it.

    For a location that is what its policy inherits. The group and a brand have no place of their
    own; their drafts show one of their locations for an example, and in the annex form the first
    ``SHOWN_SITES``. Raises ``Refused`` if a location has no address.
    """
    line = line_of(level)
    above = line.inherited(vocabulary)
    if level.location is not None:
        return above
    if level.is_root and level.group.form == GroupForm.ANNEX:
        shown = listed_in(level.group).exclude(address="")[:SHOWN_SITES]
        return with_sites(vocabulary, above, listed(shown))
    example = example_of(level)
    return at_site(vocabulary, above, site_of(example), ()) if example else above


def example_of(level: Level) -> Location | None:
    """Return the location that the drafts of a group or a brand show for an example, if any."""
    theirs = open_in(level.group.practice_id).exclude(address="")
    if level.brand_id is not None:
        theirs = theirs.filter(brand=level.brand_id)
    return theirs.first()


def listed_in(group: Group) -> QuerySet[Location]:
    """Return the locations that the policy of a group in the annex form lists.

    Those that have closed are left out, and those that answer differently, or whose brand does:
    what these do stands in policies of their own. One that had such a policy and answers like the
    group again is listed, since it is true of it.
    """
    differs = Level.objects.filter(DIFFERS, group=group)
    own = Exists(differs.filter(location=OuterRef("pk")))
    by_brand = Exists(differs.filter(brand=OuterRef("brand")))
    return open_in(group.practice_id).filter(~own, ~by_brand)
