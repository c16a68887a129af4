"""Production's log: one object a line, with what is known and nothing about people."""

from __future__ import annotations

import json
import logging
from types import MappingProxyType
from typing import Any

import pytest
from django.test import RequestFactory

from policygen import tracing
from policygen.logs import Discreet, JsonLines, PlainFormatter

TOKEN = "mB7x0QhC2vJ5kT9w"


def record(
    message: Any, *args: Any, name: str = "policygen", error: Any = None, **extra: Any
) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    made = logging.LogRecord(name, logging.ERROR, "", 1, message, args, info)
    made.__dict__.update(extra)
    Discreet().filter(made)
    return made


def line(*args: Any, **more: Any) -> dict[str, Any]:
    written = JsonLines().format(record(*args, **more))
    assert written.isascii()
    assert "\n" not in written
    found: dict[str, Any] = json.loads(written)
    return found


def test_a_line_says_when_how_bad_who_and_what():
    found = line("it is %s", "late")
    assert found.pop("time").endswith("+00:00")
    assert found == {"level": "ERROR", "logger": "policygen", "message": "it is late"}


def test_a_line_says_of_which_request_and_task_it_is():
    with tracing.bound(request_id="0123abcd", task="policies.work"):
        found = line("it is late", status=503, ms=1.5)
    assert (found["request_id"], found["task"]) == ("0123abcd", "policies.work")
    assert (found["status"], found["ms"]) == (503, 1.5)


def test_what_else_hangs_on_a_record_stays_out():
    request = RequestFactory().get("/account/?login=quux@clinic.example")
    written = JsonLines().format(record("no", request=request, user="Quux", data={"args": "Quux"}))
    assert "uux" not in written


@pytest.mark.parametrize(
    "sent", ["a\nERROR b", "a\r\x1b[2J", "\u202egnp.exe\u2028", "\ud800", '"}{']
)
def test_a_visitor_cannot_begin_a_line_or_reach_the_terminal(sent):
    assert line("Not Found: %s", sent)["message"] == f"Not Found: {sent}"


def test_an_error_is_told_in_fields_of_its_own():
    found = line("failed", error=ValueError("bad\nERROR root: 'Dr. Quux'"))
    assert found["error"] == "ValueError"
    assert found["traceback"] == "ValueError: bad\nERROR root: “…”"
    assert found["message"] == "failed"


def test_the_route_stands_where_the_path_was():
    path = f"/invitations/{TOKEN}/"
    request = RequestFactory().get(path, {"next": "/x/"})
    for shown in (path, request.get_full_path()):
        found = line("Internal Server Error: %s", shown, request=request)
        assert found["message"] == "Internal Server Error: unknown"


def test_a_line_after_the_request_still_has_its_number():
    request = RequestFactory().get("/")
    setattr(request, tracing.FIELD, "0123abcd")
    assert line("Service Unavailable: %s", "/", request=request)["request_id"] == "0123abcd"


@pytest.mark.parametrize(
    ("message", "args", "kept"),
    [
        ("Error handling request %s", (f"/invitations/{TOKEN}/",), "Error handling request"),
        (
            "Error handling request %s %s",
            ("GET", f"/invitations/{TOKEN}/"),
            "Error handling request",
        ),
        ("Invalid request from ip=192.0.2.7: 'GARBAGE'", (), "Invalid request"),
        ("Booting worker with pid: %s", (7,), "Booting worker with pid: 7"),
    ],
)
def test_the_server_names_neither_paths_nor_addresses(message, args, kept):
    assert line(message, *args, name="gunicorn.error")["message"] == kept


def test_plain_lines_are_as_discreet():
    formatter = PlainFormatter("{levelname} {message}", style="{")
    with tracing.bound(request_id="0123abcd"):
        written = formatter.format(record("to %s", "quux@clinic.example", error=OSError("'Quux'")))
    assert written.splitlines() == ["ERROR to …@… [request_id=0123abcd]", "  | OSError: “…”"]


@pytest.mark.parametrize("said", [{"name": "Quux"}, MappingProxyType({"name": "Quux"})])
def test_a_record_that_was_given_a_dictionary_says_nothing_of_it(said):
    made = record(said)
    assert json.loads(JsonLines().format(made))["message"] == ""
    assert PlainFormatter("{levelname} {message}", style="{").format(made) == "ERROR "
