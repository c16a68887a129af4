"""Making an account: the address is confirmed by a code, and nobody learns who has an account."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client

from policygen.accounts.forms import make_password
from policygen.policies.drafting.drafts import start_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft
from policygen.policies.visitors import KEY
from tests.accounts.people import (
    ADDRESS,
    CONFIRM,
    PASSWORD,
    account_of,
    code_in_mail,
    log_in,
    page,
    sign_up,
    signed_in_as,
)

pytestmark = pytest.mark.django_db


def test_an_account_is_made_once_its_address_is_confirmed(client):
    response = sign_up(client, ADDRESS)
    assert response["Location"] == CONFIRM
    assert signed_in_as(client) == ""
    assert mail.outbox[0].to == [ADDRESS]
    assert not EmailAddress.objects.get(email=ADDRESS).verified
    response = client.post(CONFIRM, {"code": code_in_mail()})
    assert response.status_code == 302
    assert signed_in_as(client) == ADDRESS
    assert EmailAddress.objects.get(email=ADDRESS).verified


def test_the_code_is_typed_as_people_type(client):
    sign_up(client)
    client.post(CONFIRM, {"code": f" {code_in_mail().lower().replace('-', ' ')} "})
    assert signed_in_as(client) == ADDRESS


def test_after_the_confirmation_one_is_where_one_wanted_to_be(client):
    response = sign_up(client, next="/account/email/")
    assert response["Location"] == CONFIRM
    response = client.post(CONFIRM, {"code": code_in_mail()})
    assert response["Location"] == "/account/email/"


def test_who_closed_the_browser_signs_in_anywhere_and_gets_a_new_code(client):
    sign_up(client)
    other = Client()
    from_another_day(other)
    response = log_in(other)
    assert response["Location"] == CONFIRM
    other.post(CONFIRM, {"code": code_in_mail()})
    assert signed_in_as(other) == ADDRESS


def from_another_day(client: Client) -> None:
    """Let what was counted run out."""
    cache.clear()


def test_three_wrong_codes_end_the_attempt(client):
    sign_up(client)
    right = code_in_mail()
    for _ in range(3):
        client.post(CONFIRM, {"code": "BCDF-GHJK"})
    client.post(CONFIRM, {"code": right})
    assert signed_in_as(client) == ""
    assert not EmailAddress.objects.get(email=ADDRESS).verified


def test_without_the_confirmation_a_password_opens_nothing(client):
    sign_up(client)
    other = Client()
    log_in(other)
    assert signed_in_as(other) == ""
    assert other.get("/account/2fa/totp/activate/").status_code == 302


def test_a_user_name_is_never_asked_for_and_is_the_address(client):
    sign_up(client)
    assert "username" not in page(client.get("/account/signup/")).replace('="username"', "")
    assert User.objects.get().username == ADDRESS


def test_an_address_that_is_a_user_name_already_gets_another_one(client):
    User.objects.create_user(ADDRESS, email="somebody@elsewhere.example")
    sign_up(client)
    assert User.objects.get(email=ADDRESS).username not in {"", ADDRESS}


# ------------------------------------------------------------------ no enumeration (D02)


def test_signing_up_looks_alike_for_known_and_unknown_addresses(client):
    account_of("known@elm.example")
    seen = []
    for name in ("known", "fresh"):
        visit = Client()
        response = sign_up(visit, f"{name}@elm.example")
        next_page = visit.get(response["Location"])
        said = page(next_page).replace(name, "NAME")
        seen.append((response.status_code, response["Location"], next_page.status_code, said))
    assert seen[0] == seen[1]
    assert [message.to for message in mail.outbox] == [["known@elm.example"], ["fresh@elm.example"]]
    assert "It has one already" in mail.outbox[0].body


def test_wrong_codes_look_alike_for_known_and_unknown_addresses(client):
    account_of("known@elm.example")
    seen = []
    for name in ("known", "fresh"):
        visit = Client()
        sign_up(visit, f"{name}@elm.example")
        answers = [visit.post(CONFIRM, {"code": "BCDF-GHJK"}) for _ in range(4)]
        seen.append([(a.status_code, page(a).replace(name, "NAME")) for a in answers])
    assert seen[0] == seen[1]


def test_signing_up_hashes_one_password_whether_the_address_is_known_or_not(client, monkeypatch):
    account_of("known@elm.example")
    for name in ("known", "fresh"):
        hashed: list[str] = []

        def count(password: str, *rest: Any, noted: list[str] = hashed) -> str:
            noted.append(password)
            return make_password(password, *rest)

        monkeypatch.setattr("policygen.accounts.forms.make_password", count)
        monkeypatch.setattr("django.contrib.auth.base_user.make_password", count)
        sign_up(Client(), f"{name}@elm.example")
        assert hashed == [PASSWORD], name


# ------------------------------------------------------------------ passwords (D10)


@pytest.mark.parametrize(
    "weak", ["password", "password123", "1234567890", "owner@elm.example", "short", ""]
)
def test_a_weak_password_is_refused(client, weak):
    response = sign_up(client, password=weak)
    assert response.status_code == 200
    assert "There is a problem" in page(response)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "strong",
    [
        "a long sentence of many words is a very good password, is it not? " * 3,
        "пароль-Ünïcödé-密码-🔑",
        "   leading and trailing blanks   ",
    ],
)
def test_a_strong_password_is_taken_as_it_is(client, strong):
    sign_up(client, password=strong)
    client.post(CONFIRM, {"code": code_in_mail()})
    assert User.objects.get().check_password(strong)
    other = Client()
    log_in(other, password=strong.strip())
    assert (signed_in_as(other) == ADDRESS) is (strong == strong.strip())
    log_in(other, password=strong)
    assert signed_in_as(other) == ADDRESS


# ------------------------------------------------------------------ drafts come along


def a_draft_of(client: Client) -> Draft:
    session = client.session
    session[KEY] = "token-of-this-browser"
    session.save()
    client.cookies["sessionid"] = session.session_key
    return start_draft(Holder("token-of-this-browser"), title="Elm", release="")


def test_a_draft_of_the_browser_comes_to_the_account_and_leaves_the_browser_at_sign_in(client):
    draft = a_draft_of(client)
    sign_up(client)
    draft.refresh_from_db()
    assert draft.user == User.objects.get()
    assert draft.visitor == "token-of-this-browser"  # nobody knows yet whose address it is
    client.post(CONFIRM, {"code": code_in_mail()})
    draft.refresh_from_db()
    assert (draft.user, draft.visitor) == (User.objects.get(), "")


def test_a_draft_begun_before_signing_in_comes_to_the_account(client):
    owner = account_of()
    draft = a_draft_of(client)
    log_in(client)
    draft.refresh_from_db()
    assert (draft.user, draft.visitor) == (owner, "")


def test_a_known_address_gets_no_drafts_by_a_sign_up(client):
    account_of()
    draft = a_draft_of(client)
    sign_up(client)
    draft.refresh_from_db()
    assert (draft.user, draft.visitor) == (None, "token-of-this-browser")


def test_after_a_mistyped_address_the_right_one_gets_the_drafts(client):
    draft = a_draft_of(client)
    sign_up(client, "wrnog@elm.example")
    client.post("/account/logout/", {"next": "/account/signup/"})
    sign_up(client, "right@elm.example")
    draft.refresh_from_db()
    assert draft.user.email == "right@elm.example"


def test_nobody_takes_over_what_another_account_uses(client):
    draft = a_draft_of(client)
    sign_up(client)
    at_home = Client()
    from_another_day(at_home)
    log_in(at_home)
    at_home.post(CONFIRM, {"code": code_in_mail()})
    outsider = account_of("outsider@oak.example")
    log_in(client, outsider.email)
    draft.refresh_from_db()
    assert (draft.user.email, draft.visitor) == (ADDRESS, "")
