"""A library at rest: what hundreds of tests begin with is made once and then stored again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from policygen.library.models import Release


@dataclass(frozen=True)
class Table:
    """All rows of a table."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


_KEPT: dict[Hashable, list[Table]] = {}


def put_at_rest(name: str, make: Callable[[], object]) -> None:
    """Have the desk, on which nothing is yet, as ``make`` leaves it: a library that nobody edited.

    Only the first call of a process (and of a day) takes its time. Afterwards the same rows are
    stored again, past all functions, though not past the rules of the database.
    """
    key = (name, timezone.localdate())
    if key not in _KEPT:
        make()
        _KEPT[key] = [_taken(model) for model in _models()]
    else:
        _put_back(_KEPT[key])


def _models() -> list[type[models.Model]]:
    return list(apps.get_app_config("library").get_models(include_auto_created=True))


def _taken(model: type[models.Model]) -> Table:
    name, quote = model._meta.db_table, connection.ops.quote_name
    columns = tuple(quote(field.column) for field in model._meta.local_concrete_fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {quote(name)}")
        return Table(name, columns, cursor.fetchall())


def _put_back(tables: list[Table]) -> None:
    """Store the rows; releases begin as candidates, since entries are added to no other."""
    state = connection.ops.quote_name("state")
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            rows = table.rows
            if table.name == Release._meta.db_table:
                at = table.columns.index(state)
                rows = [(*row[:at], "candidate", *row[at + 1 :]) for row in rows]
            if rows:
                places = ", ".join(["%s"] * len(table.columns))
                into = f"{connection.ops.quote_name(table.name)} ({', '.join(table.columns)})"
                cursor.executemany(f"INSERT INTO {into} VALUES ({places})", rows)
        Release.objects.update(state="published")
        for sql in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(sql)
