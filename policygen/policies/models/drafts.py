"""What is being written: drafts, who changed them, and what was remarked on them."""

from __future__ import annotations

import uuid
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.urls import reverse

from policygen.policies.models.groups import Level
from policygen.policies.models.policies import Policy


class DraftState(StrEnum):
    """How far a draft has come."""

    OPEN = "open"
    SUBMITTED = "submitted"
    APPROVED = "approved"


class Draft(models.Model):
    """The answers of one interview. ``policies/drafting/drafts.py`` starts and changes it.

    ``beginning.py`` and ``taking_over.py`` give it to a policy or a user, ``review.py`` takes it
    through its review, and ``publishing.py`` makes a version of it.

    It belongs to a visitor, a random token that lives in the session of one browser; or to a
    ``user``, once somebody signed up; or to a ``policy``, and then to the practice of that policy,
    where ``user`` is the member who began it; or to a ``level`` of a group. That one never becomes
    a version: policies inherit its answers, and on a level below the group's own it holds only
    what differs there (``levels.py``). ``answers`` is JSON text in the raw form of
    ``core.answers``; text, and not JSON of the database's own kind, because that would forget the
    order in which contact points were entered. ``release`` is the digest of the release that the
    answers are given to and the policy is made from. Migration 0002 gave drafts from before the one
    in force; where none was, it is blank, and stands for whichever is in force.

    ``base`` is the number of the version that a policy's draft was begun from (0: none).
    ``amendments`` is the practice's own wording, a JSON list (``core.amendments``). ``revision``
    goes up with every change; an approval holds for the revision that was approved. ``batch`` is
    the one that made the draft, if one did, and ``proposed`` the revision that it made last: at a
    later one, somebody changed the draft by hand. ``as_of`` is the moment whose answers of the
    group it has, where it is made from a group.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visitor = models.CharField(max_length=43, blank=True, default="", editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="drafts",
        editable=False,
    )
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, null=True, related_name="drafts", editable=False
    )
    level = models.OneToOneField(
        Level, on_delete=models.PROTECT, null=True, related_name="draft", editable=False
    )
    title = models.CharField(max_length=200, blank=True)
    answers = models.TextField(default="{}", blank=True)
    amendments = models.TextField(default="[]", editable=False)
    release = models.CharField(max_length=64, blank=True, default="", editable=False)
    base = models.PositiveIntegerField(default=0, editable=False)
    revision = models.PositiveIntegerField(default=0, editable=False)
    state = models.CharField(
        max_length=9, default=DraftState.OPEN, choices=[(s.value, s.name) for s in DraftState]
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
    )
    batch = models.ForeignKey(
        "policies.Batch",
        on_delete=models.SET_NULL,
        null=True,
        related_name="drafts",
        editable=False,
    )
    proposed = models.PositiveIntegerField(null=True, editable=False)
    as_of = models.DateTimeField(null=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-updated"]
        indexes = [models.Index(fields=["visitor", "-updated"], name="policies_draft_of_visitor")]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "user"],
                condition=models.Q(policy__isnull=False),
                name="policies_draft_of_member",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in DraftState]),
                name="policies_draft_state",
            ),
            models.CheckConstraint(
                condition=models.Q(policy__isnull=True, level__isnull=True)
                | models.Q(policy__isnull=True, user__isnull=False, visitor="")
                | models.Q(level__isnull=True, user__isnull=False, visitor=""),
                name="policies_draft_belongs",
            ),
            models.CheckConstraint(
                condition=models.Q(state=DraftState.APPROVED, approved_by__isnull=False)
                | (~models.Q(state=DraftState.APPROVED) & models.Q(approved_by__isnull=True)),
                name="policies_draft_approved",
            ),
        ]

    def __str__(self) -> str:
        return self.title or "Untitled draft"

    def get_absolute_url(self) -> str:
        """Return the address at which the interview goes on."""
        return reverse("interview", args=[self.pk])


class Editor(models.Model):
    """Somebody who changed a draft, and therefore cannot approve it.

    ``at`` is when they last did, where that is kept: in the drafts of levels, since what policies
    inherit is changed for years, and each change is approved with the versions made after it.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="editors")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "user"], name="policies_editor_once")
        ]

    def __str__(self) -> str:
        return str(self.user)


class Comment(models.Model):
    """What somebody remarked on a clause of a draft, or (with a blank clause) on all of it."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="comments")
    clause = models.CharField(max_length=100, blank=True)
    text = models.TextField(max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    settled = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:60]
