"""Stored JSON as no program of ours writes it: cut off, of the wrong kind, or with more in it."""

from __future__ import annotations

import json
from random import Random
from typing import Any

JUNK: tuple[Any, ...] = (
    *(None, True, 7, -1, 10**30, 1.5, "", "x", "\\u0000", "\ud800", "\u202e", "a" * 5_000),
    *([], {}, [[]], [None], {"": None}, {"yes": 1}, {"other": {"other": []}}),
    *("yes", "no", "unknown", ["unknown"], {"unknown": True}, "2026-02-30", "0001-01-01"),
    *([{"value": {}}], {"email": {"channel": "email"}}, float("nan"), float("inf")),
)

WHOLE = (
    *("", " ", "null", "[]", "{}", "7", '"x"', "[[[", "{" * 2_000, "[" * 5_000, "\ufeff{}"),
    *("NaN", '{"a":1,"a":2}', '{"\\ud800": 1}', "true", "undefined", "{'a': 1}", "[{}]"),
    *('[{"slug": "x"}]', '{"questions": {}}', '{"sections": 7}', '[null, 7, "x"]'),
)


def corrupted(text: str, chance: Random) -> str:
    """Return a text that differs from one that was stored, anyhow."""
    way = chance.choice((_cut, _flipped, _replaced, _replaced, _replaced, _extended, _whole))
    return way(text, chance).encode("utf-8", "backslashreplace").decode()


def _cut(text: str, chance: Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _flipped(text: str, chance: Random) -> str:
    if not text:
        return "x"
    place = chance.randrange(len(text))
    return f"{text[:place]}{chr(chance.randrange(1, 0x3000))}{text[place + 1 :]}"


def _whole(_: str, chance: Random) -> str:
    return chance.choice(WHOLE)


def _replaced(text: str, chance: Random) -> str:
    """Put something else in the place of some value."""
    value = json.loads(text)
    places = list(_places(value))
    if not places:
        return json.dumps(chance.choice(JUNK))
    owner, key = chance.choice(places)
    owner[key] = chance.choice(JUNK)
    return json.dumps(value)


def _extended(text: str, chance: Random) -> str:
    """Add something that has no business there."""
    value = json.loads(text)
    owners = [value, *(owner[key] for owner, key in _places(value))]
    owners = [owner for owner in owners if isinstance(owner, dict | list)]
    owner = chance.choice(owners)
    if isinstance(owner, dict):
        owner[chance.choice(("", "x", "unknown", "__class__", "\u202e"))] = chance.choice(JUNK)
    else:
        owner.insert(chance.randrange(len(owner) + 1), chance.choice(JUNK))
    return json.dumps(value)


def _places(value: Any) -> Any:
    """Give every place in a value: what it is in, and its key."""
    keys: Any = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield value, key
        yield from _places(value[key])
