"""Whatever people do, and whatever goes wrong, the log says nothing about them.

Everybody and everything here is called Quux, so one word is looked for.
"""

from __future__ import annotations

import io
import re
import smtplib
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from policygen.celery import app
from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.bulk import working
from policygen.policies.bulk.deciding import publish_batch
from policygen.policies.bulk.starting import start_group_batch
from policygen.policies.drafting.beginning import set_up_policy
from policygen.policies.holders import Holder
from policygen.policies.models import Step
from policygen.policies.published.publishing import publish_policy
from policygen.policies.tasks import work
from policygen.practices.founding import found_practice
from policygen.practices.models import Location, Practice
from policygen.rendering import FORMATS, Format, Rendered, RenderTooLarge
from tests.accounts.people import CONFIRM, RESET, code_in_mail, link_in_mail, path_of, sign_up
from tests.policies.bulk.fleet import fleet
from tests.policies.cast import drafted, order
from tests.practices.browsers import at, browser_of
from tests.signing_in import with_address
from tests.wizard.visitors import Visitor, elm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]

EMAIL = "quux@clinic.example"
NAME = "Doctor Quux"
PHONE = "217-555-0199"
SECRETS = ("quux", "555-0199", "5550199", "192.0.2", "sessionid")
"""What must not be found, in small letters."""

WHERE = {"REMOTE_ADDR": "192.0.2.77", "HTTP_USER_AGENT": "Quuxzilla", "HTTP_REFERER": "/quux"}


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.DEBUG = False


@pytest.fixture(autouse=True)
def _quick_pdfs(monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(_document: Any) -> Rendered:
        return Rendered("quux.pdf", "application/pdf", b"%PDF")

    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", quick))


@pytest.fixture
def owner() -> User:
    """Somebody with an account and a name."""
    found = User.objects.create_user(username=EMAIL, email=EMAIL, first_name=NAME)
    return with_address(found)


@pytest.fixture
def practice(owner: User) -> Practice:
    """A practice whose name stands in its addresses."""
    return found_practice(owner, name="Quux Dental", time_zone="UTC")


def nothing_of(log: io.StringIO, *more: str) -> None:
    """Fail if the log says anything of what people do, or nothing at all."""
    written = log.getvalue()
    assert written
    for secret in (*SECRETS, *more):
        assert secret.casefold() not in written.casefold(), secret


def test_signing_up_in_and_out_and_failing_to(log):
    client = Client(**WHERE)
    sign_up(client, EMAIL, "quux quux quux")
    client.post(CONFIRM, {"code": "QUUX-QUUX"})
    code = code_in_mail()
    client.post(CONFIRM, {"code": code})
    client.post("/account/logout/")
    for password in ("quux wrong", "quux quux quux"):
        client.post("/account/login/?next=/quux/", {"login": EMAIL, "password": password})
    client.post("/account/login/", {"login": "Quux@nowhere.example", "password": "quux"})
    nothing_of(log, code)


def test_the_key_of_a_new_password(log, owner):
    client = Client(**WHERE)
    client.post(RESET, {"email": EMAIL})
    link = path_of(link_in_mail())
    client.get(link)
    client.get(link[:-2] + "/")
    client.get(link, follow=True)
    key = link.rstrip("/").rsplit("/", 1)[-1]
    nothing_of(log, key, key.partition("-")[2])


def test_the_token_of_an_invitation_even_where_its_page_fails(log, practice, owner, monkeypatch):
    sent = {"email": "invited.quux@clinic.example", "role": "editor"}
    browser_of(owner).post(at(practice, "invitations/"), sent)
    found = re.search(r"/invitations/([^/\s]+)/", str(mail.outbox[-1].body))
    assert found
    client = Client(raise_request_exception=False, **WHERE)
    client.get(found[0])
    client.get(found[0].rstrip("/"))
    client.post(found[0], {"token": "quux"}, headers={"origin": "https://quux.example"})

    def fail(*_: Any, **__: Any) -> None:
        raise IntegrityError(f"duplicate key\nDETAIL:  Key (email)=({NAME}, {EMAIL}) exists.")

    monkeypatch.setattr("policygen.practices.invitation_views.render", fail)
    assert client.get(found[0]).status_code == 500
    nothing_of(log, found[1])
    assert "IntegrityError" in log.getvalue()


def test_a_mail_server_that_quotes_addresses(log, practice, owner, monkeypatch):
    def refuse(*_: Any, **__: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({EMAIL: (550, f"no {NAME} <{EMAIL}>".encode())})

    monkeypatch.setattr(EmailMessage, "send", refuse)
    sent = {"email": "invited.quux@clinic.example", "role": "editor"}
    browser_of(owner).post(at(practice, "invitations/"), sent)
    nothing_of(log)
    assert "SMTPRecipientsRefused" in log.getvalue()


def test_the_interview(log):
    visitor = Visitor({**elm(), "practice_name": "Quux Dental"})
    visitor.client.defaults.update(WHERE)
    for step in ("practice", "review", "quux-step", ""):
        visitor.get(step)
    visitor.client.post(f"{visitor.base}practice/", {"practice-practice_name": NAME + "\x00"})
    visitor.client.get(f"{visitor.base}review/?quux={NAME}")
    visitor.client.get("/drafts/quux/")
    nothing_of(log, visitor.draft_id)


def test_publishing_and_reading_what_was_published(log, practice, owner):
    draft = drafted(policy_of_practice(practice, owner), owner, practice_name=NAME)
    publish_policy(Holder(user=owner), draft.pk, order(draft, reason=f"{NAME} asked for it"))
    client = Client(**WHERE)
    for ending in ("/", ".txt", ".quux", "/versions/", "/v/1/", "/quux/"):
        client.get(f"/p/quux-dental/quux-policy{ending}")
    browser_of(owner).get(at(practice))
    nothing_of(log)


def policy_of_practice(practice: Practice, owner: User) -> Any:
    return set_up_policy(practice, owner, title="Quux policy")


def test_a_document_that_cannot_be_made(log, practice, owner, monkeypatch):
    def fail(_document: Any) -> Rendered:
        raise RenderTooLarge(f"The answer “{NAME}, {PHONE}” is too long.")

    draft = drafted(policy_of_practice(practice, owner), owner, practice_name=NAME)
    monkeypatch.setitem(FORMATS, "txt", Format("Plain text", fail))
    browser_of(owner).get(f"/drafts/{draft.pk}/download.txt")
    browser_of(owner).post(f"/drafts/{draft.pk}/publish/", {"reason": NAME})
    with pytest.raises(RenderTooLarge):
        publish_policy(Holder(user=owner), draft.pk, order(draft))
    nothing_of(log)


def test_a_batch_and_what_goes_wrong_in_it(log, monkeypatch, settings):
    settings.REDIS_URL = ""
    made = fleet(2, title="Quux policies")
    Location.objects.update(phone=PHONE, email=EMAIL)
    batch = start_group_batch(made.group, made.people.owner)
    work(batch=str(batch.pk))
    while working.work_on(batch.pk, pieces=10):
        pass

    def fail(_piece: Any) -> None:
        raise ValueError(f"no place for '{NAME}' ({PHONE}, {EMAIL})")

    publish_batch(batch.pk, on=timezone.localdate(), reason=NAME, kind=ChangeKind.MATERIAL)
    monkeypatch.setitem(working.STEPS, Step.PUBLISH, fail)
    work(batch=str(batch.pk))
    nothing_of(log)
    assert "ValueError" in log.getvalue()
    assert f'"batch": "{batch.pk}"' in log.getvalue()


def test_a_task_that_fails(log):
    @app.task(name="quiet.failing", shared=False)
    def failing(practice: str) -> None:
        raise ValueError(f"nothing known of '{practice}'")

    try:
        with pytest.raises(ValueError, match="Quux"):
            failing(practice=NAME)
        assert failing.apply(kwargs={"practice": NAME}).failed()
    finally:
        app.tasks.pop("quiet.failing", None)
    nothing_of(log)
    assert log.getvalue().count("the task failed") == 2


def test_locations_from_a_file(log, practice, owner):
    client = browser_of(owner)
    address = at(practice, "locations/import/")
    good = f"Name,Phone,E-mail,Address\nQuux North,{PHONE},{EMAIL},1 Quux Street\n"
    bad = f"Name,Phone,E-mail\n=cmd|' /C quux'!A0,{PHONE},{EMAIL}\nQuux,Quux,Quux"
    for content in (good, bad, "quux\x00", ""):
        file = SimpleUploadedFile("quux.csv", content.encode(), content_type="text/csv")
        client.post(address, {"file": file})
    client.get(at(practice, "locations/?search=quux"))
    client.get(at(practice, "locations/export.csv"))
    nothing_of(log)
