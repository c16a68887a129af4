"""Log lines that a visitor cannot forge, and that say nothing about people.

``policygen/settings.py`` names these classes; nobody else needs them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from policygen import discretion, tracing

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

TOLD = (tracing.FIELD, "method", "route", "status", "ms", "bytes", "task", "batch", "queue")
"""What a line may say beside its message; whatever else hangs on a record stays out of the log."""


def escaped(text: str) -> str:
    r"""Show line ends, control and direction characters as escapes such as \n."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _margin(text: str) -> str:
    return "\n".join(f"  | {escaped(line)}" for line in text.splitlines())


class Discreet(logging.Filter):
    """Takes out of records what others write into theirs: paths, which hold keys, and addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with the route in the place of the path."""
        request: Any = getattr(record, "request", None)
        if hasattr(request, "path") and isinstance(record.args, tuple):
            paths = {request.path, request.path_info, request.get_full_path()}
            paths |= {path.encode("unicode_escape").decode("ascii") for path in paths}
            route = tracing.route_of(request)
            record.args = tuple(route if arg in paths else arg for arg in record.args)
            if number := getattr(request, tracing.FIELD, ""):  # its block may have ended
                setattr(record, tracing.FIELD, number)
        if record.name == "django.security.DisallowedHost":
            record.exc_info = record.exc_text = None  # the same places each time
        elif record.name == "gunicorn.error":
            _discreet_gunicorn(record)
        return True


def _discreet_gunicorn(record: logging.LogRecord) -> None:
    """Leave what happened, and neither the path nor who asked for it."""
    for words in ("Error handling request", "Invalid request"):
        if str(record.msg).startswith(words):
            record.msg, record.args = words, ()


def _message(record: logging.LogRecord) -> str:
    """Return what a record says in words; a dictionary is none, and may hold anything."""
    return "" if isinstance(record.msg, Mapping) else record.getMessage()


def _known(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a line says beside its message."""
    told = {name: getattr(record, name) for name in TOLD if hasattr(record, name)}
    return {**told, **tracing.fields()}


class PlainFormatter(logging.Formatter):
    """One record is one line, and a traceback below it keeps a margin of its own.

    So nothing that a visitor sends (a path, a header, an answer in an exception) can begin a line
    that looks like a record, or write to the terminal of whoever reads the log.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Fill in the pattern, add what is known of the request, then escape the whole line."""
        record.message = _message(record)
        line = discretion.without_addresses(super().formatMessage(record))
        known = " ".join(f"{name}={value}" for name, value in _known(record).items())
        return escaped(f"{line} [{known}]" if known else line)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        """Indent the traceback under its record."""
        return _margin(discretion.told(ei[1])) if ei[1] is not None else ""

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        """Indent the stack under its record."""
        return _margin(super().formatStack(stack_info))


class JsonLines(JsonFormatter):
    """One record is one line with one JSON object, in ASCII.

    It always has ``time`` (UTC), ``level``, ``logger`` and ``message``; where they are known,
    ``request_id`` and what ``TOLD`` lists; after an error, ``error`` (its kind) and ``traceback``.
    """

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Fill in what a line says. A record that was given a dictionary says nothing of it."""
        moment = datetime.fromtimestamp(record.created, UTC)
        log_data["time"] = moment.isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = discretion.without_addresses(_message(record))
        log_data.update(_known(record))
        if record.exc_info and record.exc_info[1] is not None:
            log_data["error"] = record.exc_info[0].__qualname__ if record.exc_info[0] else ""
            log_data["traceback"] = discretion.told(record.exc_info[1])
        if record.stack_info:
            log_data["stack"] = record.stack_info
