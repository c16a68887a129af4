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
    if name == "said":
        yield from _rule_rows(old or {}, new or {})
    elif name == "needed":
        yield _list_row(label, _cases(old), _cases(new))
    elif name == "when":
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
    """Return what forms call a field, or a part of a law or a conflict: ``said.note``."""
    said, _, part = name.partition(".")
    if said == "said" and part:
        return _part_label(part)
    try:
        found = KINDS[kind]._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    label = str(getattr(found, "verbose_name", name))
    return label[:1].upper() + label[1:]


# ------------------------------------------------------------------ laws and conflicts

PARTS = {
    "severity": "Severity",
    "title": "Title",
    "name": "Name",
    "jurisdiction": "Jurisdiction",
    "authority": "Authority",
    "law_as_of": "Law as of",
    "states": "What must be stated",
    "citation": "Citation",
    "when": "Applies if",
    "held_when": "Meant to be its document if",
    "unanswered": "Found while unanswered",
    "duty": "Duty",
    "met_by": "Met by",
    "wording": "Prescribed wording",
    "confidence": "Confidence",
    "doubt": "Doubt",
    "says": "What is wrong",
    "mend": "What to do about it",
    "why": "Why",
    "note": "Note",
    "citations": "Citations",
    "models": "Conflicts of model policies",
    "elements": "Elements",
}
"""What people call the parts of a law, of an element and of a conflict, in their order."""

CASES = frozenset({"when", "held_when"})


def _part_label(part: str) -> str:
    key, *rest = part.split(".")
    if key == "elements" and rest:
        within = "".join(f", {PARTS.get(name, name).lower()}" for name in rest[1:2])
        return f"Element “{rest[0]}”{within}"
    return PARTS.get(key, key)


def _rule_rows(before: Content, after: Content) -> Iterator[Row]:
    """Give the attributes of a law or a conflict, then its elements, each as one attribute."""
    for key, label in PARTS.items():
        old, new = before.get(key), after.get(key)
        if key == "elements":
            yield from _element_rows(old, new)
        elif key in CASES:
            yield _list_row(label, _cases(old), _cases(new))
        elif isinstance(old, list) or isinstance(new, list):
            yield _list_row(label, _entries(old), _entries(new))
        else:
            yield _text_row(label, str(old or ""), str(new or ""))


def _element_rows(before: Any, after: Any) -> Iterator[Row]:
    old, new = (dict(_elements_in(side)) for side in (before, after))
    order, other = tuple(old), tuple(new)
    if sorted(order) == sorted(other) and order != other:
        yield _list_row("Order of the elements", order, other)
    for name in dict.fromkeys((*new, *old)):
        yield _element_row(f"Element “{name}”", old.get(name, {}), new.get(name, {}))


def _elements_in(value: Any) -> Iterator[tuple[str, Content]]:
    """Give elements by their ids; what somebody typed may be anything."""
    for position, element in enumerate(value if isinstance(value, list) else (), start=1):
        if isinstance(element, dict):
            yield str(element.get("id", position)), element


def _element_row(label: str, before: Content, after: Content) -> Row:
    old, new = (dict(_element_lines(side)) for side in (before, after))
    changes = (redline(old.get(key, ""), new.get(key, "")) for key in PARTS if key in old | new)
    return Row(label, tuple(old.values()), tuple(new.values()), tuple(changes), listed=True)


def _element_lines(element: Content) -> Iterator[tuple[str, str]]:
    for key, label in PARTS.items():
        value = element.get(key)
        if key in CASES:
            value = "; or ".join(_cases(value))
        elif isinstance(value, list):
            value = " / ".join(map(str, value))
        if value:
            yield key, f"{label}: {value}"


def _cases(cases: Any) -> tuple[str, ...]:
    """Return cases, each as one entry: “all of: data:name, and none of: data:records”."""
    if isinstance(cases, Mapping):
        cases = [cases]
    if not isinstance(cases, list):
        return ()
    return tuple(", and ".join(_atoms(case)) or "always" for case in cases) or ("always",)


# ------------------------------------------------------------------ texts and lists


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
