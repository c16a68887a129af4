"""Nothing that a visitor sends can forge a log line or reach the reader's terminal."""

import logging

import pytest

from policygen.logs import PlainFormatter, escaped


@pytest.fixture
def line():
    def write(message, *args, exc_info=None):
        record = logging.LogRecord("policygen", logging.ERROR, "", 1, message, args, exc_info)
        return PlainFormatter("{levelname} {message}", style="{").format(record)

    return write


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("/a\nERROR root: gone", "/a\\nERROR root: gone"),
        ("/a\r\x1b[2J", "/a\\r\\x1b[2J"),
        ("\x9b31m\x00\x7f", "\\x9b31m\\x00\\x7f"),
        ("\u202egnp.exe\u2028", "\\u202egnp.exe\\u2028"),
        ("\ud800", "\\ud800"),
        ("Zoë, 牙科 and a space", "Zoë, 牙科 and a space"),
    ],
)
def test_a_record_is_one_line_and_shows_control_characters(line, sent, shown):
    assert line("Not Found: %s", sent) == f"ERROR Not Found: {shown}"


def test_a_traceback_keeps_its_margin(line):
    error = ValueError("bad\nERROR root: all is lost")
    written = line("failed", exc_info=(ValueError, error, None))
    assert written.splitlines()[0] == "ERROR failed"
    assert all(row.startswith("  | ") for row in written.splitlines()[1:])


def test_escaping_leaves_plain_text_alone():
    assert escaped("GET /healthz 200") == "GET /healthz 200"
