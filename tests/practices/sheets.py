"""Files of locations for tests: good ones, and every kind of bad one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl

from policygen.practices.importing.planning import Limits, Place, Plan, Present, plan_of
from policygen.practices.importing.reading import read_file
from policygen.practices.importing.tables import FileRefused, Table

TODAY = date(2026, 11, 22)
"""The day on which these files are read."""

HEAD = "Name,Brand,Address,Phone,Fax,E-mail"


def lines(*rows: str, head: str = HEAD) -> bytes:
    """Return a CSV file of these rows."""
    return "\r\n".join([head, *rows, ""]).encode()


def book(rows: list[list[Any]], change: Callable[[Any], None] = lambda book: None) -> bytes:
    """Return an XLSX file with these rows below the headings, changed before it is saved."""
    made = openpyxl.Workbook()
    made.active.append(HEAD.split(","))
    for row in rows:
        made.active.append(row)
    change(made)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def repacked(content: bytes, **parts: bytes | None) -> bytes:
    """Return a ZIP file with parts exchanged or added, by their names with “__” for “/”."""
    new = {name.replace("__", "/"): inside for name, inside in parts.items()}
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", 8) as made:
        for name in old.namelist():
            if name not in new:
                made.writestr(name, old.read(name))
        for name, inside in new.items():
            if inside is not None:
                made.writestr(name, inside)
    return target.getvalue()


def plan(content: bytes, *present: Place, brands: tuple[str, ...] = ()) -> Plan:
    """Return what a file changes where these locations are, numbered from 1."""
    places = dict(enumerate(present, start=1))
    return plan_of(read_file(content), Present(places, brands, TODAY), Limits(2000, 200))


def mistakes(content: bytes, *present: Place) -> list[tuple[int, str, str]]:
    """Return the row, column and reason of all that is wrong with the rows of a file."""
    return [
        (row.number, mistake.column, mistake.reason)
        for row in plan(content, *present).bad
        for mistake in row.mistakes
    ]


def refusal(content: bytes) -> str:
    """Return why a file is refused; nothing if it is not."""
    try:
        read_file(content)
    except FileRefused as refused:
        return str(refused)
    return ""


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]
