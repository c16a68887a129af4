"""The mails of a batch: who gets them, how often, and what they keep to themselves."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.policies.bulk import mails
from policygen.policies.bulk.deciding import (
    approve_batch,
    prepare_again,
    publish_batch,
    submit_batch,
)
from policygen.policies.bulk.ending import advance
from policygen.policies.bulk.mails import tell, tell_all
from policygen.policies.bulk.starting import list_pieces, start_release_batch
from policygen.policies.models import Asked, Batch, BatchStage, Draft, Piece
from policygen.practices.models import Practice
from tests.library.folders import change
from tests.policies.bulk.fleet import fleet
from tests.policies.bulk.steps import begun, worked
from tests.policies.cast import Cast, cast, policy_of, published
from tests.releases import release_changes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def addresses() -> list[str]:
    return [address for one in mail.outbox for address in one.to]


def test_who_asked_for_a_mail_gets_one_for_each_stage_and_others_none():
    made = fleet(2)
    batch = begun(made, wants_mail=True)
    worked(batch)
    for _ in range(3):
        advance(batch.pk)
        tell(batch.pk)
        tell_all()
    assert addresses() == [made.people.owner.email]
    assert mail.outbox[0].subject == "2 policies are ready for you to look at"
    publish_batch(batch.pk, on=timezone.localdate(), reason="All of them", kind=None)
    worked(batch)
    tell_all()
    assert len(mail.outbox) == 2
    assert mail.outbox[1].subject == "2 policies are published"
    assert f"/batches/{batch.pk}/" in str(mail.outbox[1].body)


def test_who_did_not_ask_gets_none():
    made = fleet(1)
    batch = begun(made)
    worked(batch)
    tell_all()
    assert mail.outbox == []


def test_a_mail_that_could_not_be_sent_is_sent_later(monkeypatch):
    made = fleet(1)
    batch = begun(made, wants_mail=True)

    class Away(EmailBackend):
        def open(self) -> None:
            raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(mails, "get_connection", Away)
        worked(batch)
    assert mail.outbox == []
    tell_all()
    tell_all()
    assert addresses() == [made.people.owner.email]


@pytest.fixture
def agency(folder: Any) -> tuple[Cast, Cast]:
    """Two practices that want a review, with an owner in both, and a newer release."""
    people, other = cast(), cast("Ash Dental")
    other.practice.memberships.create(user=people.owner, role="owner")
    for one in (people, other):
        published(policy_of(one), one.owner)
    published(policy_of(other, "Another"), other.owner)
    Practice.objects.update(needs_review=True)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder, title="Words")
    return people, other


def test_approvers_hear_once_and_only_of_the_policies_of_their_practices(agency):
    people, other = agency
    batch = start_release_batch(people.owner)
    list_pieces(batch)
    worked(batch)
    submit_batch(batch.pk)
    worked(batch)
    tell_all()
    subjects = {one.to[0]: one.subject for one in mail.outbox}
    assert subjects == {
        people.reviewer.email: "Please review 1 policy",
        other.reviewer.email: "Please review 2 policies",
        other.owner.email: "Please review 2 policies",
    }
    assert len(mail.outbox) == 3
    for one in mail.outbox:
        assert "Dental" not in str(one.body)


def test_each_approves_what_they_may_and_the_rest_waits(agency):
    people, other = agency
    batch = start_release_batch(people.owner)
    list_pieces(batch)
    worked(batch)
    submit_batch(batch.pk)
    worked(batch)
    approve_batch(batch.pk, people.reviewer)
    assert worked(batch).stage == "submitted"
    steps = Piece.objects.filter(batch=batch).order_by("policy__practice")
    assert sorted(steps.values_list("step", flat=True)) == ["approve", "submit", "submit"]
    approve_batch(batch.pk, other.reviewer)
    assert worked(batch).stage == "approved"


# ------------------------------------------------------------------ what goes wrong


def failing_for(person: User, error: Exception) -> type[EmailBackend]:
    """Return a mail server that sends what it gets one by one, but for mails to one person."""

    class Failing(EmailBackend):
        def send_messages(self, messages: list[EmailMessage]) -> int:
            for one in messages:
                if one.to == [person.email]:
                    raise error
                super().send_messages([one])
            return len(messages)

    return Failing


def test_an_address_that_is_refused_keeps_nobody_from_hearing_once(agency, monkeypatch, caplog):
    people, other = agency
    refusing = failing_for(
        other.reviewer, SMTPRecipientsRefused({other.reviewer.email: (550, b"")})
    )
    monkeypatch.setattr(mails, "get_connection", refusing)
    batch = start_release_batch(people.owner, wants_mail=True)
    list_pieces(batch)
    worked(batch)
    mail.outbox.clear()
    submit_batch(batch.pk)
    worked(batch)
    for _ in range(3):
        tell_all()
    assert sorted(addresses()) == sorted(
        [people.reviewer.email, other.owner.email, people.owner.email]
    )
    assert "SMTPRecipientsRefused" in caplog.text
    assert other.reviewer.email not in caplog.text


def test_who_was_asked_before_the_mail_server_went_away_is_not_asked_again(agency, monkeypatch):
    people, other = agency
    batch = start_release_batch(people.owner)
    list_pieces(batch)
    worked(batch)
    submit_batch(batch.pk)
    away = failing_for(other.reviewer, SMTPServerDisconnected())
    with monkeypatch.context() as patched:
        patched.setattr(mails, "get_connection", away)
        worked(batch)
        for _ in range(3):
            tell_all()
    assert other.reviewer.email not in addresses()
    tell_all()
    assert len(addresses()) == len(set(addresses())) == 3


def away(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the mail server be away, and return a list that grows with each try to reach it."""
    tried: list[int] = []

    class Away(EmailBackend):
        def open(self) -> None:
            tried.append(1)
            raise ConnectionRefusedError

    monkeypatch.setattr(mails, "get_connection", Away)
    return tried


def test_a_mail_server_that_stays_away_is_not_asked_for_ever(monkeypatch):
    made = fleet(1)
    tried = away(monkeypatch)
    monkeypatch.setattr(mails, "MAIL_TRIES", 3)
    batch = begun(made, wants_mail=True)
    worked(batch)
    for _ in range(9):
        tell_all()
    assert len(tried) == 4


def test_while_the_mail_server_is_away_one_batch_asks_for_all(monkeypatch):
    made = fleet(1)
    for _ in range(3):
        begun(made, wants_mail=True)
    Batch.objects.update(stage=BatchStage.READY)
    tried = away(monkeypatch)
    tell_all()
    assert len(tried) == 1


# ------------------------------------------------------------------ how often


def test_each_approval_and_each_part_that_is_published_asks_nobody_again(agency):
    people, other = agency
    batch = start_release_batch(people.owner, wants_mail=True)
    list_pieces(batch)
    worked(batch)
    submit_batch(batch.pk)
    worked(batch)
    mail.outbox.clear()
    approve_batch(batch.pk, people.reviewer)
    assert worked(batch).stage == "submitted"
    tell_all()
    assert mail.outbox == []
    publish_batch(batch.pk, on=timezone.localdate(), reason="The first", kind=None)
    assert worked(batch).stage == "submitted"
    tell_all()
    assert addresses() == [people.owner.email], "who asked for that hears of it, and nobody else"
    mail.outbox.clear()
    approve_batch(batch.pk, other.reviewer)
    worked(batch)
    assert addresses() == [people.owner.email]
    assert mail.outbox[0].subject == "3 policies are approved"


def test_who_was_asked_is_asked_again_when_more_enters_the_review(agency):
    people, _ = agency
    batch = start_release_batch(people.owner)
    list_pieces(batch)
    worked(batch)
    submit_batch(batch.pk)
    worked(batch)
    mail.outbox.clear()
    prepare_again(batch.pk)
    list_pieces(batch)
    worked(batch)
    assert mail.outbox == []
    submit_batch(batch.pk)
    worked(batch)
    assert people.reviewer.email in addresses()


def test_who_wrote_all_of_it_is_not_asked_to_approve_it(agency):
    people, other = agency
    batch = start_release_batch(people.owner)
    list_pieces(batch)
    worked(batch)
    for piece in Piece.objects.filter(batch=batch, policy__practice=other.practice):
        Draft.objects.get(pk=piece.draft).editors.create(user=other.owner)
    submit_batch(batch.pk)
    worked(batch)
    assert other.owner.email not in addresses()
    assert set(Asked.objects.values_list("user__email", flat=True)) == set(addresses())


def test_what_a_mail_counts_is_counted_by_the_database(agency):
    people, _ = agency
    batch = start_release_batch(people.owner, wants_mail=True)
    list_pieces(batch)
    worked(batch)
    pieces = Piece.objects.filter(batch=batch)
    with CaptureQueriesContext(connection) as seen:
        mails._written("ended", batch, people.owner, pieces)
    (asked,) = (one["sql"] for one in seen if '"policies_piece"' in one["sql"])
    assert "COUNT(" in asked
