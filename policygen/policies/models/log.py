"""The log of a policy, and the reminders that were sent about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from policygen.policies.models.policies import Policy


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
