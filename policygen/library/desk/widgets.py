"""Widgets of the desk's forms: they know how a value is typed in, not what it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from policygen.core.conditions import KEYS
from policygen.library.desk.offered import Offered

EMPTY_ROWS = 3
"""How many empty rows a picker has below its filled ones."""

ROWS_LIMIT = 200
"""The most rows that a picker shows; a form may not have many more fields."""

ADD_ROW = "add-row"
"""The name of the buttons that add a row to a picker; their values say to which."""

LEGENDS = {
    "all": ("All of these hold", "must hold"),
    "any": ("At least one of these holds", "may be the one that holds"),
    "none": ("None of these holds", "must not hold"),
}


@dataclass(frozen=True)
class Picked:
    """What stands in the rows of a picker, by part of the condition; rows may be empty."""

    rows: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def from_condition(cls, condition: Mapping[str, Sequence[str]]) -> Picked:
        """Return a picker's rows for a condition in its plain form."""
        return cls({key: [*condition.get(key, ()), *[""] * EMPTY_ROWS] for key in KEYS})

    def condition(self) -> dict[str, list[str]]:
        """Return the condition in its plain form; empty rows and empty parts are left out."""
        filled = {
            key: [row.strip() for row in self.rows.get(key, ()) if row.strip()] for key in KEYS
        }
        return {key: rows for key, rows in filled.items() if rows}


def _filled(rows: Iterable[str]) -> list[str]:
    return [row.strip() for row in rows if row.strip()]


@dataclass(frozen=True)
class Row:
    """One row as it is shown: the atom in it, what that means, and what a listener hears."""

    id: str
    atom: str
    meaning: str
    label: str


@dataclass(frozen=True)
class Part:
    """One of the three lists of a picker."""

    key: str
    name: str
    legend: str
    rows: tuple[Row, ...]


class ConditionPicker(forms.Widget):
    """A condition as three lists of rows, each an input over one list of atoms in the page.

    ``offered`` are the answers that can be named; the page has them in a ``datalist`` of the id
    ``atoms`` (``admin/desk/condition_picker.html``).
    """

    use_fieldset = True
    offered: Offered | None = None

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> Picked:
        """Return all rows, and one more where a row was asked for."""
        rows = {}
        for key in KEYS:
            row_name = f"{name}-{key}"
            typed = (
                data.getlist(row_name) if isinstance(data, MultiValueDict) else data.get(row_name)
            )
            rows[key] = [self._atom(text) for text in list(typed or ())[:ROWS_LIMIT]]
            if data.get(ADD_ROW) == row_name:
                rows[key].append("")
        return Picked(rows)

    def value_omitted_from_data(
        self, data: Mapping[str, Any], files: Mapping[str, Any], name: str
    ) -> bool:
        """Tell whether a form came without this picker."""
        return not any(f"{name}-{key}" in data for key in KEYS)

    def id_for_label(self, id_: str, index: str = "0") -> str:
        """Return nothing: the picker is a group of inputs, each with a label of its own."""
        return ""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Show the rows with their meanings."""
        context = {
            "parts": self.parts(name, value),
            "meanings": self.offered.meanings if self.offered else {},
            "add_row": ADD_ROW,
            "wrong": (attrs or {}).get("aria-invalid") == "true",
        }
        return render_to_string("admin/desk/condition_picker.html", context)

    def parts(self, name: str, value: Any) -> list[Part]:
        """Return the three lists with at least as many rows as were filled, and empty ones."""
        picked = value if isinstance(value, Picked) else Picked.from_condition(value or {})
        return [self._part(name, key, picked.rows.get(key, ())) for key in KEYS]

    def _part(self, name: str, key: str, typed: Sequence[str]) -> Part:
        legend, label = LEGENDS[key]
        filled = _filled(typed)
        count = max(len(typed), len(filled) + EMPTY_ROWS)
        atoms = [*filled, *[""] * (count - len(filled))]
        rows = (
            Row(f"id_{name}-{key}-{n}", atom, self._meaning(atom), f"Answer {n} that {label}")
            for n, atom in enumerate(atoms, start=1)
        )
        return Part(key, f"{name}-{key}", legend, tuple(rows))

    def _atom(self, typed: str) -> str:
        return self.offered.atom_called(typed) if self.offered else typed

    def _meaning(self, atom: str) -> str:
        if not atom or self.offered is None:
            return ""
        return self.offered.meanings.get(atom, "There is no such answer.")
