"""What changed between two contents of a piece, attribute by attribute, as people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from policygen.core.analysis.redline import Change, Mark, redline
from policygen.core.conditions import KEYS
from policygen.library.models import KINDS
from policygen.library.pieces import Content

Changes = tuple[Change, ...]

JOINERS = {"all": "all of", "any": "one of", "none": "none of"}


@dataclass(frozen=True)
class Row:
    """One attribute on both sides: the changes of its text, or of each of its entries.

    ``before`` and ``after`` are what it said, for those who want no marks; ``listed`` says that
    the lines are entries of a list.
    """

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    lines: tuple[Changes, ...]
    listed: bool = False

    @property
    def changed(self) -> bool:
        """Whether the attribute says something else."""
        return self.before != self.after


@dataclass(frozen=True)
class Words:
    """What a comparison needs to speak: titles of sections, and conditions as sentences."""

    sections: Mapping[str, str] = field(default_factory=dict)
    condition: Callable[[Mapping[str, Sequence[str]]], str] | None = None


def compare(
    kind: str, before: Content | None, after: Content | None, words: Words
) -> tuple[Row, ...]:
    """Return all attributes of a piece of this kind, in the order of its fields.

    ``None`` stands for a piece that is not there: then all of the other side is put in, or out.
    """
    withdrawn = any(side and side.get("withdrawn") for side in (before, after))
    rows = (
        row
        for name in (*(["withdrawn"] if withdrawn else []), *KINDS[kind].CONTENT)
        for row in _rows(kind, name, before, after, words)
    )
    return tuple(row for row in rows if row.before or row.after)


def changed_only(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the attributes that say something else."""
    return tuple(row for row in rows if row.changed)


def _rows(
    kind: str, name: str, before: Content | None, after: Content | None, words: Words
) -> Iterator[Row]:
    label = label_of(kind, name)
    old, new = (side.get(name) if side else None for side in (before, after))
    if name == "when":
        if words.condition is not None:
            yield _text_row(
                label, *(_sentence(side, name, words.condition) for side in (before, after))
            )
        yield _list_row(f"{label}: what it asks for", _atoms(old), _atoms(new))
    elif isinstance(old, list | dict) or isinstance(new, list | dict):
        yield _list_row(label, _entries(old), _entries(new))
    else:
        yield _text_row(label, *(_text(name, value, words) for value in (old, new)))


def label_of(kind: str, name: str) -> str:
    """Return what forms call a field."""
    try:
        found = KINDS[kind]._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    label = str(getattr(found, "verbose_name", name))
    return label[:1].upper() + label[1:]


def _sentence(
    side: Content | None, name: str, in_words: Callable[[Mapping[str, Sequence[str]]], str]
) -> str:
    return in_words(side.get(name) or {}) if side else ""


def _text(name: str, value: Any, words: Words) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() if name == "section_id":
            title = words.sections.get(value)
            return f"{title} ({value})" if title else value
        case _:
            return str(value)


def _atoms(condition: Any) -> tuple[str, ...]:
    """Return the parts of a condition, such as “one of: data.health”, an atom each."""
    if not isinstance(condition, Mapping):
        return ()
    return tuple(f"{JOINERS[key]}: {atom}" for key in KEYS for atom in condition.get(key) or ())


def _entries(value: Any) -> tuple[str, ...]:
    """Return the entries of a list; groups of a question come as pairs of id and label."""
    if isinstance(value, Mapping):
        value = list(value.items())
    if not isinstance(value, list):
        return ()
    return tuple(
        f"{entry[0]}: {entry[1]}" if isinstance(entry, list | tuple) else str(entry)
        for entry in value
    )


def _text_row(label: str, before: str, after: str) -> Row:
    changes = redline(before, after)
    return Row(label, (before,) if before else (), (after,) if after else (), (changes,))


def _list_row(label: str, before: tuple[str, ...], after: tuple[str, ...]) -> Row:
    return Row(label, before, after, tuple(_entry_lines(before, after)), listed=True)


def _entry_lines(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Changes]:
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for what, start, end, new_start, new_end in matcher.get_opcodes():
        if what == "equal":
            yield from ((Change(Mark.SAME, entry),) for entry in before[start:end])
            continue
        yield from ((Change(Mark.DELETED, entry),) for entry in before[start:end])
        yield from ((Change(Mark.INSERTED, entry),) for entry in after[new_start:new_end])
