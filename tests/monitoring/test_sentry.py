"""What goes to Sentry, where a site has one: places in the code, and nothing about people."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from django.contrib.sessions.middleware import SessionMiddleware
from django.test import Client
from sentry_sdk.transport import Transport

from policygen import tracing
from policygen.monitoring import sentry

DSN = "https://key@sentry.example/1"


class Kept(Transport):
    """Keeps what would be sent."""

    events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        """Keep the events of an envelope."""
        if (event := envelope.get_event()) is not None:
            self.events.append(event)


@pytest.fixture
def events() -> Iterator[list[dict[str, Any]]]:
    """What Sentry was told."""
    Kept.events.clear()
    sentry.start(DSN, environment="production", transport=Kept)
    yield Kept.events
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)


def text_of(events: list[dict[str, Any]]) -> str:
    return json.dumps(events, default=str)


def test_an_error_is_reported_with_its_place_and_number_and_without_anything_of_the_request(
    db, events, monkeypatch
):
    def fail(*_):
        practice = "Quux Dental"
        raise ValueError(f"cannot read '{practice}' of quux@clinic.example")

    monkeypatch.setattr(SessionMiddleware, "process_request", fail)
    client = Client(raise_request_exception=False)
    sent = {"login": "quux@clinic.example", "password": "quux quux"}
    headers = {"cookie": "sessionid=quux", "x-quux": "quux", "user-agent": "Quux"}
    answer = client.post("/account/login/?q=quux", sent, headers=headers, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 500
    assert events
    event = events[0]
    (error,) = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "cannot read “…” of …@…")
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"
    assert event["tags"]["request_id"] == answer[tracing.HEADER]
    assert event["release"].startswith("policygen@")
    said = text_of([{**event, "exception": None}]) + str(error["value"])
    for secret in ("uux", "192.0.2", "cookie", "login="):
        assert secret not in said
    assert not [frame for frame in error["stacktrace"]["frames"] if "vars" in frame]


def test_a_logged_error_is_reported_without_what_was_filled_into_it(events):
    with tracing.bound(request_id="0123abcd", task="policies.work"):
        logging.getLogger("policygen.policies").error("no mail to %s", "quux@clinic.example")
    (event,) = events
    assert event["logentry"] == {"message": "no mail to …@…"}
    assert event["tags"] == {"request_id": "0123abcd", "task": "policies.work"}
    assert "uux" not in text_of(events)


def test_what_anybody_can_cause_is_not_reported(client, db, events):
    client.get("/", SERVER_NAME="quux.example")
    client.get("/no-such-page")
    assert events == []


def transactions(monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
    """Ask for pages, each of which fails before its route is found."""

    def fail(*_: Any) -> None:
        raise ValueError("no")

    with monkeypatch.context() as patch:
        patch.setattr(SessionMiddleware, "process_request", fail)
        for path in paths:
            Client(raise_request_exception=False).get(path)


def test_a_path_is_not_reported_where_no_route_was_found(db, events, monkeypatch):
    transactions(monkeypatch, "/invitations/quux-key", "/no/such/quux", "/invitations/quux-key/")
    assert len(events) == 3
    assert "uux" not in text_of([{**event, "exception": None} for event in events])
    assert [event.get("transaction") for event in events] == [None, None, "/invitations/{token}/"]


@pytest.mark.parametrize(
    ("source", "kept"),
    [("route", True), ("task", True), ("url", False), ("custom", False), (None, False)],
)
def test_a_transaction_is_called_by_its_route_or_task_or_not_at_all(source, kept):
    event: Any = {"transaction": "/quux/", "transaction_info": source and {"source": source}}
    assert ("transaction" in sentry.discreet(event, {})) is kept
