"""The clause library at rest: what is being worked on, what is in force, and what was done.

Working rows are *pieces*: the title of the policies, sections, questions, options, laws, conflicts
of answers, and versions of clauses. A piece goes from draft through review to approved, and a
release freezes what is approved.
``publishing.py`` alone changes pieces, releases and the log; triggers (migration 0006) refuse what
must never happen, whoever asks.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from policygen.core.vocabulary import Kind

NAME_LIMIT = 150
"""The longest slug or id, in characters."""


class State(models.TextChoices):
    """Where a piece stands on its way into a release."""

    DRAFT = "draft", "Draft"
    REVIEW = "review", "In review"
    APPROVED = "approved", "Approved"
    RELEASED = "released", "Released"
    RETIRED = "retired", "Retired"


class Piece(models.Model):
    """Anything that a release is made of, on its way into one.

    ``number`` counts the editions of a piece: for a clause it is the version. ``revision`` counts
    saves, so that nobody decides on what they have not seen. ``withdrawn`` says that this edition
    takes the piece out of the library. A piece from files has no editor.
    """

    kind: ClassVar[str]
    """How the log, the addresses and the commands call such pieces."""
    CONTENT: ClassVar[tuple[str, ...]]
    """The fields that make up what a piece says; ``withdrawn`` belongs to every piece."""
    LATER: ClassVar[Mapping[str, Any]] = {}
    """Those of them that came after the first releases, each with the value that says nothing.

    A content leaves them out then, so that a row still says what logs and releases kept of it.
    """

    number = models.PositiveIntegerField(default=1, editable=False)
    state = models.CharField(
        max_length=8, choices=State.choices, default=State.DRAFT, editable=False
    )
    revision = models.PositiveIntegerField(default=0, editable=False)
    withdrawn = models.BooleanField(
        "take it out",
        default=False,
        help_text="With the next release, no new policy has this any more.",
    )
    reason = models.TextField(
        "reason for the change",
        blank=True,
        help_text="Why is this written, or changed? Whoever approves it reads this first.",
    )
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    edited_at = models.DateTimeField(editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether it can be written to as it stands."""
        return self.state == State.DRAFT

    def content(self) -> dict[str, Any]:
        """Return what the piece says, as plain values."""
        return self.trimmed({name: getattr(self, name) for name in (*self.CONTENT, "withdrawn")})

    def take(self, content: dict[str, Any]) -> None:
        """Say something else; nothing is stored yet."""
        for name in (*self.CONTENT, "withdrawn"):
            if name in content:
                setattr(self, name, content[name])
            elif name in self.LATER:
                setattr(self, name, copy(self.LATER[name]))

    @classmethod
    def trimmed(cls, content: dict[str, Any]) -> dict[str, Any]:
        """Return a content without those of the later fields that say nothing."""
        later = cls.LATER
        return {
            name: value
            for name, value in content.items()
            if name not in later or value != later[name]
        }

    @classmethod
    def whole(cls, content: dict[str, Any]) -> dict[str, Any]:
        """Return a content with all of the later fields, also where they say nothing."""
        return {**{name: copy(blank) for name, blank in cls.LATER.items()}, **content}


class FramePiece(Piece):
    """A piece that clauses stand on. There is one row of it, and releases keep what it said."""

    name = models.CharField(
        "id", primary_key=True, max_length=2 * NAME_LIMIT + 1, help_text="It never changes."
    )

    class Meta:
        abstract = True


class PolicyTitle(FramePiece):
    """The title that every policy bears, and its language. There is one."""

    kind = "title"
    CONTENT = ("title", "language")
    NAME = "title"

    title = models.TextField(help_text="It stands at the top of every policy.")
    language = models.CharField(max_length=3, default="en", editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "title"

    def __str__(self) -> str:
        return self.title


class Section(FramePiece):
    """A heading of a policy; it is printed where one of its clauses is.

    ``needed`` are the cases in which it must be there, as ``core.conditions`` reads them; ``None``
    says that it may always be missing.
    """

    kind = "section"
    CONTENT = ("title", "order", "needed")
    LATER: ClassVar[Mapping[str, Any]] = {"needed": None}

    title = models.TextField("heading")
    order = models.PositiveIntegerField(help_text="Sections are printed by this number.")
    needed = models.JSONField("needed if", null=True, blank=True)

    class Meta:
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.title


class Question(FramePiece):
    """A question of the interview. New ones come with ``clauses/``, since they need a page."""

    kind = "question"
    CONTENT = (
        *("kind_of_answer", "page", "ask", "help", "example", "required", "when", "groups"),
        *("minimum", "maximum", "order"),
    )

    kind_of_answer = models.CharField(
        max_length=20, choices=[(str(kind), str(kind)) for kind in Kind]
    )
    page = models.TextField()
    ask = models.TextField("question")
    help = models.TextField(blank=True)
    example = models.TextField(blank=True)
    required = models.BooleanField(default=False)
    when = models.JSONField("asked if", default=dict, blank=True)
    groups = models.JSONField(default=list, blank=True)
    minimum = models.PositiveIntegerField("smallest number", default=0)
    maximum = models.PositiveIntegerField("largest number", default=1_000_000)
    order = models.PositiveIntegerField()

    class Meta:
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.ask


class Option(FramePiece):
    """Something that can be ticked. Its name is its atom, ``question:option``."""

    kind = "option"
    CONTENT = ("group", "label", "help", "phrase", "informative", "order")

    question = models.ForeignKey(Question, models.PROTECT, related_name="options")
    group = models.CharField(max_length=NAME_LIMIT, blank=True)
    label = models.TextField(help_text="What the manager ticks.")
    help = models.TextField(help_text="With the label, it must say all that clauses then assert.")
    phrase = models.TextField(
        help_text="What a policy prints. It must fit every sentence of its group: no capital at "
        "the start, no period at the end."
    )
    informative = models.BooleanField(
        default=False,
        help_text="It may stand unused: ticking it prints nothing, and that is meant.",
    )
    order = models.PositiveIntegerField(help_text="Options are shown and printed by this number.")

    class Meta:
        ordering = ["question__order", "question_id", "order", "name"]

    def __str__(self) -> str:
        return self.label


class Regime(FramePiece):
    """A law, or a body of laws, with what it wants stated: elements that clauses satisfy.

    ``said`` is its plain form without the id, which ``core.regimes`` reads.
    """

    kind = "regime"
    CONTENT = ("said",)

    said = models.JSONField("what it asks for", default=dict)

    class Meta:
        verbose_name = "law"
        ordering = ["name"]

    def __str__(self) -> str:
        return str(self.said.get("name") or self.name)


class Conflict(FramePiece):
    """Answers that do not go together, or that a practice should be warned of.

    ``said`` is its plain form without the id, which ``core.conflicts`` reads.
    """

    kind = "conflict"
    CONTENT = ("said",)

    said = models.JSONField("what it finds", default=dict)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Clause(models.Model):
    """A clause through all its versions. Its slug never changes, and is never used again."""

    slug = models.CharField(primary_key=True, max_length=NAME_LIMIT)
    newest = models.OneToOneField(
        "ClauseVersion", models.PROTECT, null=True, editable=False, related_name="newest_of"
    )

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class ClauseVersion(Piece):
    """What was written for a clause, with every attribute. Its text is fixed from its review on.

    ``statements`` are the ids of statements of model policies, called ``models`` in files;
    ``satisfies`` the ids of elements of laws that its text states.
    """

    kind = "clause"
    CONTENT = (
        *("section_id", "title", "order", "when", "run_in", "body"),
        *("statements", "claims", "citations", "satisfies", "note"),
    )
    LATER: ClassVar[Mapping[str, Any]] = {"satisfies": []}

    clause = models.ForeignKey(Clause, models.PROTECT, editable=False, related_name="versions")
    section = models.ForeignKey(Section, models.PROTECT, related_name="+")
    title = models.TextField(help_text="A name for colleagues. It is never printed.")
    order = models.PositiveIntegerField(help_text="The place in the section. Leave gaps.")
    when = models.JSONField("condition", default=dict, blank=True)
    run_in = models.BooleanField(
        "runs in", default=False, help_text="It continues the paragraph before it."
    )
    body = models.TextField("text")
    statements = models.JSONField("model statements", default=list, blank=True)
    claims = models.JSONField(default=list, blank=True)
    citations = models.JSONField(default=list, blank=True)
    satisfies = models.JSONField("elements of laws", default=list, blank=True)
    note = models.TextField(
        "note for colleagues",
        blank=True,
        help_text="Why it is worded so, which risk it carries. It is never printed.",
    )

    class Meta:
        verbose_name = "clause"
        ordering = ["section__order", "order", "clause_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["clause", "number"], name="one_text_per_version"),
            models.UniqueConstraint(
                fields=["clause"],
                condition=Q(state__in=[State.DRAFT, State.REVIEW, State.APPROVED]),
                name="one_draft_per_clause",
            ),
        ]
        permissions = [
            ("draft_library", "Can write drafts of the library"),
            ("approve_library", "Can approve drafts of the library"),
            ("release_library", "Can publish releases of the library"),
        ]

    def __str__(self) -> str:
        return f"{self.clause_id}, version {self.number}"

    @property
    def name(self) -> str:
        """The slug of the clause."""
        return str(self.clause_id)


class ReleaseState(models.TextChoices):
    """Where a release stands. A published one counts from its effective date on."""

    CANDIDATE = "candidate", "Candidate"
    PUBLISHED = "published", "Published"
    CANCELLED = "cancelled", "Cancelled"


class Release(models.Model):
    """A whole library, frozen: the canonical JSON that selection reads, and its SHA-256.

    In force on a day is the published release with the highest number among those whose effective
    date has come; there is no pointer that could go astray. Going back to an earlier library makes
    a new release with the digest of the earlier one: a digest stands for what is in it.
    ``snapshot`` is text, not JSON of the database's own kind, so that its digest can be recomputed
    from the stored bytes. ``frame`` is what the pieces that clauses stand on said in it, as JSON
    (``pieces.py``): the next release begins from there.
    """

    number = models.PositiveIntegerField(unique=True, editable=False)
    state = models.CharField(
        max_length=9,
        choices=ReleaseState.choices,
        default=ReleaseState.CANDIDATE,
        editable=False,
    )
    title = models.TextField(blank=True, help_text="What changes, in a few words.")
    notes = models.TextField(
        blank=True, help_text="What practices should know. They read it when they move to it."
    )
    effective_from = models.DateField(
        "effective date", help_text="Before this day, the release before it stays in force."
    )
    digest = models.CharField(max_length=64, db_index=True, editable=False)
    snapshot = models.TextField(editable=False)
    frame = models.TextField(default="", editable=False)
    made_at = models.DateTimeField(editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=ReleaseState.CANDIDATE), name="one_candidate"
            ),
        ]

    def __str__(self) -> str:
        return f"Release {self.number}"

    @property
    def mark(self) -> str:
        """What tells this release from a candidate that took its number: who publishes names it."""
        return f"{self.pk}-{self.digest}"


class ReleaseClause(models.Model):
    """That a version of a clause is in a release."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="entries")
    version = models.ForeignKey(ClauseVersion, models.PROTECT, related_name="entries")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "version"], name="a_version_once_a_release")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} in {self.release_id}"


class LoadedFiles(models.Model):
    """What ``clauses/`` said when it was last loaded, so that only later changes become drafts.

    ``contents`` is JSON: kind, name, number and content of each piece. The newest row counts.
    """

    at = models.DateTimeField()
    contents = models.TextField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Files as of {self.at:%Y-%m-%d %H:%M}"


class Transition(models.Model):
    """One line of the log: who did what to which piece or release, when and why.

    It is only ever added to. ``digest`` is the SHA-256 of the line together with the digest of the
    line before it (``previous``), so that no line can be changed or taken out unnoticed.
    ``content`` is what the piece says after it, as canonical JSON, where the text was changed.
    """

    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=2 * NAME_LIMIT + 1)
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=12)
    why = models.TextField(blank=True)
    content = models.TextField(blank=True)
    previous = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "name", "number"], name="library_log_of_a_piece")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.number}: {self.action}"


class Outcome(models.TextChoices):
    """What trying out found for one set of answers."""

    WAITING = "waiting", "Not compared yet"
    SAME = "same", "Prints the same"
    CHANGED = "changed", "Prints differently"
    UNREADABLE = "unreadable", "Cannot be read"
    GONE = "gone", "Deleted meanwhile"


class TryOut(models.Model):
    """A library that is not in force, compared with what each set of answers is made from now.

    ``kind``, ``name`` and ``number`` say what is tried out, as the log does: a piece or a release.
    ``before`` is the digest of the release that was in force; ``after`` is the canonical JSON of
    the library that is tried, and ``after_digest`` its SHA-256. ``counts`` has for each clause how
    many sets selected it before and after; ``guards`` what kept the library from being published,
    as pairs of place and message. ``tryout.py`` alone writes here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=2 * NAME_LIMIT + 1)
    number = models.PositiveIntegerField()
    label = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField()
    before = models.CharField(max_length=64)
    after = models.TextField()
    after_digest = models.CharField(max_length=64, db_index=True)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    guards = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
        verbose_name = "try-out"

    def __str__(self) -> str:
        return f"Try-out of {self.label}"

    @property
    def how_far(self) -> str:
        """How many sets are compared, in words: “312 of 1,000 sets of answers”."""
        return f"{self.done:,} of {self.total:,} sets of answers"


class TryOutSet(models.Model):
    """One set of answers in a try-out: where it comes from, and what became of its document.

    ``fingerprint`` tells later whether the answers are still the same. ``problems`` are answers
    that fit before and do not fit any more, as pairs of place and message. ``redline`` is JSON,
    and only there if the document changed.
    """

    tryout = models.ForeignKey(TryOut, models.CASCADE, related_name="sets")
    position = models.PositiveIntegerField()
    source = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    title = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    fingerprint = models.CharField(max_length=32, blank=True)
    problems = models.JSONField(default=list)
    redline = models.TextField(blank=True)

    class Meta:
        ordering = ["tryout", "position"]
        constraints = [
            models.UniqueConstraint(fields=["tryout", "position"], name="one_set_per_position")
        ]
        indexes = [
            models.Index(fields=["tryout", "outcome", "position"], name="library_sets_by_outcome")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


FRAME: tuple[type[FramePiece], ...] = (
    *(PolicyTitle, Section, Question, Option),
    *(Regime, Conflict),
)
"""The pieces that clauses stand on, in the order in which they depend on each other."""

KINDS: dict[str, type[FramePiece] | type[ClauseVersion]] = {
    **{model.kind: model for model in FRAME},
    ClauseVersion.kind: ClauseVersion,
}
