"""Adding, changing and deleting the locations of a practice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import IntegrityError

from policygen.practices.members import managing
from policygen.practices.models import Location, Practice

LIMIT = 200
"""How many locations one practice may have."""


class TooManyLocations(Exception):
    """The practice has as many locations as one may have."""

    def __init__(self) -> None:
        super().__init__(f"A practice can have {LIMIT} locations, and this one has.")


class NameTaken(Exception):
    """Another location of the practice has that name."""

    def __init__(self) -> None:
        super().__init__("There is a location of this name already. Choose another name.")


def add_location(
    practice: Practice, by: User, *, name: str, address: str = "", phone: str = ""
) -> Location:
    """Add a location to a practice.

    Raises ``NameTaken``, ``TooManyLocations``, and ``PermissionDenied`` unless ``by`` may do that
    now.
    """
    with _managing(practice, by) as locked:
        if Location.objects.filter(practice=locked).count() >= LIMIT:
            raise TooManyLocations
        return Location.objects.create(practice=locked, name=name, address=address, phone=phone)


def change_location(
    practice: Practice, by: User, location: int, *, name: str, address: str, phone: str
) -> Location:
    """Change a location (its id). Raises ``Location.DoesNotExist``, else as ``add_location``."""
    with _managing(practice, by) as locked:
        found = Location.objects.get(practice=locked, pk=location)
        found.name, found.address, found.phone = name, address, phone
        found.save(update_fields=["name", "address", "phone"])
        return found


def delete_location(practice: Practice, by: User, location: int) -> None:
    """Delete a location (its id), if it is still there.

    Raises ``ProtectedError`` where a policy is for it, and ``PermissionDenied`` unless ``by`` may
    do that now.
    """
    with managing(practice, by) as locked:
        Location.objects.filter(practice=locked, pk=location).delete()


@contextmanager
def _managing(practice: Practice, by: User) -> Iterator[Practice]:
    """Hold a practice as ``managing`` does; what its names collide with is said in words."""
    try:
        with managing(practice, by) as locked:
            yield locked
    except IntegrityError:
        raise NameTaken from None
