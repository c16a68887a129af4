"""What a table would change in a practice: decided from values, before anything is written."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date

from django.core.exceptions import ValidationError
from django.forms import Field

from policygen.core.cells import guarded, refuse_formula, unguarded
from policygen.core.text import TextRefused
from policygen.practices.forms import Day, LocationForm, brand_line
from policygen.practices.importing.tables import EXAMPLE, LABELS, Cell, Row, Table
from policygen.practices.locations import NotThatDay, check_closing

FIELDS: dict[str, Field] = {
    **LocationForm.base_fields,
    "brand": brand_line(required=False),
    "closed": Day(required=False),
}
"""The fields that read each column: those of the page on which one location is typed."""

DAMAGED_NUMBER = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}|#+", re.IGNORECASE)
"""What spreadsheets write in place of a long number, as in 2.17556E+09."""


CELL_SHOWN = 60
"""How many characters of a cell that is refused are shown."""

CELL_LIMIT = 2_000
"""How many characters of a cell are looked at. No text of a location is longer than half of it."""


@dataclass(frozen=True)
class Place:
    """A location as text; ``brand`` is the name of its brand, or empty.

    ``closed`` is the day on which it closed, as in 2026-05-17; empty while it is open.
    """

    name: str
    brand: str = ""
    address: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""
    closed: str = ""


@dataclass(frozen=True)
class Present:
    """What a practice has: locations by their ids, names of brands, and its day today."""

    places: Mapping[int, Place]
    brands: tuple[str, ...]
    today: date


@dataclass(frozen=True)
class Limits:
    """How many locations and brands a practice may have."""

    locations: int
    brands: int


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a row: in which column (its label; empty: all of it), and why.

    ``cell`` is how what stands there begins, if it does not stand above the row as its name.
    """

    column: str
    reason: str
    cell: str = ""


@dataclass(frozen=True)
class Bad:
    """A row that cannot be imported; ``name`` is how it calls its location."""

    number: int
    name: str
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class New:
    """A row that adds a location."""

    number: int
    place: Place


@dataclass(frozen=True)
class Changed:
    """A row that changes the location of this id."""

    number: int
    pk: int
    before: Place
    place: Place

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """The label of each column that changes, what stands there, and what will."""
        before, after = asdict(self.before), asdict(self.place)
        return [
            (label, before[name], after[name])
            for name, label in LABELS.items()
            if before[name] != after[name]
        ]


@dataclass(frozen=True)
class Plan:
    """What a table changes, row by row. ``brands`` are new ones; ``examples`` were left out.

    ``too_many`` says in words that there would be more locations or brands than there may be.
    """

    new: tuple[New, ...]
    changed: tuple[Changed, ...]
    unchanged: int
    bad: tuple[Bad, ...]
    brands: tuple[str, ...]
    examples: int
    too_many: str = ""

    @property
    def good(self) -> int:
        """How many rows would be written."""
        return len(self.new) + len(self.changed)

    @property
    def closing(self) -> int:
        """How many locations are closed by it that are open now."""
        return sum(bool(one.place.closed and not one.before.closed) for one in self.changed)

    @property
    def reopening(self) -> int:
        """How many locations are open again by it."""
        return sum(bool(one.before.closed and not one.place.closed) for one in self.changed)

    @property
    def digest(self) -> str:
        """What tells this plan from every other, in hexadecimal digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def plan_of(table: Table, present: Present, limits: Limits) -> Plan:
    """Return what a table changes in a practice."""
    reader = _Reader(table.columns, present)
    rows = [row for row in table.rows if not _is_example(table, row)]
    read = [reader.row(row) for row in rows]
    named = Counter(one.key for one in read if one.key)
    first = _numbers(read)
    spelling = {name.casefold(): name for name in reversed(present.brands)}
    new: list[New] = []
    changed: list[Changed] = []
    bad: list[Bad] = []
    for one in read:
        mistakes = list(one.mistakes)
        if named[one.key] > 1:
            reason = f"This name stands in rows {_listed(first[one.key])}. Keep one of them."
            mistakes.append(Mistake(LABELS["name"], reason))
        if mistakes or one.place is None:
            bad.append(Bad(one.number, one.name, tuple(mistakes)))
            continue
        place = _spelt(one.place, present, spelling)
        if one.pk is None:
            new.append(New(one.number, place))
        elif place != present.places[one.pk]:
            changed.append(Changed(one.number, one.pk, present.places[one.pk], place))
    brands = _new_brands([*(one.place for one in new), *(one.place for one in changed)], present)
    return Plan(
        new=tuple(new),
        changed=tuple(changed),
        unchanged=len(read) - len(new) - len(changed) - len(bad),
        bad=tuple(bad),
        brands=brands,
        examples=len(table.rows) - len(rows),
        too_many=_too_many(present, len(new), len(brands), limits),
    )


def _spelt(place: Place, present: Present, spelling: dict[str, str]) -> Place:
    """Spell the brand of a good row as the practice does, or else as the first good row did."""
    if not place.brand or place.brand in present.brands:
        return place
    return replace(place, brand=spelling.setdefault(place.brand.casefold(), place.brand))


@dataclass(frozen=True)
class _Read:
    """A row after reading; ``key`` is what its location is told by, ``pk`` which one it is."""

    number: int
    key: str
    name: str
    pk: int | None
    place: Place | None
    mistakes: tuple[Mistake, ...]


class _Reader:
    """Reads rows one by one, each for itself."""

    def __init__(self, columns: tuple[str, ...], present: Present) -> None:
        self.columns, self.present = columns, present
        self.exact_brands = {text: name for name in present.brands for text in _written(name)}
        self.exact: dict[str, int] = {}
        self.alike: dict[str, list[int]] = defaultdict(list)
        for pk, place in present.places.items():
            self.exact |= dict.fromkeys(_written(place.name), pk)
            self.alike[place.name.casefold()].append(pk)

    def row(self, row: Row) -> _Read:
        """Return what a row says of which location."""
        cells = dict(zip(self.columns, row.cells, strict=True))
        shown = unguarded(" ".join(cells["name"].text[:CELL_LIMIT].split()))[:200]
        if row.mistake:
            return _Read(row.number, "", shown, None, None, (Mistake("", row.mistake),))
        mistakes: list[Mistake] = []
        pk = self.exact.get(cells["name"].text)
        name = "" if pk is None else self.present.places[pk].name
        if pk is None:
            name = _text("name", cells["name"], "", mistakes)
            pk = self._alike(name, mistakes)
        before = self.present.places.get(pk, Place("")) if pk is not None else Place("")
        texts = {**asdict(before), "name": name}
        for column, cell in cells.items():
            if column != "name":
                texts[column] = self._read(column, cell, getattr(before, column), mistakes)
        place = None if mistakes else Place(**texts)
        return _Read(row.number, name.casefold(), name or shown, pk, place, tuple(mistakes))

    def _alike(self, name: str, mistakes: list[Mistake]) -> int | None:
        """Return the location whose name differs in capitals at most. Two of them are a mistake."""
        found = self.alike.get(name.casefold(), [])
        if len(found) > 1:
            reason = (
                "Several locations of the practice have this name but for capital letters. Write "
                "it exactly as one of them."
            )
            mistakes.append(Mistake(LABELS["name"], reason))
        return found[0] if len(found) == 1 else None

    def _read(self, column: str, cell: Cell, before: str, mistakes: list[Mistake]) -> str:
        if column == "brand" and cell.text in self.exact_brands:
            return self.exact_brands[cell.text]
        if column == "closed":
            return self._day(cell, before, mistakes)
        return _text(column, cell, before, mistakes)

    def _day(self, cell: Cell, before: str, mistakes: list[Mistake]) -> str:
        """Return the day on which a location closed. The one that stands there may stay."""
        text = _text("closed", Cell(cell.day) if cell.day else cell, before, mistakes)
        if text and text != before:
            try:
                check_closing(date.fromisoformat(text), self.present.today)
            except NotThatDay as refused:
                mistakes.append(_refused("closed", cell, str(refused)))
        return text


def _text(column: str, cell: Cell, before: str, mistakes: list[Mistake]) -> str:
    """Return the text of a cell as it is kept, and say what is wrong with it.

    What is there already may stay, though it might be refused today: what was exported comes back.
    """
    if before and cell.text in _written(before):
        return before
    try:
        if cell.mistake:
            raise TextRefused(cell.mistake)
        if len(cell.text) > CELL_LIMIT:
            raise TextRefused(
                f"This has {len(cell.text):,} characters, and no more than {CELL_LIMIT:,} are read."
                " Shorten it."
            )
        if column in ("phone", "fax") and DAMAGED_NUMBER.fullmatch(cell.text.strip()):
            raise TextRefused(
                "A spreadsheet shortened this number. Format the column as text, and type it again."
            )
        text = unguarded(cell.text)
        refuse_formula(text, lines=True)
        return str(FIELDS[column].clean(text) or "")
    except TextRefused as refused:
        mistakes.append(_refused(column, cell, str(refused)))
    except ValidationError as refused:
        mistakes.extend(_refused(column, cell, reason) for reason in refused.messages)
    return ""


def _refused(column: str, cell: Cell, reason: str) -> Mistake:
    """Say why a cell is refused and how what stands in it begins, in a line that can be shown."""
    text = "" if column == "name" else " ".join(cell.text[:CELL_LIMIT].split())
    line = "".join(mark if mark.isprintable() else "\ufffd" for mark in text)
    shown = line if len(line) <= CELL_SHOWN else f"{line[: CELL_SHOWN - 1]}…"
    return Mistake(LABELS[column], reason, shown)


def _written(text: str) -> tuple[str, str]:
    """Return how files write a text: those without types of cells, and those with them."""
    return guarded(text), guarded(text, typed=True)


def _is_example(table: Table, row: Row) -> bool:
    name = row.cells[table.columns.index("name")].text
    return " ".join(name.split()).casefold() == EXAMPLE["name"].casefold()


def _numbers(read: Iterable[_Read]) -> dict[str, list[int]]:
    """Return the numbers of the rows of each key."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for one in read:
        numbers[one.key].append(one.number)
    return numbers


def _listed(numbers: list[int]) -> str:
    """Return numbers in a sentence; of many, the first ones."""
    if len(numbers) > 5:
        return f"{', '.join(map(str, numbers[:4]))} and {len(numbers) - 4} more"
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _new_brands(places: list[Place], present: Present) -> tuple[str, ...]:
    named = (place.brand for place in places if place.brand)
    return tuple(dict.fromkeys(name for name in named if name not in present.brands))


def _too_many(present: Present, locations: int, brands: int, limits: Limits) -> str:
    """Return a sentence where so many more are too many, or nothing."""
    locations_then, brands_then = len(present.places) + locations, len(present.brands) + brands
    if locations and locations_then > limits.locations:
        return (
            f"There would be {locations_then:,} locations, and a practice can have "
            f"{limits.locations:,}."
        )
    if brands and brands_then > limits.brands:
        return f"There would be {brands_then:,} brands, and a practice can have {limits.brands:,}."
    return ""
