"""Everything of one database into another one, as from SQLite to PostgreSQL and back.

All rows are copied as they are, in one transaction on each side, and compared by a digest before
that of the target ends: either everything is there and the same, or nothing is. The triggers of
policies stay on. Those of the library that watch over insertions are lifted meanwhile: they tell
how a piece or a release begins, and what is copied has come further.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from policygen.library.verify import TRIGGERS
from policygen.policies.models import Draft, DraftState, Event, PolicyVersion, VersionFile

TARGET = "target"
"""The alias of the database that is copied into."""

MADE_BY_MIGRATING: tuple[type[models.Model], ...] = (
    *(Group.permissions.through, Group, Permission, ContentType),
)
"""``migrate`` makes rows of these, each referring to the next; the copied ones replace them."""

IN_ORDER: tuple[type[models.Model], ...] = (PolicyVersion, VersionFile, Event)
"""The database takes versions before their files, and files before the line that publishes them."""

CHUNK = 500


class NotMoved(Exception):
    """Nothing was copied; the message says why."""


@dataclass(frozen=True)
class Summary:
    """How much a database holds, and the SHA-256 over all of it."""

    tables: int
    rows: int
    digest: str


def open_target(found: dict[str, Any]) -> str:
    """Make a database known by its settings (``settings.DATABASE_AT``), and return its alias."""
    options = {name: value for name, value in found["OPTIONS"].items() if name != "pool"}
    both = {DEFAULT_DB_ALIAS: connections.settings[DEFAULT_DB_ALIAS], TARGET: found}
    both[TARGET] = {**found, "OPTIONS": options}
    connections.settings[TARGET] = connections.configure_settings(both)[TARGET]
    return TARGET


def close_target() -> None:
    """Forget the database again."""
    connections[TARGET].close()
    del connections[TARGET]
    del connections.settings[TARGET]


def move(target: str, source: str = DEFAULT_DB_ALIAS) -> Summary:
    """Copy everything from one database into an empty, migrated one, and return what that is.

    Raises ``NotMoved`` with the reason, in which case the target is as it was.
    """
    try:
        _refuse_unlike(source, target)
        with _snapshot(source), transaction.atomic(using=target):
            _without_limits(target)
            with _insertions_lifted(target):
                _copy(source, target)
                _check_constraints(target)
            here, there = summary_of(source), summary_of(target)
            if here != there:
                raise NotMoved(f"What was copied is not the same: {here} became {there}.")
            return there
    except (DatabaseError, ValueError) as error:
        raise NotMoved(f"The other database refused: {error}.") from error


def summary_of(alias: str) -> Summary:
    """Return how much a database holds, and a digest that does not depend on the kind of database.

    The digests of a table's rows are added up, since databases sort texts differently.
    """
    rows, sums = 0, {}
    for model in tables():
        total = 0
        for row in model._base_manager.using(alias).iterator(CHUNK):
            total += int.from_bytes(hashlib.sha256(_plain(row).encode()).digest())
            rows += 1
        sums[model._meta.db_table] = str(total % 2**256)
    text = json.dumps(sums, sort_keys=True)
    return Summary(len(sums), rows, hashlib.sha256(text.encode()).hexdigest())


def tables() -> list[type[models.Model]]:
    """Return the models of all tables, in the order in which they are copied."""
    every = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model not in IN_ORDER
    ]
    return [*every, *IN_ORDER]


# ------------------------------------------------------------------ both sides


@contextmanager
def _snapshot(source: str) -> Iterator[None]:
    """Hold the source still: on SQLite nobody else writes, on PostgreSQL nobody else is seen."""
    with transaction.atomic(using=source):
        if connections[source].vendor == "postgresql":
            with connections[source].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        _without_limits(source)
        yield


def _without_limits(alias: str) -> None:
    """Let statements of this transaction take their time."""
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def _refuse_unlike(source: str, target: str) -> None:
    """Raise ``NotMoved`` unless the target is empty, and has the same tables."""
    here, there = (_migrations(alias) for alias in (source, target))
    if here != there:
        names = ", ".join(".".join(one) for one in sorted(here ^ there)[:5])
        raise NotMoved(
            f"The other database does not have the same tables (look at {names}). Run "
            "“manage.py migrate” with DATABASE_URL naming it first."
        )
    for model in tables():
        if model not in MADE_BY_MIGRATING and model._base_manager.using(target).exists():
            raise NotMoved(
                f"The other database holds data already, in {model._meta.db_table}. Name an empty "
                "one."
            )


def _migrations(alias: str) -> set[tuple[str, str]]:
    return set(MigrationRecorder(connections[alias]).applied_migrations())


def _check_constraints(target: str) -> None:
    """See now that all keys lead somewhere, and not only when the transaction ends."""
    connection = connections[target]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    else:
        connection.check_constraints()


@contextmanager
def _insertions_lifted(target: str) -> Iterator[None]:
    """Take away the library's triggers for insertions, and put them back."""
    names = {f"keep_{rule.name}": rule.table for rule in TRIGGERS.RULES if rule.event == "INSERT"}
    with connections[target].cursor() as cursor:
        if connections[target].vendor == "postgresql":
            for name, table in names.items():
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
            yield
            for name, table in names.items():
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        lifted = [(name, sql) for name, sql in cursor.fetchall() if name in names]
        for name, _ in lifted:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in lifted:
            cursor.execute(sql)


# ------------------------------------------------------------------ rows


def _copy(source: str, target: str) -> None:
    for model in MADE_BY_MIGRATING:
        model._base_manager.using(target).all()._raw_delete(target)
    for model in tables():
        for row in model._base_manager.using(source).order_by("pk").iterator(CHUNK):
            _insert(row, target)
    _approve(source, target)
    _go_on_counting(target)


def _insert(row: models.Model, target: str) -> None:
    """Insert a row as it is. No draft begins approved, so an approved one is submitted first."""
    if isinstance(row, Draft) and row.state == DraftState.APPROVED:
        row.state, row.approved_by = DraftState.SUBMITTED, None
    try:
        row.save_base(raw=True, force_insert=True, using=target)
    except (DatabaseError, ValueError) as error:
        what = f"{row._meta.db_table}, row {row.pk}"
        raise NotMoved(f"The other database does not take {what}: {error}.") from error


def _approve(source: str, target: str) -> None:
    approved = Draft.objects.using(source).filter(state=DraftState.APPROVED)
    for key, by in approved.values_list("pk", "approved_by"):
        there = Draft.objects.using(target).filter(pk=key)
        there.update(state=DraftState.APPROVED, approved_by=by)


def _go_on_counting(target: str) -> None:
    """Let new rows get numbers after those that were copied. SQLite does so by itself."""
    connection = connections[target]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)


def _plain(row: models.Model) -> str:
    """Return what a row says, in the same words on every database."""
    values = {field.column: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return json.dumps(values, sort_keys=True, default=_as_text)


def _as_text(value: object) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case bytes() | memoryview():
            return bytes(value).hex()
    raise TypeError(f"{type(value).__name__} has no form that is the same on every database.")
