"""Files of the locations that a practice has, and the template for files of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from policygen.practices.importing.csv_files import write_csv
from policygen.practices.importing.planning import Place
from policygen.practices.importing.tables import EXAMPLE, LABELS
from policygen.practices.importing.writing import present_in
from policygen.practices.importing.xlsx_files import write_xlsx
from policygen.practices.models import Practice

FORMATS: dict[str, tuple[str, Callable[[Iterable[Sequence[str]]], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
}
"""For each ending of a file name its type, and what writes it."""


def exported(practice: Practice, ending: str) -> bytes:
    """Return the locations of a practice as a file, in the order in which they were added."""
    return _file(present_in(practice).places.values(), ending)


def template(ending: str) -> bytes:
    """Return a file with the headings and an example, which is left out when it comes back."""
    return _file([Place(**EXAMPLE)], ending)


def _file(places: Iterable[Place], ending: str) -> bytes:
    _, write = FORMATS[ending]
    rows = [[asdict(place)[name] for name in LABELS] for place in places]
    return write([list(LABELS.values()), *rows])
