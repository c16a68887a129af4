"""Policies: what is being written (drafts), and what was published (versions)."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse

from policygen.core.analysis.change_kind import ChangeKind
from policygen.practices.models import Location, Practice

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Policy(models.Model):
    """One policy of a practice: a line of versions, and the drafts of the next one.

    ``slug`` stands in the public address after the practice's own, so it never changes. The row
    is what transitions lock (``policies/events.py``).
    """

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="policies")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True)
    slug = models.SlugField(max_length=80, editable=False)
    title = models.CharField(max_length=200)
    review_due = models.DateField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    if TYPE_CHECKING:
        drafts: RelatedManager[Draft]
        versions: RelatedManager[PolicyVersion]
        events: RelatedManager[Event]
        reminders: RelatedManager[Reminder]

    class Meta:
        ordering = ["title", "id"]
        verbose_name_plural = "policies"
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
    where ``user`` is the member who began it. ``answers`` is JSON text in the raw form of
    ``core.answers``; text, and not JSON of the database's own kind, because that would forget the
    order in which contact points were entered. ``release`` is the digest of the release that the
    answers are given to and the policy is made from. Migration 0002 gave drafts from before the one
    in force; where none was, it is blank, and stands for whichever is in force.

    ``base`` is the number of the version that a policy's draft was begun from (0: none).
    ``amendments`` is the practice's own wording, a JSON list (``core.amendments``). ``revision``
    goes up with every change; an approval holds for the revision that was approved.
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
                condition=models.Q(policy__isnull=True) | models.Q(user__isnull=False, visitor=""),
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
    """Somebody who changed a draft, and therefore cannot approve it."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="editors")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

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


class PolicyVersion(models.Model):
    """What was published, for ever: the database refuses to change it (migration 0004).

    ``publishing.publish_policy`` alone makes one. ``number`` counts from 1 without gaps.
    ``effective_on`` is a day in the practice's calendar. ``answers`` is a JSON list of questions
    with what was asked and answered (``policies/frozen.py``), ``amendments`` the practice's own
    wording, ``document`` the canonical JSON of the document, ``review`` who approved and what was
    remarked. ``draft`` is the id of the draft that it was made from: one draft gives one version.
    ``digest`` is the SHA-256 over all of it with ``previous``, the digest of the version before.
    """

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    draft = models.UUIDField(unique=True)
    effective_on = models.DateField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    publisher = models.CharField(max_length=254)
    reason = models.TextField(max_length=1000)
    kind = models.CharField(max_length=9, choices=[(k.value, k.name) for k in ChangeKind])
    release = models.CharField(max_length=64)
    release_number = models.PositiveIntegerField()
    answers = models.TextField()
    amendments = models.TextField()
    document = models.TextField()
    review = models.TextField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    if TYPE_CHECKING:
        files: RelatedManager[VersionFile]

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policies_version_number")
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    def get_absolute_url(self) -> str:
        """Return the address of its page inside the practice."""
        policy = self.policy
        return reverse("version", args=[policy.practice.slug, policy.slug, self.number])


class VersionFile(models.Model):
    """One format of a version. The bytes are a file named by their SHA-256 (``files.py``).

    ``renderer`` names what the bytes depend on besides the document, so that a later rebuild knows
    whether it may expect the same ones; it is blank where they depend on nothing else.
    """

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="files")
    format = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=100)
    filename = models.CharField(max_length=200)
    renderer = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "format"], name="policies_file_once")
        ]

    def __str__(self) -> str:
        return self.filename


class Event(models.Model):
    """A line in the log of a policy: who did what, when. It is only ever added to.

    Each line carries the digest of the one before it in the same policy (``policies/events.py``).
    """

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    who = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=20)
    draft = models.UUIDField(null=True)
    version = models.PositiveIntegerField(null=True)
    details = models.TextField(blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policies_event_number")
        ]

    def __str__(self) -> str:
        return f"{self.action} ({self.at:%Y-%m-%d})"


class Reminder(models.Model):
    """A mail that reminded a member of a review (``policies/published/reminders.py``).

    ``due`` is the review date that it was about: for another date, everybody is reminded anew. The
    row is written before the mail is sent, and taken away if the mail cannot be sent.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="reminders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    due = models.DateField()
    stage = models.CharField(max_length=10)
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-sent_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "due", "stage", "user"], name="policies_reminder_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stage} ({self.due:%Y-%m-%d})"
