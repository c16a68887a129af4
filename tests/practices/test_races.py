"""Two people at once, each with a connection of their own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied

from policygen.practices import members
from policygen.practices.changing import change_settings, settings_of
from policygen.practices.founding import found_practice
from policygen.practices.invitations import (
    NotOpen,
    TooManyInvitations,
    accept,
    invitation_of,
    invite,
    revoke,
)
from policygen.practices.members import LastOwner, change_role, leave_practice, remove_member
from policygen.practices.models import Invitation, Membership, Practice
from policygen.practices.roles import Role
from tests.patience import PATIENCE
from tests.policies.cast import account, member
from tests.practices.browsers import at, browser_of, membership_of
from tests.signing_in import with_address
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 10
"""How often two people meet; without the locks, a few rounds are enough to fail."""

REFUSALS = (LastOwner, NotOpen, PermissionDenied, TooManyInvitations, Membership.DoesNotExist)

at_once = partial(together, refusals=REFUSALS)


def owners(practice: Practice) -> int:
    return Membership.objects.filter(practice=practice, role=Role.OWNER).count()


@pytest.fixture
def practices() -> list[Practice]:
    founders = [account("owner") for _ in range(ROUNDS)]
    return [found_practice(by, name="Elm Dental", time_zone="UTC") for by in founders]


def pair(practice: Practice) -> tuple[Membership, Membership]:
    """Return the founder's membership and that of a second owner."""
    second = member(practice, Role.OWNER)
    first = Membership.objects.exclude(user=second).get(practice=practice)
    return first, membership_of(practice, second)


def test_two_owners_who_demote_each_other_leave_one(practices):
    for practice in practices:
        one, two = pair(practice)
        done = at_once(
            partial(change_role, practice, one.user, two.pk, Role.VIEWER),
            partial(change_role, practice, two.user, one.pk, Role.VIEWER),
        )
        assert owners(practice) == 1
        assert sum(isinstance(one, Membership) for one in done) == 1


def test_two_owners_who_remove_each_other_leave_one(practices):
    for practice in practices:
        one, two = pair(practice)
        at_once(
            partial(remove_member, practice, one.user, two.pk),
            partial(remove_member, practice, two.user, one.pk),
        )
        assert owners(practice) == 1


def test_two_owners_who_leave_and_step_down_leave_one(practices):
    for practice in practices:
        one, two = pair(practice)
        at_once(
            partial(leave_practice, practice, one.user),
            partial(change_role, practice, two.user, two.pk, Role.EDITOR),
        )
        assert owners(practice) == 1


def test_an_invitation_that_is_used_twice_at_once_makes_one_member(practices):
    for number, practice in enumerate(practices):
        owner = Membership.objects.get(practice=practice).user
        lee = with_address(account("lee"), f"lee{number}@example.com")
        _, token = invite(practice, owner, email=lee.email, role=Role.EDITOR)
        clients = [browser_of(lee), browser_of(lee)]
        done = at_once(*(partial(client.post, f"/invitations/{token}/") for client in clients))
        assert [response["Location"] for response in done] == [at(practice), at(practice)]
        assert Membership.objects.filter(practice=practice, user=lee).count() == 1


def test_an_invitation_is_either_accepted_or_revoked(practices):
    for number, practice in enumerate(practices):
        owner = Membership.objects.get(practice=practice).user
        lee = with_address(account("lee"), f"lee{number}@example.com")
        made, token = invite(practice, owner, email=lee.email, role=Role.EDITOR)
        found = invitation_of(token)
        assert found is not None
        at_once(partial(accept, found, lee), partial(revoke, practice, owner, made.pk))
        made.refresh_from_db()
        assert (made.accepted_at is None) != (made.revoked_at is None)
        is_in = Membership.objects.filter(practice=practice, user=lee).exists()
        assert is_in == (made.accepted_at is not None)


def test_two_invitations_to_one_address_at_once_leave_one_open(practices):
    for practice in practices:
        one, two = pair(practice)
        at_once(
            partial(invite, practice, one.user, email="new@example.com", role=Role.EDITOR),
            partial(invite, practice, two.user, email="new@example.com", role=Role.VIEWER),
        )
        made = Invitation.objects.filter(practice=practice)
        assert made.count() == 2
        assert made.filter(revoked_at=None).count() == 1


def test_who_is_removed_while_they_invite_leaves_no_open_invitation(practices):
    for practice in practices:
        one, two = pair(practice)
        at_once(
            partial(remove_member, practice, one.user, two.pk),
            partial(invite, practice, two.user, email="new@example.com", role=Role.OWNER),
        )
        assert not Invitation.objects.filter(practice=practice, revoked_at=None).exists()


def test_two_owners_who_change_different_settings_both_get_theirs(practices):
    for practice in practices:
        one, two = pair(practice)
        seen = settings_of(practice)
        renamed, reviewed = replace(seen, name="Oak"), replace(seen, needs_review=True)
        at_once(
            partial(change_settings, practice, one.user, seen=seen, wanted=renamed),
            partial(change_settings, practice, two.user, seen=seen, wanted=reviewed),
        )
        found = Practice.objects.get(pk=practice.pk)
        assert (found.name, found.needs_review) == ("Oak", True)


def test_pressing_the_button_twice_at_once_founds_one_practice():
    somebody = account("somebody")
    clients = [browser_of(somebody), browser_of(somebody)]
    sent = {"name": "Oak Dental", "time_zone": "UTC"}
    at_once(*(partial(client.post, "/practices/new/", sent) for client in clients))
    assert Practice.objects.count() == 1


@pytest.mark.postgresql
def test_without_the_lock_two_owners_would_demote_each_other(practices, monkeypatch):
    monkeypatch.setattr(Practice.objects, "select_for_update", lambda **_: Practice.objects.all())
    meeting = Barrier(2)

    def meet(member: Membership) -> None:
        keep(member)
        meeting.wait(timeout=PATIENCE)

    keep = members._keep_an_owner
    monkeypatch.setattr(members, "_keep_an_owner", meet)
    one, two = pair(practices[0])
    at_once(
        lambda: change_role(practices[0], one.user, two.pk, Role.VIEWER),
        lambda: change_role(practices[0], two.user, one.pk, Role.VIEWER),
    )
    assert owners(practices[0]) == 0
