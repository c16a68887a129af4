"""Inviting people into a practice: the mail, the page that it leads to, and what can go wrong."""

from __future__ import annotations

import hashlib
import re
import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone

from policygen.practices import mails
from policygen.practices.invitations import (
    DAYS,
    HOURLY_LIMIT,
    OPEN_LIMIT,
    NotOpen,
    TooManyInvitations,
    accept,
    digest_of,
    invite,
    masked,
    revoke,
)
from policygen.practices.mails import inert
from policygen.practices.models import Invitation, Membership, Practice
from policygen.practices.roles import Role
from tests.policies.cast import Cast, account
from tests.practices.browsers import at, browser_of, membership_of, text_of
from tests.signing_in import with_address

ADDRESS = "lee@example.com"


def invited(people: Cast, email: str = ADDRESS, role: Role = Role.EDITOR) -> tuple[Invitation, str]:
    """Invite somebody. Return the invitation and the path in the mail."""
    invitation, token = invite(people.practice, people.owner, email=email, role=role)
    return invitation, f"/invitations/{token}/"


def holder(email: str = ADDRESS) -> User:
    """Return somebody whose address is confirmed."""
    return with_address(account("holder"), email)


def post(people: Cast, by: User, **sent: Any) -> Any:
    given = {"email": ADDRESS, "role": "editor", **sent}
    return browser_of(by).post(at(people.practice, "invitations/"), given)


def link_in_mail() -> str:
    found = re.search(r"http://localhost:8000(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def is_member(practice: Practice, user: User) -> bool:
    return Membership.objects.filter(practice=practice, user=user).exists()


# ------------------------------------------------------------------ inviting


def test_an_invitation_goes_to_the_address_and_says_who_invites_to_what(people):
    response = post(people, people.owner, email=" Lee@Example.com ")
    assert response["Location"] == at(people.practice, "members/")
    [sent] = mail.outbox
    assert sent.to == [ADDRESS]
    assert sent.subject == "Invitation to Elm Dental"
    for word in (people.owner.email, "Elm Dental", "Editor", f"{DAYS} days"):
        assert word in sent.body
    assert "&" not in sent.body


def test_only_the_digest_of_the_token_is_stored(people):
    post(people, people.owner)
    token = link_in_mail().split("/")[2]
    assert len(token) >= 43  # 32 random bytes
    found = Invitation.objects.get()
    assert found.token_digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(Invitation.objects.values().get())


@pytest.mark.parametrize("who", ["editor", "reviewer", "viewer"])
def test_only_owners_invite_and_revoke(people, who):
    made, _ = invited(people)
    assert post(people, getattr(people, who), email="x@example.com").status_code == 403
    address = at(people.practice, f"invitations/{made.pk}/revoke/")
    assert browser_of(getattr(people, who)).post(address).status_code == 403
    made.refresh_from_db()
    assert made.is_open
    assert not mail.outbox


@pytest.mark.parametrize(
    "sent",
    [
        {"email": ""},
        {"email": "lee"},
        {"email": "lee@example.com\nBcc: all@example.com"},
        {"email": "lee\u202e@example.com"},
        {"email": "lee\x00@example.com"},
        {"email": "ſam@example.com"},
        {"email": "a" * 5000 + "@example.com"},
        {"role": ""},
        {"role": "boss"},
    ],
)
def test_bad_input_is_named_and_nobody_is_invited(people, sent):
    response = post(people, people.owner, **sent)
    assert response.status_code == 400
    assert "There is a problem" in text_of(response)
    assert not Invitation.objects.exists()
    assert not mail.outbox


def test_who_made_it_and_other_fields_cannot_be_sent_along(people):
    extra = {"made_by": people.outsider.pk, "practice": people.other.pk, "expires": "2099-01-01"}
    post(people, people.owner, **extra)
    found = Invitation.objects.get()
    assert (found.made_by, found.practice) == (people.owner, people.practice)
    assert found.expires <= timezone.now() + timedelta(days=DAYS)


def test_a_member_is_not_invited(people):
    response = post(people, people.owner, email=people.editor.email.upper())
    assert response.status_code == 400
    assert "is a member already" in text_of(response)


def test_inviting_again_replaces_the_open_invitation(people):
    first, before = invited(people, role=Role.OWNER)
    second, after = invited(people, role=Role.VIEWER)
    first.refresh_from_db()
    assert not first.is_open
    assert second.is_open
    lee = holder()
    client = browser_of(lee)
    assert client.get(before).status_code == 404
    client.post(after)
    assert membership_of(people.practice, lee).role == "viewer"


def test_a_practice_has_so_many_open_invitations_and_no_more(people):
    for number in range(OPEN_LIMIT):
        made, _ = invited(people, f"n{number}@example.com")
        Invitation.objects.filter(pk=made.pk).update(made_at=timezone.now() - timedelta(hours=2))
    response = post(people, people.owner)
    assert response.status_code == 429
    assert "Revoke those that you no longer need" in text_of(response)
    assert not mail.outbox
    invited(people, "n1@example.com")  # one that replaces another makes it no more


def test_a_practice_and_a_person_send_so_many_in_an_hour_and_no_more(people):
    for number in range(HOURLY_LIMIT):
        made, _ = invited(people, f"n{number}@example.com")
        revoke(people.practice, people.owner, made.pk)
    response = post(people, people.owner)
    assert response.status_code == 429
    assert "within the last hour" in text_of(response)
    Membership.objects.create(practice=people.other, user=people.owner, role=Role.OWNER)
    with pytest.raises(TooManyInvitations):
        invite(people.other, people.owner, email=ADDRESS, role=Role.VIEWER)
    invite(people.other, people.outsider, email=ADDRESS, role=Role.VIEWER)
    Invitation.objects.update(made_at=timezone.now() - timedelta(minutes=61))
    assert post(people, people.owner).status_code == 302


def test_a_mail_that_is_not_taken_is_said_and_the_link_is_shown_this_once(people, monkeypatch):
    def fail(*_: object, **__: object) -> int:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(mails.EmailMessage, "send", fail)
    response = post(people, people.owner)
    text = text_of(response)
    assert response.status_code == 502
    assert "The mail was not sent" in text
    found = re.search(r"http://localhost:8000(/invitations/\S+)", text)
    assert found
    token = found[1].split("/")[2]
    client = browser_of(people.owner)
    for path in ("members/", ""):
        assert token not in client.get(at(people.practice, path)).content.decode()
    lee = holder()
    browser_of(lee).post(found[1])
    assert is_member(people.practice, lee)


HOSTILE = [
    "Elm\r\nBcc: all@example.com",
    "Pay now at https://evil.example/login?x=1",
    "evil.example/pay",
    "mail me@evil.example",
    "<b>Elm</b> {{ settings.SECRET_KEY }} {% now 'Y' %}",
    "Elm & Söhne “Zahnärzte”",
    "W" * 200,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_practice_does_nothing_in_a_mail(people, name):
    Practice.objects.filter(pk=people.practice.pk).update(name=name)
    post(people, people.owner)
    [sent] = mail.outbox
    message = sent.message()
    assert sent.to == [ADDRESS]
    assert "Bcc" not in message
    assert "\n" not in sent.subject
    links = re.findall(r"\S+://\S+", f"{sent.subject} {sent.body}")
    assert all(link.startswith("http://localhost:8000") for link in links)
    assert "evil.example" not in f"{sent.subject} {sent.body}"
    assert len(inert(name)) <= mails.NAME_LIMIT


def test_inert_names_stay_readable():
    assert inert("Elm Dental") == "Elm Dental"
    assert inert("St. Mary’s Clinic (North)") == "St. Mary’s Clinic (North)"
    assert inert("smile.example") == "smile. example"
    assert inert("Dr.Lee:\nTeeth") == "Dr. Lee: Teeth"


# ------------------------------------------------------------------ revoking


def test_an_owner_revokes_an_invitation(people):
    made, path = invited(people)
    client = browser_of(people.owner)
    client.post(at(people.practice, f"invitations/{made.pk}/revoke/"))
    assert browser_of(holder()).get(path).status_code == 404
    assert ADDRESS not in text_of(client.get(at(people.practice, "members/"))).split("revoked.")[1]


def test_revoking_what_was_accepted_says_so_and_changes_nothing(people):
    made, path = invited(people)
    lee = holder()
    browser_of(lee).post(path)
    client = browser_of(people.owner)
    response = client.post(at(people.practice, f"invitations/{made.pk}/revoke/"), follow=True)
    assert "accepted or revoked meanwhile" in text_of(response)
    assert is_member(people.practice, lee)


def test_invitations_of_other_practices_and_none_give_the_same_page(people):
    made, _ = invited(people)
    client = browser_of(people.outsider)
    foreign = client.post(at(people.other, f"invitations/{made.pk}/revoke/"))
    missing = client.post(at(people.other, f"invitations/{people_uuid()}/revoke/"))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    made.refresh_from_db()
    assert made.is_open


def people_uuid() -> str:
    return "00000000-0000-4000-8000-000000000000"


# ------------------------------------------------------------------ accepting


def test_who_is_invited_accepts_and_is_in(people):
    lee = holder()
    post(people, people.owner, role="reviewer")
    client = browser_of(lee)
    page = text_of(client.get(link_in_mail()))
    assert "Elm Dental" in page
    assert people.owner.email in page
    assert Role.REVIEWER.explanation in page
    assert not is_member(people.practice, lee)
    response = client.post(link_in_mail())
    assert response["Location"] == at(people.practice)
    assert membership_of(people.practice, lee).role == "reviewer"
    assert Invitation.objects.get().accepted_by == lee


def test_a_stranger_is_asked_to_sign_in_or_up_and_comes_back(people):
    _, path = invited(people)
    page = Client().get(path)
    assert f"/account/login/?next={path}" in page.content.decode()
    assert f"/account/signup/?next={path}" in page.content.decode()
    assert ADDRESS not in page.content.decode()
    assert "l…@example.com" in text_of(page)
    sent = Client().post(path)
    assert sent["Location"] == f"/account/login/?next={path}"


def test_somebody_with_another_address_is_told_which_one_it_is_for(people):
    _, path = invited(people)
    client = browser_of(people.outsider)
    page = client.get(path)
    assert "l…@example.com" in text_of(page)
    assert ADDRESS not in page.content.decode()
    assert "Accept the invitation" not in text_of(page)
    assert client.post(path).status_code == 403
    assert not is_member(people.practice, people.outsider)


def test_an_address_that_is_not_confirmed_does_not_count(people):
    _, path = invited(people)
    lee = account("lee")
    lee.email = ADDRESS
    lee.save()
    lee.emailaddress_set.create(email=ADDRESS, verified=False)  # type: ignore[attr-defined]
    assert browser_of(lee).post(path).status_code == 403
    assert not is_member(people.practice, lee)


def test_an_address_that_only_a_database_takes_for_the_same_does_not_count(people):
    _, path = invited(people, "sam@example.com")
    stranger = holder("\u017fam@example.com")
    assert browser_of(stranger).post(path).status_code == 403


def test_unknown_revoked_and_used_invitations_give_one_page(people):
    revoked, path_of_revoked = invited(people)
    revoke(people.practice, people.owner, revoked.pk)
    _, path_of_used = invited(people)
    browser_of(holder()).post(path_of_used)
    paths = [path_of_revoked, path_of_used, "/invitations/nothing/", f"/invitations/{'x' * 5000}/"]
    for client in (Client(), browser_of(people.outsider)):
        for send in (client.get, client.post):
            pages = [send(path) for path in paths]
            assert {page.status_code for page in pages} == {404}
            assert len({plain(page) for page in pages}) == 1
            assert "ask whoever invited you" in text_of(pages[0])


def plain(response: Any) -> str:
    """Return a page without the token of its forms, which differs each time."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", response.content.decode())


def test_an_expired_invitation_says_so_and_whom_to_ask(people):
    made, path = invited(people)
    Invitation.objects.filter(pk=made.pk).update(expires=timezone.now() - timedelta(seconds=1))
    lee = holder()
    for client in (Client(), browser_of(lee)):
        page = client.get(path)
        assert page.status_code == 410
        assert "has expired" in text_of(page)
        assert people.owner.email in text_of(page)
        assert client.post(path).status_code == 410
    assert not is_member(people.practice, lee)
    assert "Expired" in text_of(browser_of(people.owner).get(at(people.practice, "members/")))


def test_a_member_is_told_so_and_keeps_their_role_and_the_invitation_stays_open(people):
    made, path = invited(people, "second@example.com", Role.VIEWER)
    owner = people.owner
    owner.emailaddress_set.create(email="second@example.com", verified=True)  # type: ignore[attr-defined]
    client = browser_of(owner)
    for send in (client.get, client.post):
        response = send(path)
        assert response["Location"] == at(people.practice)
    assert membership_of(people.practice, owner).role == "owner"
    made.refresh_from_db()
    assert made.is_open
    assert "You are a member already: an owner" in text_of(
        client.get(at(people.practice, "members/"))
    )


def test_who_presses_twice_is_led_to_the_practice(people):
    _, path = invited(people)
    client = browser_of(holder())
    assert client.post(path)["Location"] == at(people.practice)
    assert client.post(path)["Location"] == at(people.practice)
    assert Membership.objects.filter(practice=people.practice).count() == 5


def test_who_was_removed_cannot_come_back_with_the_same_link(people):
    _, path = invited(people)
    lee = holder()
    client = browser_of(lee)
    client.post(path)
    Membership.objects.filter(user=lee).delete()
    assert client.post(path).status_code == 404
    assert not is_member(people.practice, lee)


def test_an_invitation_that_is_revoked_while_it_is_looked_at_is_not_accepted(people):
    made, _ = invited(people)
    lee = holder()
    revoke(people.practice, people.owner, made.pk)
    with pytest.raises(NotOpen):
        accept(made, lee)
    assert not is_member(people.practice, lee)


def test_the_list_of_practices_offers_what_ones_confirmed_addresses_are_invited_to(people):
    made, _ = invited(people)
    lee = holder()
    client = browser_of(lee)
    page = client.get("/practices/")
    assert "Elm Dental" in text_of(page)
    assert "Elm Dental" not in text_of(browser_of(account("other")).get("/practices/"))
    accept_path = f"/invitations/{made.pk}/accept/"
    assert browser_of(people.outsider).post(accept_path).status_code == 404
    assert client.get(accept_path).status_code == 405
    assert Client().post(accept_path).status_code == 302
    assert client.post(accept_path)["Location"] == at(people.practice)
    assert membership_of(people.practice, lee).role == "editor"


def test_addresses_are_masked_and_tokens_are_hashed():
    assert masked("lee@example.com") == "l…@example.com"
    assert masked("l@example.com") == "l…@example.com"
    assert digest_of("a") != digest_of("b")
    assert len(digest_of("\ud800")) == 64


def test_invitation_pages_are_kept_by_nobody(people):
    _, path = invited(people)
    for response in (Client().get(path), Client().get("/invitations/nothing/")):
        assert "no-store" in response["Cache-Control"]
