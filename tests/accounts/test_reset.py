"""A new password by mail, and the mails themselves: links come from the settings alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone

from policygen.practices.founding import found_practice
from tests.accounts.people import (
    ADDRESS,
    LOGIN,
    PASSWORD,
    RESET,
    account_of,
    code_in_mail,
    link_in_mail,
    log_in,
    page,
    path_of,
    sign_up,
    signed_in_as,
)
from tests.signing_in import sign_in, with_second_factor

pytestmark = pytest.mark.django_db

NEW = "another quiet heron"


@pytest.fixture
def owner(db: None) -> User:
    return account_of()


def ask(client: Client, email: str = ADDRESS, **headers: str) -> str:
    """Ask for a link and return it."""
    assert client.post(RESET, {"email": email}, headers=headers).status_code == 302
    return link_in_mail()


def choose(client: Client, link: str, password: str = NEW) -> int:
    """Open a link and choose a password. Return how it ended: 302 if the password is set."""
    opened = client.get(path_of(link), follow=True)
    address = opened.request["PATH_INFO"]
    fields = {"password1": password, "password2": password}
    return int(client.post(address, fields).status_code)


def test_a_link_gives_a_new_password_on_any_device(client, owner):
    link = ask(client)
    phone = Client()
    assert choose(phone, link) == 302
    log_in(client, password=NEW)
    assert signed_in_as(client) == ADDRESS
    assert mail.outbox[-1].subject == "Your password was reset"


def test_a_link_works_once(client, owner):
    link = ask(client)
    assert choose(Client(), link) == 302
    assert choose(Client(), link, "a third quiet heron") == 200
    assert "does not work any more" in page(Client().get(path_of(link)))
    assert User.objects.get().check_password(NEW)


def test_a_link_ends_after_three_days(client, owner):
    link = ask(client)
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=5)):
        assert choose(Client(), link) == 200
    assert User.objects.get().check_password(PASSWORD)


def test_an_older_link_ends_when_the_address_changes(client, owner):
    link = ask(client)
    account_of(owner.email)
    User.objects.update(email="new@elm.example")
    owner.emailaddress_set.update(email="new@elm.example")
    assert choose(Client(), link) == 200


def test_the_address_of_the_form_does_not_hold_the_secret(client, owner):
    link = ask(client)
    opened = client.get(path_of(link), follow=True)
    assert opened.request["PATH_INFO"].endswith("-set-password/")


@pytest.mark.parametrize(
    "key", ["1-x", "zzzzzzzzzzzzz-x", "0-set-password", "1-%00", "1-%ff", "1-" + "a" * 500]
)
def test_a_made_up_link_gets_a_page_that_helps(client, owner, key):
    response = client.get(f"/account/password/reset/key/{key}/")
    assert response.status_code in {200, 404}
    assert response.status_code == 404 or "Ask for a new link" in page(response)


def test_a_new_password_opens_no_session_and_needs_the_second_factor_as_before(client, owner):
    with_second_factor(owner)
    visit = Client()
    assert choose(visit, ask(client)) == 302
    assert signed_in_as(visit) == ""
    assert log_in(visit, password=NEW)["Location"].startswith("/account/2fa/authenticate/")
    assert signed_in_as(visit) == ""


def test_a_new_password_ends_all_sessions(client, owner):
    log_in(client)
    assert choose(Client(), ask(Client())) == 302
    assert signed_in_as(client) == ""


def test_a_link_of_one_account_signs_the_other_out(client, owner):
    outsider = account_of("outsider@oak.example")
    log_in(client, outsider.email)
    assert choose(client, ask(Client())) == 302
    assert signed_in_as(client) == ""


@pytest.mark.parametrize("weak", ["password", "1234567890", "Elm Dental", "elm-dental!", "short"])
def test_a_weak_new_password_is_refused(client, owner, weak):
    found_practice(owner, name="Elm Dental", time_zone="UTC")
    assert choose(client, ask(client), weak) == 200
    assert User.objects.get().check_password(PASSWORD)


def test_a_reset_lets_in_somebody_who_guessed_too_often(client, owner):
    for _ in range(6):
        log_in(client, password="wrong")
    assert choose(client, ask(client)) == 302
    assert log_in(client, password=NEW).status_code == 302


# ------------------------------------------------------------------ no enumeration (D02)


def test_asking_for_a_link_looks_alike_for_known_and_unknown_addresses(client, owner):
    seen = []
    for address in (ADDRESS, "unknown@elm.example"):
        visit = Client()
        response = visit.post(RESET, {"email": address})
        seen.append((response.status_code, response["Location"], page(response)))
        seen[-1] += (page(visit.get(response["Location"])),)
    assert seen[0] == seen[1]
    assert [message.to for message in mail.outbox] == [[ADDRESS], ["unknown@elm.example"]]


def test_a_closed_account_gets_no_link(client, owner):
    User.objects.update(is_active=False)
    client.post(RESET, {"email": ADDRESS})
    assert "/password/reset/key/" not in mail.outbox[-1].body


def test_nobody_floods_a_mailbox(owner):
    codes = []
    for number in range(8):
        visit = Client(REMOTE_ADDR=f"198.51.100.{number}")
        codes.append(visit.post(RESET, {"email": ADDRESS}).status_code)
    assert codes == [302] * 5 + [429] * 3
    assert len(mail.outbox) == 5


# ------------------------------------------------------------------ host names (D09, H04)


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_links_in_mails_never_come_from_the_host_header(client, owner, settings, header):
    settings.ALLOWED_HOSTS = ["testserver", "evil.example"]
    settings.SITE_URL = "https://policies.example.org"
    assert ask(client, **{header: "evil.example"}).startswith("https://policies.example.org/")
    client.post(RESET, {"email": "unknown@elm.example"}, headers={header: "evil.example"})
    sign_up(client, ADDRESS, headers={header: "evil.example"})
    sign_up(Client(), "fresh@elm.example", headers={header: "evil.example"})
    for message in mail.outbox:
        assert "evil" not in f"{message.subject}{message.body}{message.from_email}"
    assert len(mail.outbox) == 4


def test_an_unknown_host_name_is_refused(client, owner):
    for address in (LOGIN, RESET, "/account/signup/"):
        assert client.get(address, headers={"Host": "evil.example"}).status_code == 400


# ------------------------------------------------------------------ mails


def test_mails_are_plain_text_in_plain_words(client, settings):
    settings.SITE_URL = "https://policies.example.org"
    account_of("o'hara&co@elm.example")
    ask(client, "o'hara&co@elm.example")
    sign_up(client, "fresh@elm.example")
    for message in mail.outbox:
        assert message.content_subtype == "plain"
        assert not message.alternatives
        assert message.from_email == settings.DEFAULT_FROM_EMAIL
        assert message.body.startswith("Hello,\n")
        assert message.body.endswith("policygen\nhttps://policies.example.org")
        assert "&#x27;" not in message.body
        assert "&amp;" not in message.body
        assert message.subject.strip() == message.subject


def test_a_changed_address_is_confirmed_by_a_code_and_the_old_one_is_told(client, owner):
    sign_in(client, owner, second_factor=True)
    new = "new@elm.example"
    response = client.post("/account/email/", {"email": new, "action_add": "1"})
    assert response["Location"] == "/account/confirm-email/"
    owner.refresh_from_db()
    assert owner.email == ADDRESS
    client.post("/account/confirm-email/", {"code": code_in_mail()})
    owner.refresh_from_db()
    assert owner.email == new
    assert [str(one) for one in owner.emailaddress_set.values_list("email", flat=True)] == [new]
    assert mail.outbox[-1].to == [ADDRESS]
    assert mail.outbox[-1].subject == "Your e-mail address was changed"
    assert "From: 127.0.0.1" in mail.outbox[-1].body
    log_in(visit := Client(), new)
    assert signed_in_as(visit) == ""  # the second factor is still to come


def test_an_address_of_somebody_else_is_never_taken(client, owner):
    account_of("outsider@oak.example")
    sign_in(client, owner)
    client.post("/account/email/", {"email": "outsider@oak.example", "action_add": "1"})
    client.post("/account/confirm-email/", {"code": code_in_mail()})
    owner.refresh_from_db()
    assert owner.email == ADDRESS
