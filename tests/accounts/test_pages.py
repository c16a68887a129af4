"""The pages of accounts: all of them answer, none has anything inline, and the header is right."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from tests.accounts.people import ADDRESS, account_of, log_in, page, sign_up
from tests.signing_in import sign_in
from tests.wizard.visitors import Visitor

pytestmark = pytest.mark.django_db

STRANGER = ["login/", "signup/", "password/reset/", "password/reset/done/", "inactive/"]
STRANGER += ["password/reset/key/1-x/", "password/reset/key/done/"]
MEMBER = ["", "email/", "password/change/", "logout/", "reauthenticate/", "2fa/"]
MEMBER += ["2fa/reauthenticate/"]
MEMBER += ["2fa/totp/deactivate/", "2fa/webauthn/", "2fa/webauthn/add/", "2fa/recovery-codes/"]
MEMBER += ["2fa/recovery-codes/generate/"]


@pytest.fixture
def member(db: None) -> Client:
    client = sign_in(Client(), account_of())
    client.post("/account/2fa/recovery-codes/generate/")
    return client


def assert_in_the_house_style(markup: str) -> None:
    assert markup.count("<h1") == 1
    assert "site.css" in markup
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", markup)
    for script in re.findall(r"<script[^>]*>", markup):
        assert "src=" in script or 'type="application/json"' in script
    assert not re.search(r"Invalid|Successfully|blocktrans|username\b(?!\")", markup)


@pytest.mark.parametrize("address", STRANGER)
def test_a_page_for_strangers_is_in_the_house_style(client, address):
    assert_in_the_house_style(page(client.get(f"/account/{address}")))


@pytest.mark.parametrize("address", MEMBER)
def test_a_page_for_members_is_in_the_house_style(member, address):
    assert_in_the_house_style(page(member.get(f"/account/{address}")))


def test_pages_between_two_steps_are_in_the_house_style(client):
    sign_up(client)
    assert_in_the_house_style(page(client.get("/account/confirm-email/")))
    sign_in(Client(), account_of("owner@oak.example"))
    log_in(client := Client(), "owner@oak.example")
    assert_in_the_house_style(page(client.get("/account/2fa/authenticate/")))
    log_in(client := Client(), account_of("new@oak.example").email)
    for address in ("second-factor/", "2fa/totp/activate/"):
        assert_in_the_house_style(page(client.get(f"/account/{address}")))


@pytest.mark.parametrize("address", MEMBER)
def test_a_stranger_is_led_from_the_pages_of_members_to_the_sign_in(client, address):
    response = client.get(f"/account/{address}", follow=True)
    assert response.redirect_chain
    assert response.request["PATH_INFO"] in {"/account/login/", "/"}


@pytest.mark.parametrize("name", ["mfa_edit_webauthn", "mfa_remove_webauthn"])
def test_nobody_touches_the_passkey_of_another(member, name):
    outsider = account_of("outsider@oak.example")
    theirs = Authenticator.objects.create(user=outsider, type="webauthn", data={"name": "Blue"})
    for key in (theirs.pk, theirs.pk + 1, 10**30):
        address = reverse(name, args=[key])
        assert member.get(address).status_code == 404
        assert member.post(address, {"name": "Mine"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.data == {"name": "Blue"}


@pytest.mark.parametrize("field", ["login", "password", "code", "email", "next"])
@pytest.mark.parametrize("value", ["\0", "\ud800".encode("utf-8", "surrogatepass"), "x" * 100_000])
def test_no_field_makes_a_page_fail(member, field, value):
    for client in (Client(), member):
        for address in ("login/", "signup/", "password/reset/", "email/", "reauthenticate/"):
            response = client.post(f"/account/{address}", {field: value, "action_add": "1"})
            assert response.status_code in {200, 302}, address


def test_a_mistake_is_named_at_its_field_and_above(client):
    markup = page(client.post("/account/signup/", {"email": "nobody", "password1": "short"}))
    assert "<title>Error: Make an account" in markup
    assert '<a href="#id_password1">' in markup
    assert 'aria-describedby="id_password1-hint id_password1-mistake-1"' in markup
    assert 'value="nobody"' in markup
    assert "short" not in markup.replace("too short", "")


# ------------------------------------------------------------------ the header


def header(response: Any) -> list[str]:
    markup = response.content.decode()
    links = markup[markup.index('class="account-links"') : markup.index("</header>")]
    return re.findall(r">([^<>\n]+)</(?:a|button)>", links)


def test_the_header_of_a_stranger_has_one_link(client, release):
    for address in ("/", "/account/login/"):
        response = client.get(address)
        assert header(response) == ["Sign in"]
        assert "next=" not in response.content.decode()


def test_the_header_of_a_member_leads_to_all_that_is_theirs(client, release):
    sign_in(client, account_of())
    assert header(client.get("/")) == ["Your practices", "Account", "Sign out"]


def test_a_page_of_the_interview_has_the_header_of_whoever_asks(release, client):
    visitor = Visitor()
    address = f"{visitor.base}practice/"
    assert header(visitor.client.get(address)) == ["Sign in"]
    assert f"/account/login/?next={address}" in visitor.client.get(address).content.decode()
    log_in(visitor.client, account_of().email)
    for _ in range(2):
        response = visitor.client.get(address)
        assert header(response) == ["Your practices", "Account", "Sign out"]
    other = Visitor()
    assert header(other.client.get(f"{other.base}practice/")) == ["Sign in"]


def test_signing_out_works_from_the_header(client, release):
    careful = Client(enforce_csrf_checks=True)
    sign_in(careful, User.objects.get(pk=account_of().pk))
    markup = careful.get("/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', markup)[1]
    careful.post("/account/logout/", {"csrfmiddlewaretoken": token})
    assert header(careful.get("/")) == ["Sign in"]


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_a_page_that_says_what_went_wrong_asks_for_no_session(name):
    markup = render_to_string(f"{name}.html")
    assert "account-links" not in markup


def test_the_mails_of_an_account_never_show_more_than_its_address(client, mailoutbox):
    sign_in(client, account_of())
    client.post("/account/email/", {"email": "new@elm.example", "action_add": "1"})
    assert mailoutbox[-1].to == ["new@elm.example"]
    assert ADDRESS not in mailoutbox[-1].body
