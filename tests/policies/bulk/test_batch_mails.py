"""The mails of a batch: who gets them, how often, and what they keep to themselves."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from policygen.policies.bulk import mails
from policygen.policies.bulk.deciding import approve_batch, publish_batch, submit_batch
from policygen.policies.bulk.ending import advance
from policygen.policies.bulk.mails import tell, tell_all
from policygen.policies.bulk.starting import list_pieces, start_group_batch, start_release_batch
from policygen.policies.bulk.working import work_on
from policygen.policies.models import Batch, Piece
from policygen.practices.models import Practice
from tests.library.folders import change
from tests.policies.bulk.fleet import fleet
from tests.policies.cast import Cast, cast, policy_of, published
from tests.releases import release_changes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def worked(batch: Batch) -> Batch:
    while work_on(batch.pk, pieces=100):
        pass
    batch.refresh_from_db()
    return batch


def addresses() -> list[str]:
    return [address for one in mail.outbox for address in one.to]


def test_who_asked_for_a_mail_gets_one_for_each_stage_and_others_none():
    made = fleet(2)
    batch = start_group_batch(made.group, made.people.owner, wants_mail=True)
    list_pieces(batch)
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
    assert mail.outbox[1].subject == "The work on 2 policies has ended"
    assert f"/batches/{batch.pk}/" in str(mail.outbox[1].body)


def test_who_did_not_ask_gets_none():
    made = fleet(1)
    batch = start_group_batch(made.group, made.people.owner)
    list_pieces(batch)
    worked(batch)
    tell_all()
    assert mail.outbox == []


def test_a_mail_that_could_not_be_sent_is_sent_later(monkeypatch):
    made = fleet(1)
    batch = start_group_batch(made.group, made.people.owner, wants_mail=True)
    list_pieces(batch)

    class Away:
        def send_messages(self, _mails: Any) -> int:
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
