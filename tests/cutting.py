"""The connection to PostgreSQL, cut after some statements, as if the server had ended."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections


def cutting(after: int) -> Callable[..., Any]:
    """Return a wrapper of statements that has another connection end this one."""
    statements = 0

    def end(pid: int) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])
        finally:
            connections.close_all()

    def statement(execute: Any, *of: Any) -> Any:
        nonlocal statements
        result = execute(*of)
        statements += 1
        if statements == after:
            pid = connection.connection.info.backend_pid
            with ThreadPoolExecutor(1) as other:
                other.submit(end, pid).result()
        return result

    return statement
