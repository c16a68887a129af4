"""The browsers of the people in these tests."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from policygen.practices.models import Membership, Practice
from tests.signing_in import sign_in
from tests.wizard.visitors import text_of

__all__ = ["at", "browser_of", "membership_of", "text_of"]


def browser_of(user: User, *, second_factor: bool = False) -> Client:
    """Return the browser of somebody who signed in just now, with their password."""
    return sign_in(Client(), user, second_factor=second_factor)


def at(practice: Practice, path: str = "") -> str:
    """Return the address of a page of a practice."""
    return f"/practices/{practice.slug}/{path}"


def membership_of(practice: Practice, user: User) -> Membership:
    return Membership.objects.get(practice=practice, user=user)


def said(response: Any) -> list[str]:
    """Return the messages that wait for whoever asked."""
    return [str(message) for message in response.wsgi_request._messages]
