"""The time zones that a practice can choose from."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

Group = tuple[str, list[tuple[str, str]]]

NEAREST = (
    ("America/New_York", "Eastern Time (New York)"),
    ("America/Chicago", "Central Time (Chicago)"),
    ("America/Denver", "Mountain Time (Denver)"),
    ("America/Phoenix", "Mountain Time without daylight saving (Phoenix)"),
    ("America/Los_Angeles", "Pacific Time (Los Angeles)"),
    ("America/Anchorage", "Alaska Time (Anchorage)"),
    ("Pacific/Honolulu", "Hawaii Time (Honolulu)"),
    ("UTC", "Coordinated Universal Time (UTC)"),
)
"""What most practices choose, by the names that people use."""

AREAS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return every IANA name that a practice may have: places, and UTC."""
    known = available_timezones()
    places = {name for name in known if name.partition("/")[0] in AREAS and "/" in name}
    return frozenset(places | {name for name, _ in NEAREST if name in known})


def zone_choices(present: str = "") -> list[Group]:
    """Return the zones for a select, in groups: the usual ones, then each part of the world.

    ``present`` is the zone that a practice has; it can be kept even if it is an unusual one.
    """
    names = zone_names()
    usual = [(name, label) for name, label in NEAREST if name in names]
    groups: list[Group] = [("Usual choices", usual)]
    if present and present not in names:
        groups.insert(0, ("As it is", [(present, in_words(present))]))
    for area in AREAS:
        places = sorted(name for name in names if name.startswith(f"{area}/"))
        listed = [(name, in_words(name)) for name in places if name not in dict(usual)]
        if listed:
            groups.append((area, listed))
    return groups


def in_words(name: str) -> str:
    """Return a zone's name as people read it: “Argentina, Buenos Aires”.

    An unusual zone, which cannot be chosen anew, is called by its IANA name.
    """
    usual = dict(NEAREST)
    if name in usual:
        return usual[name]
    area, _, place = name.partition("/")
    if area not in AREAS:
        return name
    return place.replace("/", ", ").replace("_", " ")
