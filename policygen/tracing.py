"""What the log lines of one request have in common, also those of the tasks that it led to.

A request has a number. It stands in its log lines, in the header ``X-Request-ID`` of its answer, on
the page that says that something went wrong, and in the messages to workers, which bind it again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

HEADER = "X-Request-ID"
"""The header of answers, and of requests by a proxy that is trusted."""

FIELD = "request_id"
"""The name of the number in log lines and in the headers of messages."""

_SHAPE = re.compile(r"[A-Za-z0-9-]{8,64}")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default=_NOTHING)


def number_for(given: object) -> str:
    """Return the given number if it can be one, and a new one otherwise: 16 letters and digits."""
    if isinstance(given, str) and _SHAPE.fullmatch(given):
        return given
    return secrets.token_hex(8)


def request_id() -> str:
    """Return the number of the request that is at work here, or an empty text outside of one."""
    return _bound.get().get(FIELD, "")


def fields() -> Mapping[str, str]:
    """Return what every log line written here says beside its message, by name."""
    return _bound.get()


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Say these values in the log lines of a block, beside those that are said already."""
    token = _bound.set({**_bound.get(), **values})
    try:
        yield
    finally:
        _bound.reset(token)


def route_of(request: Any) -> str:
    """Return the name of the route that a request took, or its pattern if it has no name."""
    match = getattr(request, "resolver_match", None)
    return str(match.view_name or match.route) if match else "unknown"
