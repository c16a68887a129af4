"""Work on many policies: batches, and the pieces that they consist of."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.models.groups import Group, Level
from policygen.policies.models.policies import Policy
from policygen.practices.models import Practice

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class BatchStage(StrEnum):
    """How far a batch has come. Between the stages of work, people look and decide."""

    LISTING = "listing"
    PREPARING = "preparing"
    READY = "ready"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    APPROVING = "approving"
    APPROVED = "approved"
    PUBLISHING = "publishing"
    DONE = "done"
    DISCARDING = "discarding"
    DISCARDED = "discarded"


class Step(StrEnum):
    """What is done to one policy, in this order; or its draft is taken away again."""

    PREPARE = "prepare"
    SUBMIT = "submit"
    APPROVE = "approve"
    PUBLISH = "publish"
    DISCARD = "discard"


class PieceState(StrEnum):
    """Where a piece stands in its step.

    Only ``WAITING`` is work for the engine. ``SUPERSEDED`` tells that something newer took the
    policy over, ``LEFT_OUT`` that somebody took it out of the batch.
    """

    WAITING = "waiting"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    LEFT_OUT = "left out"


class Batch(models.Model):
    """Many policies that one person brings up to date together. ``bulk/`` starts and changes it.

    With a ``group``, they are made from its answers; without, each newest version is moved to the
    release, in one ``practice`` or (none) in all practices of ``by``. Every document of a batch is
    made from one ``release``, by its digest. ``stopped`` batches wait until somebody resumes them.

    ``effective_on``, ``reason`` and ``kind`` are the order to publish, once it is given; a blank
    ``kind`` takes for each policy what is proposed for it. ``approver`` is whoever approves, and
    ``discarder`` whoever gave the batch up. ``round`` rises whenever something else comes up for
    decision: forms send the one that was seen.

    ``begun`` is when the work that goes on was asked for, blank for its first. ``as_of`` is, for a
    group, a moment before which every change was there to be read when preparing began, for the
    first time or again.

    ``mailed_for`` is the stage whose mails are sent, and ``mail_tries`` counts how often the mail
    server was away meanwhile.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(
        Practice, on_delete=models.PROTECT, null=True, related_name="batches"
    )
    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, related_name="batches")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batches"
    )
    release = models.CharField(max_length=64)
    stage = models.CharField(
        max_length=10,
        default=BatchStage.LISTING,
        choices=[(s.value, s.name) for s in BatchStage],
    )
    stopped = models.BooleanField(default=False)
    effective_on = models.DateField(null=True)
    reason = models.TextField(blank=True, max_length=1000)
    kind = models.CharField(
        max_length=9, blank=True, choices=[(k.value, k.name) for k in ChangeKind]
    )
    round = models.PositiveIntegerField(default=1, editable=False)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    discarder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    begun = models.DateTimeField(null=True, editable=False)
    as_of = models.DateTimeField(null=True, editable=False)
    wants_mail = models.BooleanField(default=False)
    mailed_for = models.CharField(max_length=10, blank=True, editable=False)
    mail_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        pieces: RelatedManager[Piece]

    class Meta:
        ordering = ["-created"]
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stage__in=[stage.value for stage in BatchStage]),
                name="policies_batch_stage",
            )
        ]

    def __str__(self) -> str:
        return f"Batch of {self.created:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("batch", args=[self.pk])


class Piece(models.Model):
    """One policy in a batch: the unit of work, done once however often it is asked for.

    ``number`` counts from 1. ``policy`` is missing until one is set up for the ``level``. ``draft``
    and ``revision`` are what was prepared, and ``fold`` is the digest of what changes by it: pieces
    with the same one read alike. ``version`` is the number that was published.

    Whoever works on it holds it until ``held_until`` under the name ``holder``; ``tries`` counts
    the beginnings that came to no end, and ``rests`` how often the database failed meanwhile, after
    which it waits until ``held_until`` without a ``holder``. ``problem`` says in words why it
    failed, and ``question`` is the id of the question at which that is mended, if there is one.
    ``warnings`` counts what is worth a look and keeps nothing from being published. ``cleared`` is
    the digest of what was looked at when nothing else did, either (``drafting.clearing``), and
    blank where something did.
    ``days`` are the days that the answers have the policy print, such as that of its last change:
    ``last_updated=2026-01-31``, each with its question, with blanks between them.
    ``ended`` is when a step of it ended last, or, of one that waits again, since when it does.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    level = models.ForeignKey(Level, on_delete=models.PROTECT, null=True, related_name="+")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, null=True, related_name="pieces")
    step = models.CharField(
        max_length=7, default=Step.PREPARE, choices=[(s.value, s.name) for s in Step]
    )
    state = models.CharField(
        max_length=10, default=PieceState.WAITING, choices=[(s.value, s.name) for s in PieceState]
    )
    draft = models.UUIDField(null=True)
    revision = models.PositiveIntegerField(default=0)
    fold = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(null=True)
    problem = models.TextField(blank=True)
    question = models.CharField(max_length=100, blank=True)
    warnings = models.PositiveSmallIntegerField(default=0)
    cleared = models.CharField(max_length=64, blank=True, editable=False)
    days = models.CharField(max_length=100, blank=True, editable=False)
    holder = models.CharField(max_length=64, blank=True)
    held_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    rests = models.PositiveSmallIntegerField(default=0)
    prepared_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    ended = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="policies_piece_number"),
            models.UniqueConstraint(
                fields=["batch", "level"],
                condition=models.Q(level__isnull=False),
                name="policies_piece_of_level",
            ),
            models.UniqueConstraint(
                fields=["batch", "policy"],
                condition=models.Q(policy__isnull=False),
                name="policies_piece_of_policy",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in PieceState]),
                name="policies_piece_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["batch", "number"],
                condition=models.Q(state=PieceState.WAITING),
                name="policies_piece_waiting",
            ),
            models.Index(fields=["batch", "state", "fold"], name="policies_piece_folds"),
            models.Index(fields=["batch", "ended"], name="policies_piece_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.policy or self.level}"

    @property
    def has_closed(self) -> bool:
        """Whether it is about a location that has closed."""
        about = self.level or self.policy
        return about is not None and about.has_closed


class Asked(models.Model):
    """Somebody who was asked by mail to approve what a batch has in review: each is asked once.

    The rows go when more of the batch enters its review.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="asked")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "user"], name="policies_asked_once")
        ]

    def __str__(self) -> str:
        return str(self.user)
