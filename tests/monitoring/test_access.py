"""Each request has a number and one line in the log."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.management import call_command
from django.db import OperationalError
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from policygen import health, tracing
from policygen.monitoring.access import access

WORDS = "no luck for 'Dr. Quux' of quux@clinic.example"
SENT = "5f0c9a8e-3b1d-4f6a"


def access_lines(lines: Any) -> list[dict[str, Any]]:
    return [line for line in lines() if line["logger"] == "policygen.access"]


def test_a_line_names_the_route_and_not_the_path_or_who_asked(client, db, lines):
    headers = {"user-agent": "Quuxzilla", "referer": "https://quux.example/"}
    client.get("/account/login/?next=/quux/", headers=headers, REMOTE_ADDR="192.0.2.77")
    (line,) = access_lines(lines)
    assert line["method"] == "GET"
    assert line["route"] == "account_login"
    assert line["status"] == 200
    assert line["ms"] > 0
    assert line["bytes"] > 1000
    assert set(line) == {
        *("time", "level", "logger", "message", "request_id"),
        *("method", "route", "status", "ms", "bytes"),
    }
    assert "uux" not in str(line)
    assert "192.0.2" not in str(line)


@pytest.mark.parametrize(
    ("path", "route"),
    [("/no/such/page", "unknown"), ("/p/quux/privacy/", "public"), ("/p/quux", "public_elsewhere")],
)
def test_other_answers_have_their_line_too(client, db, lines, path, route):
    client.get(path)
    (line,) = access_lines(lines)
    assert (line["route"], line["status"]) == (route, 404)


def test_a_method_that_there_is_not_is_no_word_of_the_visitors(client, db, lines):
    client.generic("QUUX", "/account/login/")
    assert access_lines(lines)[0]["method"] == "OTHER"


def test_monitors_are_not_listened_to_all_day(client, db, lines):
    call_command("load_library")
    client.get("/healthz")
    assert access_lines(lines) == []


def test_the_answer_has_a_number_of_its_own_each_time(client, db, lines):
    first, second = (client.get("/account/login/")[tracing.HEADER] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second
    assert [line["request_id"] for line in access_lines(lines)] == [first, second]


def test_a_visitor_does_not_choose_the_number_but_a_trusted_proxy_does(client, db, settings):
    assert client.get("/account/login/", headers={"X-Request-ID": SENT})[tracing.HEADER] != SENT
    settings.TRUSTED_PROXY = True
    assert client.get("/account/login/", headers={"X-Request-ID": SENT})[tracing.HEADER] == SENT
    answer = client.get("/account/login/", headers={"X-Request-ID": "<script>alert(1)"})
    assert re.fullmatch(r"[0-9a-f]{16}", answer[tracing.HEADER])


@pytest.mark.parametrize(("error", "status"), [(RuntimeError, 500), (OperationalError, 503)])
def test_the_page_about_an_error_names_the_number_under_which_it_is_logged(
    db, monkeypatch, lines, error, status
):
    def fail(*_):
        raise error(WORDS)

    monkeypatch.setattr(SessionMiddleware, "process_request", fail)
    client = Client(raise_request_exception=False)
    answer = client.get("/account/login/")
    number = answer[tracing.HEADER]
    assert answer.status_code == status
    assert f"name this number: <code>{number}</code>" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    told = [line for line in lines() if line["level"] == "ERROR"]
    assert told
    assert {line["request_id"] for line in told} == {number}
    assert any(line.get("error") == error.__name__ for line in told)
    assert "uux" not in str(lines())


def test_outside_of_a_request_the_page_names_no_number(rf):
    assert b"name this number" not in health.failed(rf.get("/")).content


def answered(response: Any, lines: Any) -> Any:
    request = RequestFactory().get("/")
    return access(lambda _: response)(request)


def test_an_answer_made_while_it_is_sent_has_its_line_at_the_end(db, lines):
    seen = []

    def parts():
        for part in (b"one", b"three"):
            seen.append(tracing.request_id())
            yield part

    response = answered(StreamingHttpResponse(parts()), lines)
    assert access_lines(lines) == []
    assert b"".join(response.streaming_content) == b"onethree"
    (line,) = access_lines(lines)
    assert line["bytes"] == 8
    assert seen == [line["request_id"]] * 2
    assert tracing.request_id() == ""


def test_whoever_hangs_up_gets_a_line_and_the_source_is_closed(db, lines):
    ended = []

    def parts():
        try:
            yield b"one"
            yield b"two"
        finally:
            ended.append(True)

    response = answered(StreamingHttpResponse(parts()), lines)
    next(iter(response.streaming_content))
    response.close()
    assert ended == [True]
    assert access_lines(lines)[0]["bytes"] == 3


def test_a_file_keeps_its_short_way_to_the_socket(db, tmp_path, lines):
    (tmp_path / "a.txt").write_bytes(b"12345")
    with (tmp_path / "a.txt").open("rb") as file:
        response = answered(FileResponse(file), lines)
        assert response.file_to_stream is file
        assert access_lines(lines)[0]["bytes"] == 5
        response.close()


def test_what_caches_may_hand_to_others_has_no_number(db, lines):
    kept = answered(HttpResponse("", headers={"Cache-Control": "public, max-age=60"}), lines)
    assert tracing.HEADER not in kept.headers
    private = answered(HttpResponse("", headers={"Cache-Control": "private, no-store"}), lines)
    assert tracing.HEADER in private.headers


def test_an_ordinary_answer_is_counted_in_bytes(lines):
    answered(HttpResponse("ä"), lines)
    assert access_lines(lines)[0]["bytes"] == 2
