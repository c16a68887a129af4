"""How drafts that a browser began without an account come to the account of whoever began them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from policygen.policies.models import Draft
from policygen.policies.visitors import visitor_of


def take_over_at_sign_up(request: HttpRequest, user: User) -> None:
    """Give the drafts of the browser that asks to a new account, and leave them to the browser.

    Nobody knows yet whether the address is theirs, so the browser can still open them.
    """
    _of_browser(request).filter(_unclaimed()).update(user=user)


def take_over_at_sign_in(request: HttpRequest, user: User) -> None:
    """Give the drafts of the browser that asks to whoever signed in, and to them alone.

    That holds for drafts which another browser of theirs gave to the account, too: from now on it
    must sign in to open them.
    """
    _of_browser(request).filter(_unclaimed() | Q(user=user)).update(user=user, visitor="")
    Draft.objects.filter(user=user).exclude(visitor="").update(visitor="")


def _of_browser(request: HttpRequest) -> QuerySet[Draft]:
    visitor = visitor_of(request)
    return Draft.objects.filter(visitor=visitor, policy=None) if visitor else Draft.objects.none()


def _unclaimed() -> Q:
    """Return the condition of drafts that are of no account in which anybody ever signed in."""
    return Q(user=None) | Q(user__last_login=None)
