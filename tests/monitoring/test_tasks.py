"""The number of a request goes on in the tasks that it led to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Task

from policygen import tracing
from policygen.celery import app

BATCH = "5f0c9a8e-3b1d-4f6a-9c2e-7d8b6a5f4e3d"


@pytest.fixture
def task() -> Iterator[Any]:
    """A task that returns what its log lines would say."""

    @app.task(name="tests.known", shared=False)
    def known(**_arguments: object) -> dict[str, str]:
        return dict(tracing.fields())

    yield known
    app.tasks.pop("tests.known", None)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The headers of the messages that were sent."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(Task, "apply_async", lambda *_, **more: found.append(more["headers"]))
    return found


def test_a_message_carries_the_number_of_the_request(task, sent):
    with tracing.bound(request_id="0123abcd"):
        task.apply_async(kwargs={"batch": BATCH})
        task.apply_async(headers={"own": "1"})
    assert sent == [{"request_id": "0123abcd"}, {"own": "1", "request_id": "0123abcd"}]


def test_what_nobody_asked_for_begins_with_a_number_of_its_own(task, sent):
    task.apply_async()
    assert re.fullmatch(r"[0-9a-f]{16}", sent[0]["request_id"])


def test_a_worker_binds_the_number_the_task_the_batch_and_the_queue(task):
    task.push_request(request_id="0123abcd", delivery_info={"routing_key": "bulk"})
    try:
        found = task(batch=BATCH)
    finally:
        task.pop_request()
    assert found == {
        "request_id": "0123abcd",
        "task": "tests.known",
        "batch": BATCH,
        "queue": "bulk",
    }
    assert dict(tracing.fields()) == {}


@pytest.mark.parametrize("given", [None, "x\n" * 9, 7])
def test_a_message_of_an_older_release_or_of_somebody_else_gets_a_new_number(task, given):
    task.push_request(request_id=given)
    try:
        assert re.fullmatch(r"[0-9a-f]{16}", task()["request_id"])
    finally:
        task.pop_request()


def test_each_task_has_one_line_that_says_how_long_it_took(task, lines):
    task(batch=BATCH)
    (line,) = lines()
    assert (line["logger"], line["message"], line["task"]) == (
        "policygen.tasks",
        "task",
        "tests.known",
    )
    assert line["batch"] == BATCH
    assert line["ms"] >= 0


WORKER = """
import logging
import django
django.setup()
from policygen.celery import app
app.log.setup(loglevel="WARNING")  # what the command line asks for by default
from celery.utils.log import get_multiprocessing_logger
get_multiprocessing_logger().error("a child exited with %s", "signal 9")
logging.getLogger("policygen.tasks").info("task")
"""


def test_the_settings_decide_what_a_worker_logs_and_not_its_command_line(monkeypatch):
    monkeypatch.setenv("POLICYGEN_LOG_FORMAT", "json")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "policygen.settings")
    command = [sys.executable, "-c", WORKER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["logger"], line["message"]) for line in lines] == [
        ("multiprocessing", "a child exited with signal 9"),
        ("policygen.tasks", "task"),
    ]
