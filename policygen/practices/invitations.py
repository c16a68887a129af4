"""Inviting people into a practice by e-mail, and what becomes of an invitation.

The token stands in the mail and nowhere else. It says which invitation is meant; who may accept
it is whoever has an account with the invited address, confirmed.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from policygen.practices.members import managing
from policygen.practices.models import Invitation, Membership, Practice
from policygen.practices.roles import Role

DAYS = 7
"""How long an invitation can be accepted, in days."""

TOKEN_BYTES = 32

OPEN_LIMIT = 50
"""How many invitations of one practice may wait at a time, expired ones included."""

HOURLY_LIMIT = 20
"""How many invitations one practice may send in an hour, and one person in all practices."""


class NotInvited(Exception):
    """No invitation was made; the message says why."""


class TooManyInvitations(NotInvited):
    """The practice, or the person, has sent as many as the site sends for now."""


class NotOpen(Exception):
    """The invitation was accepted, revoked, or has expired meanwhile."""


# ------------------------------------------------------------------ inviting


def invite(practice: Practice, by: User, *, email: str, role: Role) -> tuple[Invitation, str]:
    """Invite an address, in small letters. Return the invitation and its token, for the mail.

    An invitation that waits for the same address is replaced. Raises ``PermissionDenied`` unless
    ``by`` may do that now, ``TooManyInvitations``, ``NotInvited``.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with managing(practice, by):
        now = timezone.now()
        _refuse_members(practice, email)
        _refuse_too_many(practice, by, email, now)
        waiting = _waiting().filter(practice=practice, email=email)
        waiting.update(revoked_at=now)
        invitation = Invitation.objects.create(
            practice=practice,
            email=email,
            role=role,
            token_digest=digest_of(token),
            made_by=by,
            made_at=now,
            expires=now + timedelta(days=DAYS),
        )
        return invitation, token


def revoke(practice: Practice, by: User, identifier: UUID) -> Invitation:
    """Take back an invitation that nobody accepted yet.

    Raises ``Invitation.DoesNotExist``, ``NotOpen``, and ``PermissionDenied`` unless ``by`` may do
    that now.
    """
    with managing(practice, by):
        invitation = Invitation.objects.get(practice=practice, pk=identifier)
        revoked = _waiting().filter(pk=invitation.pk).update(revoked_at=timezone.now())
        if not revoked:
            raise NotOpen
        return invitation


def waiting_in(practice: Practice) -> list[Invitation]:
    """Return the invitations of a practice that wait, and those that waited too long."""
    return list(_waiting().filter(practice=practice).select_related("made_by"))


def _refuse_members(practice: Practice, email: str) -> None:
    if Membership.objects.filter(practice=practice, user__email__iexact=email).exists():
        raise NotInvited(
            "Somebody with this address is a member already. To change what they may do, change "
            "their role."
        )


def _refuse_too_many(practice: Practice, by: User, email: str, now: datetime) -> None:
    others = _waiting().filter(practice=practice).exclude(email=email)
    if others.count() >= OPEN_LIMIT:
        raise TooManyInvitations(
            f"There are {OPEN_LIMIT} invitations that nobody has accepted, which is as many as "
            "there can be. Revoke those that you no longer need."
        )
    sent = Invitation.objects.filter(made_at__gt=now - timedelta(hours=1))
    if max(sent.filter(practice=practice).count(), sent.filter(made_by=by).count()) >= HOURLY_LIMIT:
        raise TooManyInvitations(
            f"{HOURLY_LIMIT} invitations were sent within the last hour, which is as many as this "
            "site sends. Invite the others later."
        )


# ------------------------------------------------------------------ accepting


def digest_of(token: str) -> str:
    """Return what is stored of a token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def invitation_of(token: str) -> Invitation | None:
    """Return the invitation of a token, unless it was revoked."""
    found = Invitation.objects.filter(token_digest=digest_of(token), revoked_at=None)
    return found.select_related("practice", "made_by").first()


def open_for(user: User) -> list[Invitation]:
    """Return the invitations to the confirmed addresses of a person that they can accept."""
    addresses = confirmed_addresses(user)
    if not addresses:
        return []
    found = _open().filter(email__in=addresses).exclude(practice__memberships__user=user)
    return list(found.select_related("practice", "made_by"))


def is_for(invitation: Invitation, user: User) -> bool:
    """Tell whether an invitation is to one of the confirmed addresses of a person."""
    return invitation.email in confirmed_addresses(user)


def confirmed_addresses(user: User) -> set[str]:
    """Return the addresses that a person has shown to be theirs, in small letters.

    They are compared here and not by the database, which takes some letters for the same.
    """
    found = EmailAddress.objects.filter(user=user, verified=True)
    return {address.lower() for address in found.values_list("email", flat=True)}


def accept(invitation: Invitation, user: User) -> Membership:
    """Make a person a member by an invitation that is for them (``is_for``).

    Who is a member already stays what they are, and the invitation stays open. Raises ``NotOpen``.
    """
    with transaction.atomic():
        practice = invitation.practice
        member = Membership.objects.filter(practice=practice, user=user).first()
        if member is not None:
            return member
        used = _open().filter(pk=invitation.pk)
        if not used.update(accepted_at=timezone.now(), accepted_by=user):
            raise NotOpen
        member, _ = Membership.objects.get_or_create(
            practice=practice, user=user, defaults={"role": invitation.role}
        )
        return member


def masked(email: str) -> str:
    """Return an address so that only who knows it recognizes it: “l…@example.com”."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"


def _waiting() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, revoked_at=None)


def _open() -> QuerySet[Invitation]:
    return _waiting().filter(Q(expires__gt=timezone.now()))
