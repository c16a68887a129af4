"""The second factor: setting it up, using it, and that nothing gets around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import segno
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from policygen.accounts.views import picture_of
from policygen.identity import (
    ask_for_second_factor,
    needs_second_factor,
    recently_signed_in,
    second_factors_of,
)
from tests.accounts.people import ADDRESS, PASSWORD, account_of, log_in, page, signed_in_as
from tests.signing_in import code_now, sign_in, with_second_factor

pytestmark = pytest.mark.django_db

TOTP = "/account/2fa/totp/activate/"
CODES = "/account/2fa/recovery-codes/"
CODE_PAGE = "/account/2fa/authenticate/"


@pytest.fixture(autouse=True)
def _the_clock_stands_still() -> Iterator[None]:
    """Codes of authenticator apps change every half minute, and never between two lines here."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def staff(db: None) -> User:
    return account_of(is_staff=True, is_superuser=True)


@pytest.fixture
def protected(staff: User) -> User:
    """Somebody at the desk with an authenticator app."""
    with_second_factor(staff)
    return staff


def secret_on(response: Any) -> str:
    found = re.search(r'class="secret">([A-Z2-7]+)<', page(response))
    assert found
    return found[1]


def recovery_codes(client: Client) -> list[str]:
    return re.findall(r"<code>(\d{8})</code>", page(client.get(CODES)))


# ------------------------------------------------------------------ setting up


def test_staff_without_one_are_led_to_set_it_up_and_then_back(
    client, staff, django_capture_on_commit_callbacks
):
    response = log_in(client, next="/admin/auth/user/")
    assert response["Location"] == "/admin/auth/user/"
    response = client.get("/admin/auth/user/", follow=True)
    way = [address for address, _ in response.redirect_chain]
    assert way == [
        "/admin/login/?next=/admin/auth/user/",
        "/account/second-factor/?next=%2Fadmin%2Fauth%2Fuser%2F",
    ]
    assert "A second factor, please" in page(response)
    code = code_now(secret_on(client.get(TOTP)))
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(TOTP, {"code": code})
    assert response["Location"] == CODES
    assert "I have kept them, go on" in page(client.get(CODES))
    assert client.get("/account/second-factor/")["Location"] == "/admin/auth/user/"
    assert client.get("/admin/auth/user/").status_code == 200
    assert mail.outbox[-1].subject == "An authenticator app was set up"
    assert "go on" not in page(client.get(CODES))


def test_a_wrong_code_sets_nothing_up(client, staff):
    log_in(client)
    first = secret_on(client.get(TOTP))
    response = client.post(TOTP, {"code": "000000"})
    assert "This code is not right" in page(response)
    assert secret_on(response) == first
    assert second_factors_of(staff) == []


def test_the_drawn_code_has_nothing_that_the_policy_for_scripts_forbids(client, staff):
    log_in(client)
    markup = page(client.get(TOTP))
    drawn = markup[markup.index("<svg") : markup.index("</svg>")]
    assert "style=" not in drawn
    assert "<script" not in drawn
    assert "data:" not in markup


def test_a_second_factor_is_set_up_only_by_whoever_signed_in_lately(client, staff):
    log_in(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        response = client.get(TOTP)
        assert response["Location"] == f"/account/reauthenticate/?next={TOTP.replace('/', '%2F')}"


# ------------------------------------------------------------------ signing in with it


def test_a_password_alone_is_half_of_it(client, protected):
    response = log_in(client)
    assert response["Location"] == CODE_PAGE
    assert signed_in_as(client) == ""
    response = client.post(CODE_PAGE, {"code": code_now()})
    assert response.status_code == 302
    assert signed_in_as(client) == ADDRESS
    assert client.get("/admin/").status_code == 200


def test_with_the_password_alone_no_page_opens(client, protected):
    log_in(client)
    for address in ("/admin/", "/account/", "/account/email/", TOTP, CODES, "/account/2fa/"):
        assert client.get(address).status_code == 302, address
        assert client.post(address, {}).status_code in {302, 405}, address


def test_a_code_works_once(client, protected):
    code = code_now()
    log_in(client)
    client.post(CODE_PAGE, {"code": code})
    again = Client()
    log_in(again)
    assert "This code is not right" in page(again.post(CODE_PAGE, {"code": code}))
    assert signed_in_as(again) == ""


def test_codes_are_not_guessed(client, protected):
    log_in(client)
    said = [page(client.post(CODE_PAGE, {"code": f"{n:06}"})) for n in range(6)]
    assert "You tried too often" in said[-1]
    assert "You tried too often" in page(client.post(CODE_PAGE, {"code": code_now()}))
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1), tick=False):
        client.post(CODE_PAGE, {"code": code_now()})
        assert signed_in_as(client) == ADDRESS


def test_a_recovery_code_stands_in_once(client, staff):
    log_in(client)
    client.post(TOTP, {"code": code_now(secret_on(client.get(TOTP)))})
    codes = recovery_codes(client)
    assert len(set(codes)) == 10
    lost = Client()
    log_in(lost)
    lost.post(CODE_PAGE, {"code": codes[0]})
    assert signed_in_as(lost) == ADDRESS
    assert lost.get("/admin/").status_code == 200
    assert recovery_codes(lost) == codes[1:]
    again = Client()
    log_in(again)
    again.post(CODE_PAGE, {"code": codes[0]})
    assert signed_in_as(again) == ""


def test_recovery_codes_can_be_downloaded_and_made_anew(client, protected):
    sign_in(client, protected)
    client.post(f"{CODES}generate/")
    codes = recovery_codes(client)
    file = client.get(f"{CODES}download/")
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert all(code in file.content.decode() for code in codes)
    client.post(f"{CODES}generate/")
    assert not set(codes) & set(recovery_codes(client))


# ------------------------------------------------------------------ the desk demands it


def desk_addresses(
    patterns: list[Any] | None = None, prefix: str = "/admin/"
) -> Iterator[tuple[str, str]]:
    """Yield each address of the desk by its name, with something plausible in its gaps."""
    if patterns is None:
        found = [one for one in get_resolver().url_patterns if str(one.pattern) == "admin/"]
        patterns = found[0].url_patterns
    for one in patterns:
        address = prefix + re.sub(r"<(\w+:)?(\w+)>", _gap, str(one.pattern).strip("^$"))
        if isinstance(one, URLResolver):
            yield from desk_addresses(one.url_patterns, address)
        elif isinstance(one, URLPattern):
            yield one.name or "", address


def _gap(found: re.Match[str]) -> str:
    kind, name = found.groups()
    if kind == "uuid:":
        return "6f2b5a30-3d6e-4b0e-9a0c-3f1f7a2f3b11"
    return "1" if kind == "int:" or name == "object_id" else "clause"


OPEN = {"login", "logout"}


def test_without_a_second_factor_every_address_of_the_desk_refuses(staff):
    half = sign_in(Client(), staff, second_factor=False)
    addresses = [found for found in desk_addresses() if found[0] not in OPEN]
    assert len(addresses) > 60
    for name, address in addresses:
        for response in (half.get(address), half.post(address, {"post": "yes"})):
            assert response.status_code == 302, (name, address)
            assert response["Location"].startswith("/admin/login/?next="), (name, address)
    assert half.get("/admin/nowhere/").status_code == 302


def test_somebody_who_has_one_and_did_not_use_it_is_asked_for_it(client, protected):
    sign_in(client, protected, second_factor=False)
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/account/2fa/reauthenticate/?next=%2Fadmin%2F"
    response = client.post(
        "/account/2fa/reauthenticate/", {"code": code_now(), "next": "/admin/"}, follow=True
    )
    assert response.request["PATH_INFO"] == "/admin/"
    assert response.status_code == 200


def test_a_second_factor_that_was_removed_counts_no_more(client, protected):
    sign_in(client, protected)
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.all().delete()
    assert client.get("/admin/").status_code == 302


def test_one_removes_it_oneself_and_the_recovery_codes_go_with_it(client, protected):
    sign_in(client, protected)
    client.post(f"{CODES}generate/")
    assert "Remove the authenticator app?" in page(client.get("/account/2fa/totp/deactivate/"))
    client.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    assert client.get("/admin/").status_code == 302


def test_the_second_factor_of_one_person_is_none_of_another(client, protected):
    sign_in(client, protected)
    outsider = account_of("outsider@oak.example", is_staff=True)
    client.force_login(outsider)
    session = client.session
    assert needs_second_factor(request_with(outsider, session))
    assert client.get("/admin/").status_code == 302


def test_people_of_a_practice_are_told_that_the_desk_is_not_theirs(client):
    sign_in(client, account_of())
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_rows_of_second_factors_and_addresses_are_not_at_the_desk(client, staff):
    sign_in(client, staff)
    for app in ("account", "mfa"):
        assert client.get(f"/admin/{app}/").status_code == 404


# ------------------------------------------------------------------ the questions themselves


def request_with(user: Any, session: Any) -> Any:
    request = RequestFactory().get("/practices/elm/?a=1")
    request.user, request.session = user, session
    return request


def test_the_questions_are_answered_from_what_was_proved(client, staff):
    sign_in(client, staff, second_factor=False)
    request = request_with(staff, client.session)
    assert needs_second_factor(request)
    assert recently_signed_in(request)
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert not recently_signed_in(request)
    way = ask_for_second_factor(request)["Location"]
    assert way == "/account/second-factor/?next=%2Fpractices%2Felm%2F%3Fa%3D1"


def test_a_session_without_notes_proves_nothing(client, staff):
    client.force_login(staff)
    request = request_with(staff, client.session)
    assert needs_second_factor(request)
    assert not recently_signed_in(request)


def test_it_is_asked_of_the_database_once_for_a_request(client, staff, django_assert_num_queries):
    sign_in(client, staff)
    request = request_with(staff, client.session)
    assert recently_signed_in(request)  # which reads the session
    with django_assert_num_queries(1):
        assert not needs_second_factor(request)
        assert not needs_second_factor(request)


def test_a_wrong_password_never_shows_the_page_for_codes(client, protected):
    assert log_in(client, password=f"{PASSWORD}!").status_code == 200
    assert client.get(CODE_PAGE)["Location"] == "/account/login/"


def test_the_picture_for_the_camera_is_that_of_its_text():
    text = "otpauth://totp/owner%40elm.example?secret=JBSWY3DPEHPK3PXP&issuer=policygen"
    picture = picture_of(text)
    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", picture.path):
        dark |= {(int(x) + n, int(y)) for n in range(int(width))}
    rows = [*segno.make_qr(text, error="m").matrix_iter(border=4)]
    assert len(rows) == picture.size
    assert dark == {(x, y) for y, row in enumerate(rows) for x, bit in enumerate(row) if bit}
