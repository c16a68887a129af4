"""Before something grave changes, whoever signed in a while ago confirms that it is them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.models import AnonymousUser, Group, User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from policygen.identity import confirm_it_is_you
from tests.accounts.people import PASSWORD, account_of, page
from tests.signing_in import code_now, sign_in

pytestmark = pytest.mark.django_db

ADD = "/admin/auth/group/add/"
PASSWORD_PAGE = "/account/reauthenticate/"
CODE_PAGE = "/account/2fa/reauthenticate/"


@pytest.fixture(autouse=True)
def _the_clock_stands_still() -> Iterator[None]:
    """Codes of authenticator apps change every half minute, and never between two lines here."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def boss(db: None) -> User:
    return account_of(is_staff=True, is_superuser=True)


def later(minutes: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False)


@pytest.fixture
def desk(boss: User) -> Client:
    return sign_in(Client(), boss)


def test_within_fifteen_minutes_nothing_is_asked(desk):
    with later(14.9):
        assert desk.post(ADD, {"name": "Readers"}).status_code == 302
    assert Group.objects.filter(name="Readers").exists()


def test_later_the_password_is_asked_for_and_then_it_is_done(desk):
    with later(15.1):
        assert desk.get(ADD).status_code == 200  # looking is free
        response = desk.post(ADD, {"name": "Readers"})
        assert response["Location"] == f"{PASSWORD_PAGE}?next=%2Fadmin%2Fauth%2Fgroup%2Fadd%2F"
        assert not Group.objects.filter(name="Readers").exists()
        assert "Confirm that it is you" in page(desk.get(response["Location"]))
        response = desk.post(PASSWORD_PAGE, {"password": PASSWORD, "next": ADD})
        assert response["Location"] == "/admin/auth/group/"
        assert Group.objects.filter(name="Readers").count() == 1
        assert desk.post(ADD, {"name": "Writers"}).status_code == 302
    assert Group.objects.filter(name="Writers").exists()


def test_a_code_does_as_well_as_the_password(desk):
    with later(15.1):
        desk.post(ADD, {"name": "Readers"})
        desk.post(CODE_PAGE, {"code": code_now(), "next": ADD})
    assert Group.objects.filter(name="Readers").exists()


def test_a_wrong_password_changes_nothing(desk):
    with later(15.1):
        desk.post(ADD, {"name": "Readers"})
        response = desk.post(PASSWORD_PAGE, {"password": "wrong", "next": ADD})
    assert "This is not your password" in page(response)
    assert not Group.objects.filter(name="Readers").exists()


def test_the_password_is_not_guessed_here_either(desk):
    with later(15.1):
        codes = [desk.post(PASSWORD_PAGE, {"password": f"{n}"}).status_code for n in range(7)]
    assert codes == [200] * 5 + [429] * 2


def test_what_was_begun_before_another_thing_is_not_done(desk):
    with later(15.1):
        desk.post(ADD, {"name": "Readers"})
        response = desk.post(PASSWORD_PAGE, {"password": PASSWORD, "next": "/account/"})
    assert response["Location"] == "/account/"
    assert not Group.objects.filter(name="Readers").exists()


def test_nobody_confirms_with_the_account_of_another(desk):
    account_of("outsider@oak.example", "a fourth quiet heron")
    with later(15.1):
        desk.post(ADD, {"name": "Readers"})
        desk.post(PASSWORD_PAGE, {"password": "a fourth quiet heron", "next": ADD})
    assert not Group.objects.filter(name="Readers").exists()


def test_changing_people_approving_and_publishing_are_grave(desk):
    user = User.objects.get()
    grave = [
        *(f"/admin/auth/user/{user.pk}/{page}/" for page in ("change", "password")),
        *("/admin/auth/user/add/", "/admin/auth/user/"),
        "/admin/pieces/clause/speaker/approve/",
        *(f"/admin/releases/2/{step}/" for step in ("publish", "cancel")),
    ]
    with later(15.1):
        for address in grave:
            assert desk.post(address, {})["Location"].startswith(PASSWORD_PAGE), address
        for address in ("/admin/pieces/clause/speaker/submit/", "/admin/tryouts/start/"):
            response = desk.post(address, {})
            assert not response.get("Location", "").startswith(PASSWORD_PAGE), address


# ------------------------------------------------------------------ the decorator itself


@confirm_it_is_you
def change(request: HttpRequest, what: str) -> HttpResponse:
    return HttpResponse(what)


def asked(method: str, user: Any, session: Any) -> HttpRequest:
    request = getattr(RequestFactory(), method)("/practices/elm/members/")
    request.user, request.session = user, session
    return request


def test_the_decorator_lets_look_and_asks_before_a_change(boss):
    session = sign_in(Client(), boss, second_factor=False).session
    with later(16):
        for method in ("get", "head", "options"):
            assert change(asked(method, boss, session), "elm").content == b"elm"
        for method in ("post", "put", "patch", "delete"):
            with pytest.raises(ReauthenticationRequired):
                change(asked(method, boss, session), what="elm")
    assert change(asked("post", boss, session), "elm").content == b"elm"


def test_a_stranger_is_led_to_the_sign_in():
    response = change(asked("post", AnonymousUser(), {}), "elm")
    assert response["Location"] == "/account/login/?next=/practices/elm/members/"
