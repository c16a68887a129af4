"""Adding, renaming and deleting the brands of a practice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.db.models.deletion import Collector

from policygen.practices.members import managing
from policygen.practices.models import Brand, Practice

LIMIT = 200
"""How many brands one practice may have."""


class TooManyBrands(Exception):
    """The practice has as many brands as one may have."""

    def __init__(self) -> None:
        super().__init__(f"A practice can have {LIMIT} brands, and this one has.")


class BrandTaken(Exception):
    """Another brand of the practice has that name."""

    def __init__(self) -> None:
        super().__init__("There is a brand of this name already. Choose another name.")


def add_brand(practice: Practice, by: User, *, name: str) -> Brand:
    """Add a brand to a practice.

    Raises ``BrandTaken``, ``TooManyBrands``, and ``PermissionDenied`` unless ``by`` may do that
    now.
    """
    with _managing(practice, by) as locked:
        if Brand.objects.filter(practice=locked).count() >= LIMIT:
            raise TooManyBrands
        return Brand.objects.create(practice=locked, name=name)


def rename_brand(practice: Practice, by: User, brand: int, *, name: str) -> Brand:
    """Rename a brand (its id). Raises ``Brand.DoesNotExist``, else as ``add_brand``."""
    with _managing(practice, by) as locked:
        found = Brand.objects.get(practice=locked, pk=brand)
        found.name = name
        found.save(update_fields=["name"])
        return found


def delete_brand(practice: Practice, by: User, brand: int) -> None:
    """Delete a brand (its id), if it is still there.

    Raises ``ProtectedError`` where a location or the answers of a group use it, and
    ``PermissionDenied`` unless ``by`` may do that now.
    """
    with managing(practice, by) as locked:
        Brand.objects.filter(practice=locked, pk=brand).delete()


def is_used(brand: Brand) -> bool:
    """Tell whether a location or the answers of a group keep a brand from being deleted."""
    try:
        Collector(using="default", origin=brand).collect([brand])
    except ProtectedError:
        return True
    return False


@contextmanager
def _managing(practice: Practice, by: User) -> Iterator[Practice]:
    """Hold a practice as ``managing`` does; what its names collide with is said in words."""
    try:
        with managing(practice, by) as locked:
            yield locked
    except IntegrityError:
        raise BrandTaken from None
