"""Adding, renaming and deleting the brands of a practice."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from policygen.practices.members import managing
from policygen.practices.models import Brand, Practice
from policygen.practices.named import keeping, managing_names

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


def with_counts(practice: Practice) -> QuerySet[Brand]:
    """Return the brands of a practice, each with how many open locations it has (``count``)."""
    open_ones = Count("locations", filter=Q(locations__closed_on=None))
    return Brand.objects.filter(practice=practice).annotate(count=open_ones)


def add_brand(practice: Practice, by: User, *, name: str) -> Brand:
    """Add a brand to a practice.

    Raises ``BrandTaken``, ``TooManyBrands``, and ``PermissionDenied`` unless ``by`` may do that
    now.
    """
    with managing_names(practice, by, BrandTaken) as locked:
        if Brand.objects.filter(practice=locked).count() >= LIMIT:
            raise TooManyBrands
        return Brand.objects.create(practice=locked, name=name)


def rename_brand(practice: Practice, by: User, brand: int, *, name: str) -> Brand:
    """Rename a brand (its id). Raises ``Brand.DoesNotExist``, else as ``add_brand``."""
    with managing_names(practice, by, BrandTaken) as locked:
        found = Brand.objects.get(practice=locked, pk=brand)
        if found.name == name:
            return found
        found.name = name
        found.save(update_fields=["name", "sorted_as"])
        found.locations.update(updated=timezone.now())  # an annex tells their brand
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
    return bool(keeping(brand))
