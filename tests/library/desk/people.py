"""People who may open the pages of the desk: those of ``tests.releases`` with the right to read."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from policygen.library.groups import VIEW
from tests.releases import person
from tests.signing_in import sign_in

READING = [f"view_{model}" for model in VIEW]


def reader(*roles: str) -> User:
    """Return the person with these roles, who may also read; without a role, only that."""
    user = person(*roles)
    readers, _ = Group.objects.get_or_create(name="Readers")  # person() resets the user's own
    readers.permissions.set(
        Permission.objects.filter(content_type__app_label="library", codename__in=READING)
    )
    user.groups.add(readers)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return User.objects.get(pk=user.pk)


def at_desk(*roles: str) -> Client:
    """Return the browser of that person, signed in."""
    return signed_in(reader(*roles))


def signed_in(user: User) -> Client:
    return sign_in(Client(), user)


def text_of(response: Any) -> str:
    """Return the page of a response that must have worked."""
    assert response.status_code == 200, response
    return str(response.content.decode())
