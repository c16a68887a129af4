"""The variables of logs, figures and errors."""

from __future__ import annotations

import logging
import runpy

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tests.test_settings import PRODUCTION, ROOT, load

__all__ = ["load"]

TOKEN = "a-token-that-nobody-guesses"
DSN = "https://abc123@sentry.example.org/7"


def test_production_writes_json_and_development_plain_lines(load):
    assert load({})["LOG_FORMAT"] == "plain"
    assert load(PRODUCTION)["LOG_FORMAT"] == "json"


def test_either_can_be_chosen(load):
    for chosen in ("plain", "json"):
        found = load({**PRODUCTION, "POLICYGEN_LOG_FORMAT": chosen})
        assert found["LOGGING"]["handlers"]["stderr"]["formatter"] == chosen


def test_no_server_writes_lines_with_paths(load):
    loggers = load(PRODUCTION)["LOGGING"]["loggers"]
    for name in ("gunicorn.access", "django.server", "django.request"):
        assert logging.getLevelName(loggers[name]["level"]) >= logging.ERROR


def test_without_their_variables_nothing_is_measured_or_reported(load):
    found = load(PRODUCTION)
    assert (found["METRICS_TOKEN"], found["METRICS_DIR"], found["SENTRY_DSN"]) == ("", None, "")


def test_with_them_it_is(load, monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")  # so that it is put back afterwards
    variables = {
        "POLICYGEN_METRICS_TOKEN": TOKEN,
        "POLICYGEN_METRICS_DIR": str(tmp_path),
        "POLICYGEN_SENTRY_DSN": DSN,
    }
    found = load({**PRODUCTION, **variables})
    assert (found["METRICS_TOKEN"], found["METRICS_DIR"], found["SENTRY_DSN"]) == (
        TOKEN,
        tmp_path,
        DSN,
    )


@pytest.mark.parametrize(
    ("variable", "value", "right"),
    [
        ("POLICYGEN_LOG_FORMAT", "xml", "json or plain"),
        ("POLICYGEN_METRICS_TOKEN", "short", "20 characters or more"),
        ("POLICYGEN_METRICS_TOKEN", "with blanks in it, long enough", "without spaces"),
        ("POLICYGEN_METRICS_DIR", "/no/such/folder", "a folder that exists"),
        ("POLICYGEN_SENTRY_DSN", "sentry.example.org/7", "https://key@sentry.example.org/1"),
        ("POLICYGEN_SENTRY_DSN", "https://sentry.example.org/7", "https://key@"),
    ],
)
def test_a_bad_value_stops_the_start(load, variable, value, right):
    with pytest.raises(ImproperlyConfigured) as stopped:
        load({**PRODUCTION, variable: value})
    assert variable in str(stopped.value)
    assert right in str(stopped.value)
    if "TOKEN" in variable:
        assert value not in str(stopped.value)


def test_gunicorn_writes_as_the_site_does_and_no_paths():
    found = runpy.run_path(str(ROOT / "setup" / "container" / "gunicorn_logs.py"))
    assert found["accesslog"] is None
    assert found["logconfig_dict"] == settings.LOGGING
