"""Making a practice, with its first owner."""

from __future__ import annotations

import secrets
import unicodedata
from re import sub

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Role

TAKEN = frozenset({"new"})
"""What stands in addresses where the slug of a practice would."""

SLUG_LIMIT = 60
TRIES = 5


class TooManyPractices(Exception):
    """The person has founded as many practices as one may."""

    def __init__(self) -> None:
        super().__init__(
            f"You own {settings.PRACTICES_LIMIT} practices, which is as many as one person can "
            "found here. Ask whoever runs this site if you need more."
        )


def found_practice(by: User, *, name: str, time_zone: str) -> Practice:
    """Make a practice with a person as its owner. Raises ``TooManyPractices``.

    Its address is made from the name; where another practice has that address already, a few
    random characters are added.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)
        if Membership.objects.filter(user=by, role=Role.OWNER).count() >= settings.PRACTICES_LIMIT:
            raise TooManyPractices
        practice = _create(name, time_zone)
        Membership.objects.create(practice=practice, user=by, role=Role.OWNER)
        return practice


def _create(name: str, time_zone: str) -> Practice:
    slug = slug_of(name, "practice")
    for attempt in range(TRIES):
        tried = slug if attempt == 0 else f"{slug}-{secrets.token_hex(3)}"
        if tried in TAKEN or Practice.objects.filter(slug=tried).exists():
            continue
        try:
            with transaction.atomic():
                return Practice.objects.create(name=name, slug=tried, time_zone=time_zone)
        except IntegrityError:
            continue
    return Practice.objects.create(
        name=name, slug=f"{slug}-{secrets.token_hex(8)}", time_zone=time_zone
    )


def slug_of(name: str, otherwise: str) -> str:
    """Return a name as it may stand in an address: small Latin letters, digits and hyphens."""
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = sub(r"[^a-z0-9]+", "-", latin.replace("'", "").lower())
    return slug[:SLUG_LIMIT].strip("-") or otherwise
