"""What was published, and the files of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.models.policies import Policy

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


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


class Print(models.Model):
    """A document that was rendered: whoever asks for the same one again is given these bytes.

    ``key`` is the SHA-256 of what the bytes depend on: the document, the format and what renders
    it (``published/prints.py``). ``sha256`` names the bytes as in ``VersionFile``; it is blank
    while somebody renders them, and then ``held_until`` says how long others wait for that.
    """

    key = models.CharField(max_length=64, primary_key=True)
    format = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    size = models.PositiveIntegerField(default=0)
    content_type = models.CharField(max_length=100, blank=True)
    filename = models.CharField(max_length=200, blank=True)
    seconds = models.FloatField(default=0)
    held_until = models.DateTimeField(null=True)
    made = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.format} {self.key[:12]}"
