"""Rules that the database itself keeps, whoever asks.

Overriding ``save()`` is bypassed by bulk updates, raw SQL and cascades; triggers are not. A rule is
written once, in SQL that SQLite (3.39 or newer) and PostgreSQL both understand; migrations install
it. What is here serves migrations that have run on real sites: it is only ever added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Rule(NamedTuple):
    """Refuse an event (``INSERT``, ``UPDATE``, ``DELETE``) on a table for rows where this holds.

    ``{years_ago}`` in a condition is a date, six years before today (UTC).
    """

    name: str
    table: str
    event: str
    condition: str
    message: str


Keys = Mapping[str, tuple[str, ...]]
"""What is unique in a table: its columns, joined by commas."""

YEARS_AGO = {
    "sqlite": "date('now', '-6 years')",
    "postgresql": "(CURRENT_DATE - INTERVAL '6 years')::date",
}


def differs(*columns: str) -> str:
    """Return the condition that one of these columns changes."""
    return " OR ".join(f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in columns)


def tables_of(rules: Iterable[Rule]) -> list[str]:
    """Return the tables that rules are about."""
    return sorted({rule.table for rule in rules})


def install(schema_editor: Any, rules: Iterable[Rule], keys: Keys, *, emptied: str) -> None:
    """Make the triggers of rules. ``emptied`` names the function that refuses ``TRUNCATE``."""
    rules = tuple(rules)
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    write = _postgresql if on_postgresql else _sqlite
    with schema_editor.connection.cursor() as cursor:
        for rule in rules:
            cursor.execute(write(rule))
        if not on_postgresql:
            for table in tables_of(rules):
                cursor.execute(_sqlite_replacing(table, keys[table]))
            return
        cursor.execute(
            f"CREATE FUNCTION {emptied}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'This table is never emptied.' USING ERRCODE = '23514'; END $$"
        )
        for table in tables_of(rules):
            cursor.execute(
                f"CREATE TRIGGER {emptied} BEFORE TRUNCATE ON {table}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {emptied}()"
            )


def remove(schema_editor: Any, rules: Iterable[Rule], *, emptied: str) -> None:
    """Take the triggers of rules away again."""
    rules = tuple(rules)
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    with schema_editor.connection.cursor() as cursor:
        for rule in rules:
            if on_postgresql:
                cursor.execute(f"DROP FUNCTION keep_{rule.name}() CASCADE")
            else:
                cursor.execute(f"DROP TRIGGER keep_{rule.name}")
        if on_postgresql:
            cursor.execute(f"DROP FUNCTION {emptied}() CASCADE")
            return
        for table in tables_of(rules):
            cursor.execute(f"DROP TRIGGER keep_{table}_replacing")


def declared(rules: Iterable[Rule], *, emptied: str, vendor: str) -> set[tuple[str, str]]:
    """Return table and name of each trigger that rules make."""
    rules = tuple(rules)
    own = {(rule.table, f"keep_{rule.name}") for rule in rules}
    if vendor == "postgresql":
        return own | {(table, emptied) for table in tables_of(rules)}
    return own | {(table, f"keep_{table}_replacing") for table in tables_of(rules)}


def _sqlite(rule: Rule) -> str:
    message = rule.message.replace("'", "''")
    condition = rule.condition.replace("{years_ago}", YEARS_AGO["sqlite"])
    return (
        f"CREATE TRIGGER keep_{rule.name} BEFORE {rule.event} ON {rule.table} FOR EACH ROW"
        f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _sqlite_replacing(table: str, keys: tuple[str, ...]) -> str:
    """Refuse ``INSERT OR REPLACE``, by which SQLite deletes a row without asking any trigger."""
    same = []
    for key in keys:
        new = ", ".join(f'NEW."{name}"' for name in key.split(", "))
        same.append(f"({key}) = ({new})")
    return (
        f"CREATE TRIGGER keep_{table}_replacing BEFORE INSERT ON {table} FOR EACH ROW"
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {' OR '.join(same)})"
        " BEGIN SELECT RAISE(ABORT, 'UNIQUE: there is such a row already.'); END"
    )


def _postgresql(rule: Rule) -> str:
    message = rule.message.replace("'", "''")
    row = "OLD" if rule.event == "DELETE" else "NEW"
    condition = rule.condition.replace("{years_ago}", YEARS_AGO["postgresql"])
    return (
        f"CREATE FUNCTION keep_{rule.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = '23514'; END IF;"
        f" RETURN {row}; END $$;"
        f" CREATE TRIGGER keep_{rule.name} BEFORE {rule.event} ON {rule.table}"
        f" FOR EACH ROW EXECUTE FUNCTION keep_{rule.name}()"
    )
