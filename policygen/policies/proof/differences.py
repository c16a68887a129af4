"""Where two things that should be the same begin to differ, in words."""

from __future__ import annotations

import json
from typing import Any

from policygen.core.problems import quoted

SHOWN = 30
"""How many characters of a text are shown from where it differs."""


def of_documents(stored: str, made: str) -> str:
    """Return where the JSON of two documents differs first: a path, and both values."""
    try:
        found = _of_values(json.loads(stored), json.loads(made), "")
    except (ValueError, RecursionError):
        found = None
    return found or of_texts(stored, made)


def of_bytes(stored: bytes, made: bytes) -> str:
    """Return where two files differ first: line and character of a text, else the byte."""
    try:
        return of_texts(stored.decode(), made.decode())
    except UnicodeDecodeError:
        place = _first(stored, made)
        return f"byte {place + 1:,} (of {len(stored):,} stored and {len(made):,} made again)"


def of_texts(stored: str, made: str) -> str:
    """Return where two texts differ first: line and character, and how both go on."""
    place = _first(stored, made)
    before = stored[:place]
    line, character = before.count("\n") + 1, place - before.rfind("\n")
    there, again = (_shown(text[place : place + SHOWN]) for text in (stored, made))
    return f"line {line:,}, character {character:,}: {there} is stored, {again} is made again"


def _shown(text: str) -> str:
    return quoted(text) if text else "nothing more"


def _first(one: str | bytes, other: str | bytes) -> int:
    """Return the first place where two sequences differ, found by halves."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _of_values(stored: Any, made: Any, path: str) -> str | None:
    """Return the first difference between two values of JSON, or ``None``."""
    if isinstance(stored, dict) and isinstance(made, dict):
        names = [*stored, *(name for name in made if name not in stored)]
        pairs = [(name, stored.get(name), made.get(name)) for name in names]
    elif isinstance(stored, list) and isinstance(made, list):
        longer = range(max(len(stored), len(made)))
        pairs = [(str(n + 1), _at(stored, n), _at(made, n)) for n in longer]
    elif stored == made and isinstance(stored, bool) == isinstance(made, bool):
        return None
    else:
        there, again = (quoted(json.dumps(value, ensure_ascii=False)) for value in (stored, made))
        return f"{path or 'the whole'}: {there} is stored, {again} is made again"
    for name, before, after in pairs:
        if found := _of_values(before, after, f"{path}.{name}" if path else name):
            return found
    return None


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
