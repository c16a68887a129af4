"""Groups of policies whose answers are inherited: from the group to its brands and locations."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse

from policygen.policies.models.policies import Policy
from policygen.practices.models import Brand, Location, Practice
from policygen.practices.sorting import SortedAs

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class GroupForm(StrEnum):
    """Which documents a group gives."""

    EACH = "each"
    ANNEX = "annex"

    @property
    def label(self) -> str:
        """What people read."""
        return FORMS[self]


FORMS = {
    GroupForm.EACH: "One policy for each location",
    GroupForm.ANNEX: "One policy that lists the locations in an annex",
}


class Group(models.Model):
    """Policies of one practice that share their answers: all its locations inherit them.

    ``drafting/groups.py`` sets it up. ``own_points`` is a JSON list of ids of the group's contact
    points: in place of each, a location's policy has the location's own address, phone, fax or
    e-mail. In the annex form, locations that answer differently still get a policy of their own.
    The row is what changes of the group's answers lock.
    """

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="groups")
    title = models.CharField(max_length=120)
    sorted_as = SortedAs("title")
    form = models.CharField(
        max_length=5, default=GroupForm.EACH, choices=[(f.value, f.label) for f in GroupForm]
    )
    own_points = models.TextField(default="[]", editable=False)
    created = models.DateTimeField(auto_now_add=True)

    if TYPE_CHECKING:
        levels: RelatedManager[Level]

    class Meta:
        ordering = ["sorted_as", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "title"],
                name="policies_group_title",
                violation_error_message="There is a group of this title already.",
            ),
            models.CheckConstraint(
                condition=models.Q(form__in=[form.value for form in GroupForm]),
                name="policies_group_form",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its page inside the practice."""
        return reverse("group", args=[self.practice.slug, self.pk])


class Level(models.Model):
    """A level of a group at which answers are given: the group itself, a brand, or a location.

    The group's own level has neither brand nor location. The answers are those of the level's draft
    (``Draft.level``); a brand or a location without one inherits everything. ``policy`` is what is
    made here: of a location, or of the group where it has the annex form. ``as_of`` is the moment
    whose answers its newest version has; it is missing before there is one.
    """

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="levels")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, null=True, related_name="levels")
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, null=True, related_name="levels"
    )
    policy = models.OneToOneField(
        Policy, on_delete=models.PROTECT, null=True, related_name="level", editable=False
    )
    as_of = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(brand=None) | models.Q(location=None),
                name="policies_level_of_one",
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=models.Q(brand=None, location=None),
                name="policies_level_of_group",
            ),
            models.UniqueConstraint(
                fields=["group", "brand"],
                condition=models.Q(brand__isnull=False),
                name="policies_level_of_brand",
            ),
            models.UniqueConstraint(
                fields=["group", "location"],
                condition=models.Q(location__isnull=False),
                name="policies_level_of_location",
            ),
        ]

    def __str__(self) -> str:
        return str(self.location or self.brand or self.group)

    @property
    def is_root(self) -> bool:
        """Whether this is the group's own level, which inherits nothing."""
        return self.brand_id is None and self.location_id is None

    @property
    def has_closed(self) -> bool:
        """Whether it is the level of a location that has closed."""
        return self.location is not None and self.location.closed_on is not None
