"""The small part of YAML that clause files and answers files may use.

Every scalar is read as text, so ``no`` stays "no" and ``2012-01-01`` stays as typed. Anchors,
aliases, tags, repeated keys and more than one document are refused: they are where YAML files
turn into bombs or into something other than what their author sees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import ReaderError

from policygen.core.problems import Problem, Refused, quoted

SIZE_LIMIT = 1_048_576
"""The largest file that is read, in bytes."""

DEPTH_LIMIT = 12
EVENTS_LIMIT = 60_000

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Source:
    """A file's value (texts, lists and mappings) and the line, from 1, of each part of it."""

    value: Any
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int:
        """Return the line of a part, or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_bytes(path: Path, *, limit: int = SIZE_LIMIT) -> bytes:
    """Return what a file holds, at most one byte more than ``limit``. Raises ``Refused``."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise Refused([Problem("", f"The file cannot be read: {error.strerror}.")]) from None


def decode(raw: bytes, *, limit: int = SIZE_LIMIT) -> str:
    """Return the text of a UTF-8 file of at most ``limit`` bytes. Raises ``Refused``."""
    if len(raw) > limit:
        message = f"The file is larger than {limit // 1024:,} KiB. Shorten it."
        raise Refused([Problem("", message)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Refused(
            [Problem("", "The file is not UTF-8 text. Save it as UTF-8.", line)]
        ) from None


def read_yaml(text: str) -> Source:
    """Read one YAML document. Raises ``Refused`` with the line of what is wrong."""
    try:
        reader = _Reader(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = (
            f"There is a character that no text can hold (U+{error.character:04X}). Delete it."
        )
        raise Refused([Problem("", message, line)]) from None
    try:
        return reader.read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        message = f"This is not YAML: {error.problem or error.context}."
        raise Refused([Problem("", message, line)]) from None
    except Refused:
        raise
    except (ValueError, OverflowError):  # PyYAML on “\\U00110000”
        message = "There is a code after a backslash that stands for no character. Delete it."
        raise Refused([Problem("", message, reader.line)]) from None


class _Reader:
    """Builds plain values straight from YAML's events, refusing what is not plain."""

    def __init__(self, text: str) -> None:
        self._loader = yaml.SafeLoader(text)
        self._count = 0
        self._lines: dict[KeyPath, int] = {}

    @property
    def line(self) -> int:
        """The line, from 1, that has been reached."""
        return int(self._loader.line) + 1

    def read(self) -> Source:
        self._next()  # stream start
        if isinstance(self._next(), yaml.StreamEndEvent):
            return Source("", {(): 1})
        value = self._value(self._next(), ())
        self._next()  # document end
        if not isinstance(after := self._next(), yaml.StreamEndEvent):
            raise _refused(after, "There is a second document (---). Keep to one.")
        return Source(value, self._lines)

    def _next(self) -> yaml.Event:
        self._count += 1
        event: yaml.Event = self._loader.get_event()  # type: ignore[no-untyped-call]
        if self._count > EVENTS_LIMIT:
            raise _refused(event, "The file is too large.")
        return event

    def _value(self, event: yaml.Event, path: KeyPath) -> Any:
        self._lines[path] = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(
                event,
                "Anchors (&) and aliases (*) are not allowed. "
                "Write the text out, or put it in quotes.",
            )
        if getattr(event, "tag", None):
            raise _refused(event, "Tags (!) are not allowed. Put the text in quotes.")
        if len(path) > DEPTH_LIMIT:
            raise _refused(event, "This is nested too deeply.")
        match event:
            case yaml.ScalarEvent():
                return event.value
            case yaml.SequenceStartEvent():
                return self._list(path)
            case yaml.MappingStartEvent():
                return self._mapping(path)
        raise _refused(event, "This is not plain YAML.")

    def _list(self, path: KeyPath) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._value(event, (*path, ""))
            if not isinstance(key, str):
                raise _refused(event, "A key must be a text.")
            if key in values:
                raise _refused(event, f"{quoted(key)} stands twice here. Keep one.")
            values[key] = self._value(self._next(), (*path, key))
            self._lines[(*path, key)] = _line(event)
        return values


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refused(event: yaml.Event, message: str) -> Refused:
    return Refused([Problem("", message, _line(event))])
