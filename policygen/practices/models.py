"""Practices, their locations and members, and invitations to become one."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from policygen.practices.roles import Role
from policygen.practices.sorting import SortedAs

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

ROLES = [(role.value, role.label) for role in Role]


def default_time_zone() -> str:
    """Return the time zone of the site, until the practice chooses its own."""
    return settings.TIME_ZONE


class Practice(models.Model):
    """A practice, or a vendor who serves practices. ``practices/founding.py`` makes it.

    ``slug`` stands in public addresses, so it never changes. ``time_zone`` is an IANA name such as
    ``America/Chicago``: by its calendar versions take effect. ``needs_review`` asks for an approval
    by a second person before a policy is published, ``needs_second_factor`` for a second factor at
    the sign-in of every member.
    """

    slug = models.SlugField(max_length=80, unique=True, editable=False)
    name = models.CharField(max_length=200)
    sorted_as = SortedAs("name")
    time_zone = models.CharField(max_length=64, default=default_time_zone)
    needs_review = models.BooleanField(default=False)
    needs_second_factor = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    if TYPE_CHECKING:
        memberships: RelatedManager[Membership]
        brands: RelatedManager[Brand]
        locations: RelatedManager[Location]
        invitations: RelatedManager[Invitation]

    class Meta:
        ordering = ["sorted_as", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its dashboard."""
        return reverse("practice", args=[self.slug])

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.time_zone)

    def today(self) -> date:
        """Return today's date where the practice is."""
        return timezone.localdate(timezone=self.zone)


class Brand(models.Model):
    """A name under which some of the locations of a practice work."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="brands")
    name = models.CharField(max_length=200)
    sorted_as = SortedAs("name")

    if TYPE_CHECKING:
        locations: RelatedManager[Location]

    class Meta:
        ordering = ["sorted_as", "id"]
        indexes = [models.Index(fields=["practice", "sorted_as"], name="practices_brand_sorted")]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "name"],
                name="practices_brand_name",
                violation_error_message="There is a brand of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    """A place where the practice works. A policy may be for one of them.

    Its address, phone, fax and e-mail are what its policy tells people (``core.inheritance``).
    Lines of the address are kept apart by line ends. The brand is one of the same practice.

    A brand brings answers with it (``policies``): ``brand_at`` is when the location came to the one
    that it has, or lost the last, and ``brand_by`` is who saw to that. Both are missing where it
    always was as it is, and the person where the site itself did it. ``updated`` is when anything
    of the location changed, where that is known. ``closed_on`` is the day on which it closed, and
    missing while it is open (``practices/locations.py``).
    """

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="locations")
    brand = models.ForeignKey(
        Brand, on_delete=models.PROTECT, null=True, blank=True, related_name="locations"
    )
    name = models.CharField(max_length=200)
    sorted_as = SortedAs("name")
    address = models.TextField(blank=True, max_length=1000)
    phone = models.CharField(blank=True, max_length=40)
    fax = models.CharField(blank=True, db_default="", max_length=40)
    email = models.EmailField(blank=True, db_default="", max_length=254)
    brand_at = models.DateTimeField(null=True, editable=False)
    brand_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
    )
    updated = models.DateTimeField(auto_now=True, null=True, editable=False)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["sorted_as", "id"]
        indexes = [models.Index(fields=["practice", "sorted_as"], name="practices_location_sorted")]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "name"],
                name="practices_location_name",
                violation_error_message="There is a location of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a practice, and in which role."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=8, choices=ROLES)
    joined = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["joined", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "practice"], name="practices_member_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="practices_member_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(models.Model):
    """An invitation to become a member, sent to one address and good for one use.

    The token stands in the mail alone; here is its SHA-256. The invitation is open until it is
    accepted or revoked, or ``expires`` has passed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=8, choices=ROLES)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    expires = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
    )
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="practices_invitation_role",
            ),
            models.UniqueConstraint(
                fields=["practice", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="practices_invited_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"

    @property
    def is_open(self) -> bool:
        """Whether it can still be accepted."""
        return (
            self.accepted_at is None and self.revoked_at is None and timezone.now() < self.expires
        )
