"""Policies of a practice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse

from policygen.practices.models import Location, Practice
from policygen.practices.sorting import SortedAs

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from policygen.policies.models.drafts import Draft
    from policygen.policies.models.log import Event, Reminder
    from policygen.policies.models.versions import PolicyVersion


class Policy(models.Model):
    """One policy of a practice: a line of versions, and the drafts of the next one.

    ``slug`` stands in the public address after the practice's own, so it never changes. The row
    is what transitions lock (``policies/events.py``). ``from_group`` says that it was set up at a
    level of a group; if that group is deleted, only those keep it of which nothing came.
    """

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="policies")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True)
    slug = models.SlugField(max_length=80, editable=False)
    title = models.CharField(max_length=200)
    sorted_as = SortedAs("title")
    from_group = models.BooleanField(default=False, db_default=False, editable=False)
    review_due = models.DateField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    if TYPE_CHECKING:
        drafts: RelatedManager[Draft]
        versions: RelatedManager[PolicyVersion]
        events: RelatedManager[Event]
        reminders: RelatedManager[Reminder]

    class Meta:
        ordering = ["sorted_as", "id"]
        verbose_name_plural = "policies"
        indexes = [models.Index(fields=["practice", "sorted_as"], name="policies_policy_sorted")]
        constraints = [
            models.UniqueConstraint(fields=["practice", "slug"], name="policies_policy_address")
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its page inside the practice."""
        return reverse("policy", args=[self.practice.slug, self.slug])

    @property
    def public_path(self) -> str:
        """The public address, without the site."""
        return reverse("public", args=[self.practice.slug, self.slug])

    @property
    def has_closed(self) -> bool:
        """Whether it is for a location that has closed."""
        return self.location is not None and self.location.closed_on is not None
