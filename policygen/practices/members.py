"""Changing who is in a practice, and as what.

Each of these functions holds the practice's row, looks again whether whoever asks may, and never
lets the last owner go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from policygen.identity import SECOND_FACTORS
from policygen.practices.access import require_now
from policygen.practices.models import Invitation, Membership, Practice
from policygen.practices.roles import Right, Role, may


class LastOwner(Exception):
    """The practice would be without an owner."""

    def __init__(self) -> None:
        super().__init__(
            "This practice has no other owner, and it needs one. Make somebody else an owner first."
        )


def members_of(practice: Practice) -> list[Membership]:
    """Return the members of a practice with their accounts, whoever joined first on top."""
    return list(Membership.objects.filter(practice=practice).select_related("user"))


def with_second_factor(practice: Practice) -> set[int]:
    """Return the ids of the members who have a second factor; recovery codes alone are none."""
    found = Authenticator.objects.filter(
        user__memberships__practice=practice, type__in=SECOND_FACTORS
    )
    return set(found.values_list("user_id", flat=True))


def change_role(practice: Practice, by: User, member: int, role: Role) -> Membership:
    """Give a member (the id of the membership) another role.

    Raises ``Membership.DoesNotExist``, ``PermissionDenied`` unless ``by`` may do that now, and
    ``LastOwner``.
    """
    with managing(practice, by):
        found = Membership.objects.select_related("user").get(practice=practice, pk=member)
        if role is not Role.OWNER:
            _keep_an_owner(found)
        if found.role != role:
            found.role = role
            found.save(update_fields=["role"])
        if not may(role, Right.MANAGE):
            _take_back_invitations(found)
        return found


def remove_member(practice: Practice, by: User, member: int) -> Membership:
    """Take a member out of a practice. Raises as ``change_role`` does.

    What they wrote stays in the practice. Invitations that they sent and nobody accepted yet are
    revoked.
    """
    with managing(practice, by):
        found = Membership.objects.select_related("user").get(practice=practice, pk=member)
        return _let_go(found)


def leave_practice(practice: Practice, by: User) -> Membership:
    """Take oneself out of a practice. Raises ``Membership.DoesNotExist`` and ``LastOwner``."""
    with held(practice):
        found = Membership.objects.select_related("user").get(practice=practice, user=by)
        return _let_go(found)


@contextmanager
def held(practice: Practice) -> Iterator[Practice]:
    """Hold a practice's row for one transaction: changes of its members stand in one line."""
    with transaction.atomic():
        yield Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)


@contextmanager
def managing(practice: Practice, by: User) -> Iterator[Practice]:
    """Hold a practice's row as ``held`` does, for somebody who may manage it now.

    Raises ``PermissionDenied`` for anybody else.
    """
    with held(practice) as locked:
        require_now(by, locked, Right.MANAGE)
        yield locked


def _let_go(member: Membership) -> Membership:
    _keep_an_owner(member)
    _take_back_invitations(member)
    Membership.objects.filter(pk=member.pk).delete()
    return member


def _keep_an_owner(member: Membership) -> None:
    owners = Membership.objects.filter(practice_id=member.practice_id, role=Role.OWNER)
    if member.role == Role.OWNER and not owners.exclude(pk=member.pk).exists():
        raise LastOwner


def _take_back_invitations(member: Membership) -> None:
    """Revoke what somebody promised who can promise it no longer."""
    waiting = Invitation.objects.filter(
        practice_id=member.practice_id,
        made_by_id=member.user_id,
        accepted_at=None,
        revoked_at=None,
    )
    waiting.update(revoked_at=timezone.now())
