"""Adding, changing and deleting the locations of a practice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Q, QuerySet

from policygen.practices.members import managing
from policygen.practices.models import Brand, Location, Practice

LIMIT = 2_000
"""How many locations one practice may have."""

SEARCH_LIMIT = 100
"""How much of what somebody looks for is read, in characters."""


class TooManyLocations(Exception):
    """The practice has as many locations as one may have."""

    def __init__(self) -> None:
        super().__init__(f"A practice can have {LIMIT:,} locations, and this one has.")


class NameTaken(Exception):
    """Another location of the practice has that name."""

    def __init__(self) -> None:
        super().__init__("There is a location of this name already. Choose another name.")


def clean_search(text: str) -> str:
    """Return what somebody looks for as it is looked for: one line, and not without end."""
    return " ".join(text.replace("\0", " ").split())[:SEARCH_LIMIT]


def matching(practice: Practice, search: str) -> QuerySet[Location]:
    """Return the locations in whose name, address or brand this stands; all, if it is blank."""
    found = Location.objects.filter(practice=practice)
    if not search:
        return found
    named = Q(name__icontains=search) | Q(brand__name__icontains=search)
    return found.filter(named | Q(address__icontains=search))


def add_location(
    practice: Practice,
    by: User,
    *,
    name: str,
    brand: Brand | None = None,
    address: str = "",
    phone: str = "",
    fax: str = "",
    email: str = "",
) -> Location:
    """Add a location to a practice.

    Raises ``NameTaken``, ``TooManyLocations``, ``Brand.DoesNotExist`` for a brand that is not of
    the practice, and ``PermissionDenied`` unless ``by`` may do that now.
    """
    with _managing(practice, by) as locked:
        if Location.objects.filter(practice=locked).count() >= LIMIT:
            raise TooManyLocations
        return Location.objects.create(
            practice=locked,
            name=name,
            brand=_own(locked, brand),
            address=address,
            phone=phone,
            fax=fax,
            email=email,
        )


def change_location(
    practice: Practice,
    by: User,
    location: int,
    *,
    name: str,
    brand: Brand | None,
    address: str,
    phone: str,
    fax: str,
    email: str,
) -> Location:
    """Change a location (its id). Raises ``Location.DoesNotExist``, else as ``add_location``."""
    with _managing(practice, by) as locked:
        found = Location.objects.get(practice=locked, pk=location)
        found.name, found.brand, found.address = name, _own(locked, brand), address
        found.phone, found.fax, found.email = phone, fax, email
        found.save(update_fields=["name", "brand", "address", "phone", "fax", "email"])
        return found


def _own(practice: Practice, brand: Brand | None) -> Brand | None:
    """Return a brand as it is now. Raises ``Brand.DoesNotExist`` unless the practice has it."""
    return brand and Brand.objects.get(practice=practice, pk=brand.pk)


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
