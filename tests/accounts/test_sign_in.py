"""Signing in and out: limits, sessions, and nothing that tells who has an account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.contrib.auth.hashers import get_hasher
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.accounts.people import (
    ADDRESS,
    LOGIN,
    PASSWORD,
    account_of,
    log_in,
    page,
    signed_in_as,
)
from tests.signing_in import sign_in
from tests.threads import together

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """One that stands still: what is counted by the minute is counted on a slow machine, too."""
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def owner(db: None) -> User:
    return account_of()


def test_who_knows_the_password_is_in(client, owner):
    response = log_in(client, " Owner@ELM.example ")
    assert response.status_code == 302
    assert signed_in_as(client) == ADDRESS


# ------------------------------------------------------------------ guessing (D01, D03)


def test_after_five_failures_even_the_right_password_must_wait_five_minutes(client, owner):
    assert [log_in(client, password="wrong").status_code for _ in range(7)] == [200] * 5 + [429] * 2
    refused = log_in(client)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) == 300
    assert signed_in_as(client) == ""
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert log_in(client).status_code == 302
        assert signed_in_as(client) == ADDRESS


def test_thirty_failures_on_the_site_and_at_the_desk_end_in_429(client):
    account_of(is_staff=True)
    codes = []
    for number in range(30):
        door = f"{LOGIN}?next=/admin/" if number % 2 else "/admin/login/"
        fields = {"login": ADDRESS, "username": ADDRESS, "password": f"guess {number}"}
        codes.append(client.post(door, fields, follow=True).status_code)
    assert codes.count(429) >= 10
    assert signed_in_as(client) == ""


def test_the_desk_looks_at_no_password_itself(client):
    account_of(is_staff=True, is_superuser=True)
    response = client.post("/admin/login/", {"username": ADDRESS, "password": PASSWORD})
    assert response["Location"] == f"{LOGIN}?next=/admin/"
    assert signed_in_as(client) == ""


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP"]
)
def test_no_header_makes_somebody_another_visitor(owner, header):
    codes = []
    for number in range(12):
        visit = Client(headers={header: f"198.51.100.{number}"})
        codes.append(log_in(visit, f"{number}@elm.example", "wrong").status_code)
    assert codes == [200] * 10 + [429] * 2


def test_behind_a_trusted_proxy_the_last_address_counts_and_earlier_ones_do_not(owner, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    codes = []
    for number in range(12):
        visit = Client(headers={"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"})
        codes.append(log_in(visit, f"{number}@elm.example", "wrong").status_code)
    assert codes == [200] * 10 + [429] * 2
    elsewhere = Client(headers={"X-Forwarded-For": "203.0.113.10"})
    assert log_in(elsewhere).status_code == 302


@pytest.mark.parametrize("host", ["testserver", "localhost", "127.0.0.1"])
def test_another_host_name_makes_nobody_another_visitor(owner, settings, host):
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    for _ in range(5):
        log_in(Client(), password="wrong")
    assert log_in(Client(headers={"Host": host})).status_code == 429


def test_nobody_locks_somebody_else_out(owner):
    villain = Client(REMOTE_ADDR="198.51.100.1")
    for _ in range(8):
        log_in(villain, password="wrong")
    assert log_in(Client(REMOTE_ADDR="198.51.100.2")).status_code == 302


def test_a_thousand_machines_together_may_not_guess_for_ever(owner, settings):
    settings.ACCOUNT_RATE_LIMITS = {
        **settings.ACCOUNT_RATE_LIMITS,
        "login_failed_anywhere": "20/h/key",
    }
    codes = [
        log_in(Client(REMOTE_ADDR=f"198.51.{n}.7"), password="wrong").status_code for n in range(24)
    ]
    assert codes == [200] * 20 + [429] * 4
    assert log_in(Client(REMOTE_ADDR="192.0.2.1")).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert log_in(Client(REMOTE_ADDR="192.0.2.1")).status_code == 302


def test_signing_in_successfully_in_between_does_not_forget_failures(client, owner, clock):
    for _ in range(4):
        log_in(client, password="wrong")
    clock.shift(1)
    log_in(client)
    client.post("/account/logout/")
    assert [log_in(client, password="wrong").status_code for _ in range(2)] == [200, 429]


def test_what_was_tried_is_counted_where_every_process_sees_it(client, owner):
    log_in(client, password="wrong")
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM policygen_cache")
        assert cursor.fetchone()[0] >= 2


@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_counted_one_by_one():
    account_of()
    codes = together(*[lambda: log_in(Client(), password="wrong").status_code] * 10)
    assert len(codes) == 10
    assert codes.count(200) <= 5
    assert set(codes) <= {200, 429}


# ------------------------------------------------------------------ no enumeration (D02)


def test_a_wrong_password_and_an_unknown_address_look_alike(owner):
    known, unknown = log_in(Client(), password="wrong"), log_in(Client(), "x@elm.example", "wrong")
    assert known.status_code == unknown.status_code == 200
    assert page(known).replace(ADDRESS, "") == page(unknown).replace("x@elm.example", "")


def test_a_password_is_hashed_once_whether_the_address_is_known_or_not(owner, monkeypatch):
    hashed: list[str] = []
    hasher = type(get_hasher())
    encode = hasher.encode

    def count(self: Any, password: str, salt: str) -> Any:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(hasher, "encode", count)
    for address in (ADDRESS, "x@elm.example"):
        hashed.clear()
        log_in(Client(), address, "wrong")
        assert hashed == ["wrong"], address


# ------------------------------------------------------------------ sessions (D04, D05, D06)


def test_the_session_gets_another_key_at_sign_in(client, owner):
    client.get("/account/login/")
    session = client.session
    session["something"] = "kept"
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    log_in(client)
    after = client.cookies["sessionid"].value
    assert after != before
    old = Client()
    old.cookies["sessionid"] = before
    assert signed_in_as(old) == ""
    assert not Session.objects.filter(session_key=before).exists()


def replay(client: Client) -> Client:
    """Return a thief with the cookie that somebody has now."""
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    assert signed_in_as(thief) == ADDRESS
    return thief


def test_a_session_ends_with_the_sign_out(client, owner):
    log_in(client)
    thief = replay(client)
    client.post("/account/logout/")
    assert signed_in_as(client) == signed_in_as(thief) == ""


def test_other_sessions_end_with_a_change_of_the_password(client, owner):
    log_in(client)
    thief = Client()
    log_in(thief)
    replay(client)
    new = "another quiet heron"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/account/password/change/", fields).status_code == 302
    assert signed_in_as(client) == ADDRESS
    assert signed_in_as(thief) == ""
    assert thief.get("/account/")["Location"].startswith(LOGIN)


def test_sessions_end_when_the_account_is_closed(client, owner):
    log_in(client)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert signed_in_as(client) == ""
    assert "This account is closed" in page(client.post(LOGIN, credentials(), follow=True))


def credentials() -> dict[str, str]:
    return {"login": ADDRESS, "password": PASSWORD}


def test_a_session_ends_with_the_browser_unless_somebody_asks_for_longer(owner):
    for remember, age in (({}, ""), ({"remember": "on"}, 30 * 24 * 60 * 60)):
        visit = Client()
        cookie = log_in(visit, **remember).cookies["sessionid"]
        assert cookie["max-age"] == age
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_nobody_keeps_a_copy_of_a_page_of_an_account(client, owner):
    log_in(client)
    for address in ("", "email/", "password/change/", "2fa/", "logout/"):
        assert client.get(f"/account/{address}")["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("method", ["put", "delete", "patch", "trace", "options"])
def test_pages_of_an_account_are_asked_for_in_the_usual_ways(client, owner, method):
    for address in ("", "login/", "email/", "password/reset/", "2fa/"):
        assert getattr(client, method)(f"/account/{address}").status_code == 405


# ------------------------------------------------------------------ other sites (D11, H05)


def test_another_site_can_sign_nobody_in(owner):
    careful = Client(enforce_csrf_checks=True)
    assert log_in(careful).status_code == 403
    assert signed_in_as(careful) == ""


def test_looking_at_the_sign_out_signs_nobody_out(client, owner):
    log_in(client)
    assert "Sign out?" in page(client.get("/account/logout/"))
    assert signed_in_as(client) == ADDRESS


ELSEWHERE = [
    *("//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/"),
    *("http:///evil.example", "\t//evil.example", "/\t/evil.example", "javascript:alert(1)"),
    *("///evil.example", "https://testserver@evil.example/", "https://testserver.evil.example/"),
    *("ftp://testserver/", "https://other.example/"),
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_led_to_another_site(owner, settings, address):
    settings.ALLOWED_HOSTS = ["testserver", "other.example", ".example"]
    visit = Client()
    led = [log_in(visit, next=address)["Location"]]
    led.append(visit.get(LOGIN, {"next": address})["Location"])
    led.append(visit.get("/account/second-factor/", {"next": address}).headers.get("Location", "/"))
    sign_in(visit, owner)
    led.append(visit.get("/account/second-factor/", {"next": address})["Location"])
    led.append(Client().get("/admin/login/", {"next": address})["Location"].split("next=")[1])
    led.append(visit.post("/account/logout/", {"next": address})["Location"])
    for location in led:
        assert location in {"/", "/account/", "/admin/", "/practices/"}, location


def test_one_is_led_to_the_page_that_one_wanted(client, owner):
    assert log_in(client, next="/account/email/?x=1")["Location"] == "/account/email/?x=1"


def test_limits_are_counted_in_the_database():
    backend = configured.CACHES["default"]["BACKEND"]
    assert backend == "django.core.cache.backends.db.DatabaseCache"
