"""Several people at once, each in a thread and with a connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

from tests.patience import PATIENCE

FEW = 8
"""So many can have a connection each before they begin; PostgreSQL's pool has no more."""


def together(
    *actions: Callable[[], object], refusals: tuple[type[Exception], ...] = ()
) -> list[Any]:
    """Do all of it at the same time. Return what each gave, or with what it was refused.

    Any other error is raised.
    """
    start = Barrier(len(actions))

    def do(action: Callable[[], object]) -> object:
        try:
            if len(actions) < FEW:
                connections["default"].ensure_connection()
            start.wait(timeout=PATIENCE)
            return action()
        except refusals as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(do, actions))
