"""Drafts: answers that somebody is still working on."""

import uuid

from django.db import models
from django.urls import reverse


class Draft(models.Model):
    """The answers of one interview. ``policies/drafts.py`` alone writes it.

    It belongs to a visitor: a random token that lives in the session of one browser. ``answers``
    is JSON text in the raw form of ``core.answers``; text, and not JSON of the database's own
    kind, because that would forget the order in which contact points were entered. ``release`` is
    the digest of the release that the answers are given to and the policy is made from. Migration
    0002 gave drafts from before the one in force; where none was, it is blank, and stands for
    whichever is in force.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visitor = models.CharField(max_length=43, editable=False)
    title = models.CharField(max_length=200, blank=True)
    answers = models.TextField(default="{}", blank=True)
    release = models.CharField(max_length=64, blank=True, default="", editable=False)
    revision = models.PositiveIntegerField(default=0, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-updated"]
        indexes = [models.Index(fields=["visitor", "-updated"], name="policies_draft_of_visitor")]

    def __str__(self) -> str:
        return self.title or "Untitled draft"

    def get_absolute_url(self) -> str:
        """Return the address at which the interview goes on."""
        return reverse("interview", args=[self.pk])
