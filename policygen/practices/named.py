"""What brands and locations of a practice have in common: own names, and what keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.db.models.deletion import Collector

from policygen.practices.members import managing
from policygen.practices.models import Brand, Location, Practice


@contextmanager
def managing_names(practice: Practice, by: User, taken: type[Exception]) -> Iterator[Practice]:
    """Hold a practice as ``managing`` does. Raises ``taken`` where a name is there already."""
    try:
        with managing(practice, by) as locked:
            yield locked
    except IntegrityError:
        raise taken from None


def keeping(one: Brand | Location) -> list[object]:
    """Return what keeps a brand or a location from being deleted: policies, groups and others."""
    try:
        Collector(using="default", origin=one).collect([one])
    except ProtectedError as refused:
        return list(refused.protected_objects)
    return []
