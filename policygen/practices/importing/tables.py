"""A table of locations as it stands in a file, and what its columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

LABELS = {
    "name": "Name",
    "brand": "Brand",
    "address": "Address",
    "phone": "Phone",
    "fax": "Fax",
    "email": "E-mail",
    "closed": "Closed",
}
"""The columns in their order: the name of each, and what stands above it."""

KNOWN = {
    **{label.casefold(): name for name, label in LABELS.items()},
    "email": "email",
    "telephone": "phone",
    "closed on": "closed",
}
"""What may stand above a column, without blanks, hyphens and full stops: the name of the column."""

ROWS = 2_000
"""How many rows a file may have below its first."""
COLUMNS = 50
"""How many columns are looked at."""

EXAMPLE = {
    "name": "Example (delete this row)",
    "brand": "Bright Smiles",
    "address": "12 Main Street\nSpringfield, IL 62701",
    "phone": "217 555 0100",
    "fax": "217 555 0199",
    "email": "front-desk@example.com",
    "closed": "",
}
"""The row of the template. It is left out where somebody forgot to delete it, known by its name."""

_PARTING = re.compile(r"[\s.\-_\u2010\u2011]+")


class FileRefused(Exception):
    """A file cannot be read as a table of locations; the message says why and what to do."""


@dataclass(frozen=True)
class Cell:
    """A cell as people see it, or why it cannot be taken.

    Where it holds a ``day`` (2026-05-17), that is a mistake in every column but those for days.
    """

    text: str
    mistake: str = ""
    day: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a file: its number as spreadsheets count them, and what is wrong with all of it."""

    number: int
    cells: tuple[Cell, ...]
    mistake: str = ""


@dataclass(frozen=True)
class Table:
    """The rows below the first, each with as many cells as there are ``columns`` (names).

    ``notes`` say what somebody should know about how the file was read.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as values of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Table:
        """Return the table that ``as_json`` described."""
        rows = tuple(
            Row(row["number"], tuple(Cell(**cell) for cell in row["cells"]), row["mistake"])
            for row in value["rows"]
        )
        return cls(tuple(value["columns"]), rows, tuple(value["notes"]))


def column_of(heading: str) -> str:
    """Return the name of the column that a heading means, or nothing."""
    bare = _PARTING.sub("", heading).casefold()
    return next((name for known, name in KNOWN.items() if _PARTING.sub("", known) == bare), "")


def table_of(rows: Sequence[Row], notes: Sequence[str] = ()) -> Table:
    """Return the table of all rows of a file, the headings first. Raises ``FileRefused``."""
    filled = [row for row in rows if any(cell.text.strip() or cell.mistake for cell in row.cells)]
    if not filled:
        raise FileRefused("There is nothing in this file. Take the template and fill it in.")
    head, *body = filled
    if len(body) > ROWS:
        raise FileRefused(
            f"This file has {len(body):,} rows. Split it into files of {ROWS:,} rows or fewer."
        )
    width = max(len(row.cells) for row in filled)
    columns = _columns(head, width)
    _refuse_nameless(columns, body, width)
    places = [place for place, name in enumerate(columns) if name]
    names = tuple(columns[place] for place in places)
    return Table(names, tuple(_picked(row, places) for row in body), tuple(notes))


def _columns(head: Row, width: int) -> list[str]:
    """Return the name of each column; nothing where no heading stands. Raises ``FileRefused``."""
    headings = [cell.text.strip() for cell in head.cells] + [""] * (width - len(head.cells))
    names = [column_of(heading) for heading in headings]
    unknown = [text for text, name in zip(headings, names, strict=True) if text and not name]
    if "name" not in names and len(unknown) == sum(map(bool, headings)):
        raise FileRefused(
            "The first row does not name the columns. It needs a column “Name”, and may have "
            f"{_listed([label for name, label in LABELS.items() if name != 'name'])}."
        )
    if unknown:
        raise FileRefused(" ".join(map(_unknown, unknown)))
    for name, label in LABELS.items():
        if names.count(name) > 1:
            raise FileRefused(f"Two columns mean “{label}”. Delete one of them.")
    if "name" not in names:
        raise FileRefused("There is no column “Name”. Locations are told apart by their names.")
    return names


def _unknown(heading: str) -> str:
    near = get_close_matches(heading.casefold(), [x.casefold() for x in LABELS.values()], 1, 0.5)
    shown = heading if len(heading) <= 60 else f"{heading[:60]}…"
    if near:
        right = next(label for label in LABELS.values() if label.casefold() == near[0])
        return f"There is no column “{shown}”. Perhaps it should be “{right}”."
    return f"There is no column “{shown}”. The columns are {_listed(list(LABELS.values()))}."


def _refuse_nameless(columns: list[str], body: list[Row], width: int) -> None:
    """Raise ``FileRefused`` where something stands in a column without a heading.

    Cells beyond the headings of a file without fixed columns are a mistake of their row instead.
    """
    for place in range(width):
        if columns[place]:
            continue
        for row in body:
            cell = row.cells[place] if place < len(row.cells) else Cell("")
            if not row.mistake and (cell.text.strip() or cell.mistake):
                raise FileRefused(
                    f"Column {place + 1} has no name, and something stands in it in row "
                    f"{row.number}. Write in the first row what it is, or delete the column."
                )


def _picked(row: Row, places: list[int]) -> Row:
    cells = tuple(row.cells[place] if place < len(row.cells) else Cell("") for place in places)
    return Row(row.number, cells, row.mistake)


def _listed(labels: list[str]) -> str:
    quoted = [f"“{label}”" for label in labels]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
