"""The database of a test process as a whole: its address, who is connected, a copy to put back."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import quote

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from psycopg import sql


def login() -> str:
    """Return the address of the server, without a database, as PostgreSQL's clients take it."""
    found: dict[str, Any] = connection.settings_dict
    user, password = (quote(found[name], safe="") for name in ("USER", "PASSWORD"))
    return f"postgresql://{user}:{password}@{found['HOST']}:{found['PORT']}"


def address() -> str:
    """Return the address of the database of this test, as another process needs it."""
    name = connection.settings_dict["NAME"]
    return f"sqlite:///{name}" if connection.vendor == "sqlite" else f"{login()}/{name}"


def end_sessions(outside: psycopg.Connection[Any], *names: str) -> None:
    """End whoever is connected to databases of the server, and wait until they have ended.

    A thread may have left its connection to be collected some day, and of a process that was
    killed the server may not have heard yet.
    """
    ended = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = ANY(%s)"
    outside.execute(ended, [list(names)])


class Copy:
    """A copy of the database as it is now. Whoever asks is in no transaction."""

    def __init__(self) -> None:
        self._name = f"{connection.settings_dict['NAME']}_copy"
        if connection.vendor == "postgresql":
            _replace(self._name, by=connection.settings_dict["NAME"])
        else:
            self._memory = sqlite3.connect(":memory:")
            connection.ensure_connection()
            connection.connection.backup(self._memory)

    def put_back(self) -> None:
        """Let the database be what it was then."""
        if connection.vendor == "postgresql":
            _replace(connection.settings_dict["NAME"], by=self._name)
        else:
            connection.ensure_connection()
            self._memory.backup(connection.connection)
        ContentType.objects.clear_cache()  # they may have had other numbers

    def remove(self) -> None:
        """Delete the copy."""
        if connection.vendor == "postgresql":
            _tell("DROP DATABASE {}", self._name)
        else:
            self._memory.close()


def _replace(name: str, *, by: str) -> None:
    new = f"{name}_new"
    _tell("CREATE DATABASE {} TEMPLATE {}", new, by)
    _tell("DROP DATABASE IF EXISTS {}", name)
    _tell("ALTER DATABASE {} RENAME TO {}", new, name)


def _tell(statement: str, *names: str) -> None:
    """Tell the server something about whole databases, to which nobody may be connected."""
    connection.close()
    connection.close_pool()
    with psycopg.connect(f"{login()}/postgres", autocommit=True) as outside:
        end_sessions(outside, *names)
        outside.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
