"""Plain values (texts, lists, mappings) from a file or a snapshot, read part by part.

Reading goes on after a mistake, so that an author sees all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeGuard, TypeVar

from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.text import TextRefused, refuse_markup, refuse_unprintable


class Entry:
    """One mapping while it is read; ``problems`` gathers what is wrong, by key.

    A part that is wrong reads as if it were missing. Raises ``Refused`` for what is no mapping.
    """

    def __init__(self, raw: object, keys: Collection[str], *, what: str) -> None:
        if not isinstance(raw, Mapping):
            raise Refused([Problem("", f"Write {what} as “key: value”, one a line.")])
        self._raw = raw
        self.problems = [
            Problem(str(key), f"{quoted(key)} is no part of {what}. {nearest(str(key), keys)}")
            for key in raw
            if key not in keys
        ]

    def refuse(self, key: str, message: str) -> None:
        """Note what is wrong with a part."""
        self.problems.append(Problem(key, message))

    def take(self, problems: Collection[Problem], *, at: str) -> None:
        """Note what is wrong inside a part."""
        self.problems += [problem.inside(at) for problem in problems]

    def has(self, key: str) -> bool:
        """Tell whether there is such a part, even an empty one."""
        return key in self._raw

    def get(self, key: str) -> object:
        """Return a part as it is; ``None`` if it is missing or empty."""
        value = self._raw.get(key)
        return None if value in ("", [], (), {}) else value

    def text(self, key: str, *, checked: bool = True) -> str:
        """Return a text of any number of lines; unchecked if something else checks it."""
        value = self._raw.get(key, "")
        if not isinstance(value, str):
            self.refuse(key, "Write a text here, not a list or a mapping.")
            return ""
        if checked:
            self._check(key, value)
        return value

    def line(self, key: str, *, needed: bool = True) -> str:
        """Return one line of text that can be shown."""
        text = self.text(key)
        if "\n" in text.strip():
            self.refuse(key, "This must be one line.")
        if needed and not text.strip() and isinstance(self._raw.get(key, ""), str):
            self.refuse(key, f"The {key} is missing.")
        return text.strip()

    def printed(self, key: str) -> str:
        """Return one line of text that can stand in a policy."""
        text = self.line(key)
        try:
            refuse_markup(text)
        except TextRefused as refused:
            self.refuse(key, str(refused))
        return text

    def name(self, key: str, form: str, right: str) -> str:
        """Return a text of a certain form (a regular expression); ``right`` says which."""
        text = self.text(key)
        if not re.fullmatch(form, text):
            self.refuse(key, right)
        return text

    def flag(self, key: str) -> bool:
        """Return a truth; one that is missing is false."""
        value = str(self._raw.get(key, "false")).lower()
        if value not in {"true", "false"}:
            self.refuse(key, "Write true or false.")
        return value == "true"

    def number(self, key: str, otherwise: int | None = None) -> int:
        """Return a whole number."""
        value = str(self._raw.get(key, "" if otherwise is None else otherwise))
        if not re.fullmatch(r"[0-9]{1,9}", value):
            self.refuse(key, "Write a whole number, such as 40.")
            return 0
        return int(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; one that is missing is empty."""
        value = self.get(key)
        if value is None:
            return ()
        if _is_list(value) and all(isinstance(text, str) for text in value):
            self._check(key, "\n".join(map(str, value)))
            return tuple(map(str, value))
        self.refuse(key, "Write a list of texts, such as [one, two].")
        return ()

    def _check(self, key: str, text: str) -> None:
        try:
            refuse_unprintable(text.replace("\t", " "))
        except TextRefused as refused:
            self.refuse(key, str(refused))

    def entries(self, key: str) -> Sequence[object]:
        """Return a list of anything; one that is missing is empty."""
        value = self.get(key)
        if value is None:
            return ()
        if _is_list(value):
            return value
        self.refuse(key, "Write a list.")
        return ()


def id_of(raw: object, key: str = "id") -> str:
    """Return how a part names itself, for the place of a problem in it; empty if it does not."""
    return str(raw.get(key, "")) if isinstance(raw, Mapping) else ""


One = TypeVar("One")


def parse_each(
    raw: Sequence[object], parse: Callable[[object], One], what: str
) -> tuple[dict[str, One], list[Problem]]:
    """Read entries that each have an id, and go on after one that is refused.

    Returns what could be read by id, and every problem; places begin with the id, or with the
    position of an entry that has none. ``what`` is the kind of entry, for a message.
    """
    found: dict[str, One] = {}
    problems: list[Problem] = []
    for position, entry in enumerate(raw, start=1):
        where = id_of(entry) or str(position)
        try:
            one = parse(entry)
        except Refused as refused:
            problems += [problem.inside(where) for problem in refused.problems]
            continue
        if where in found:
            problems.append(Problem(where, f"This id stands twice. Give each {what} its own."))
        found[where] = one
    return found, problems


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
