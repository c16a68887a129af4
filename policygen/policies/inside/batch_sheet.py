"""What the page of a batch shows: how far it is, what reads alike, what failed, what comes next.

Everything is counted by the database, in a fixed number of queries however many policies there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, CharField, Count, F, Max, Min, Q, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, Concat, RowNumber
from django.urls import reverse

from policygen.library.models import Release
from policygen.library.store import library_of
from policygen.policies.bulk.deciding import DECIDABLE, ready_for
from policygen.policies.bulk.ending import AT_REST, AT_WORK, ENDED
from policygen.policies.bulk.seeing import practices_in
from policygen.policies.drafting.drafts import UNREADABLE
from policygen.policies.drafting.groups import last_changes
from policygen.policies.drafting.places import address_of
from policygen.policies.inside.batch_access import HeldBatch
from policygen.policies.models import (
    Batch,
    BatchStage,
    Piece,
    PieceState,
    Step,
)
from policygen.policies.pages import answering
from policygen.practices.models import Practice

PAGE = 50
"""How many policies one page lists."""

WITHOUT_ADDRESS = "the list of locations."
"""How reasons end that are mended there (``core.inheritance``)."""

FOLDS = 20
"""How many kinds of changes, or of problems, one page lists."""

SAME = "same"
"""What stands in an address for the fold of policies in which nothing changes in print."""

STAGES = {
    BatchStage.LISTING: "Getting started",
    BatchStage.PREPARING: "Preparing",
    BatchStage.READY: "Ready to look at",
    BatchStage.SUBMITTING: "Asking for a review",
    BatchStage.SUBMITTED: "In review",
    BatchStage.APPROVING: "Approving",
    BatchStage.APPROVED: "Approved",
    BatchStage.PUBLISHING: "Publishing",
    BatchStage.DONE: "Ended",
    BatchStage.DISCARDING: "Discarding",
    BatchStage.DISCARDED: "Discarded",
}
"""What each stage is called."""

OUT = Q(state=PieceState.LEFT_OUT)

BY_NAME = (
    Coalesce("policy__practice__sorted_as", "level__group__practice__sorted_as"),
    Coalesce(
        "policy__sorted_as",
        Concat(
            "level__group__sorted_as",
            Value(": "),
            "level__location__sorted_as",
            output_field=CharField(),
        ),
        output_field=CharField(),
    ),
    Coalesce("policy__location__sorted_as", Value(""), output_field=CharField()),
    F("number"),
)
"""The order in which policies are listed: by practice, title and location."""

KINDS = {
    "open": "To be published",
    "published": "Published",
    "failed": "Failed",
    "unchanged": "Up to date already",
    "left-out": "Left out",
    "superseded": "Taken over by other work",
    "waiting": "Waiting",
}
"""The lists of policies of a batch, by what stands in their addresses."""

OF_KIND = {
    "open": Q(state=PieceState.DONE, version=None) & ~Q(step=Step.DISCARD),
    "published": Q(version__isnull=False),
    "failed": Q(state=PieceState.FAILED, version=None),
    "unchanged": Q(state=PieceState.UNCHANGED, version=None),
    "left-out": (OUT | Q(state=PieceState.DONE, step=Step.DISCARD)) & Q(version=None),
    "superseded": Q(state=PieceState.SUPERSEDED, version=None),
    "waiting": Q(state=PieceState.WAITING, version=None),
}
"""Which pieces stand in each list; every piece stands in one."""


@dataclass(frozen=True)
class Counts:
    """How many policies of a batch stand where; each is counted once."""

    open: int = 0
    published: int = 0
    failed: int = 0
    unchanged: int = 0
    left_out: int = 0
    superseded: int = 0
    waiting: int = 0
    in_step: int = 0

    @property
    def all(self) -> int:
        """All of them."""
        return (
            self.open
            + self.published
            + self.failed
            + self.unchanged
            + self.left_out
            + self.superseded
            + self.waiting
        )

    @property
    def step_done(self) -> int:
        """How many are through with the step that is being taken."""
        return self.in_step - self.waiting

    @property
    def lists(self) -> list[tuple[str, str, int]]:
        """The lists that hold something: what stands in the address, the title, the count."""
        counts = {name: getattr(self, _field(name)) for name in KINDS}
        return [(name, KINDS[name], count) for name, count in counts.items() if count]


@dataclass(frozen=True)
class Fold:
    """Policies whose changes read alike. ``first`` is the first by name of those in the batch.

    ``count`` are those that are not left out; ``warnings`` is the most that any of them has. Where
    all are left out, ``first`` is one of these.
    """

    fold: str
    count: int
    left_out: int
    warnings: int
    first: Piece

    @property
    def name(self) -> str:
        """What stands for it in addresses."""
        return self.fold or SAME

    @property
    def others(self) -> int:
        """How many there are besides the first, of those in the batch if there are any."""
        return (self.count or self.left_out) - 1


@dataclass(frozen=True)
class Trouble:
    """Policies that failed for the same reason, with the pages on which that is mended."""

    problem: str
    count: int
    first: Piece
    links: tuple[tuple[str, str], ...]

    @property
    def others(self) -> int:
        """How many there are besides the first."""
        return self.count - 1


def of_kind(pieces: QuerySet[Piece], kind: str) -> QuerySet[Piece]:
    """Return the pieces of one of the lists (``KINDS``)."""
    return pieces.filter(OF_KIND[kind])


def counts_of(held: HeldBatch) -> Counts:
    """Count the policies that the person sees, in one query."""
    return counts_of_each([held.batch], held.pieces)[held.batch.pk]


def counts_of_each(batches: Iterable[Batch], pieces: QuerySet[Piece]) -> dict[UUID, Counts]:
    """Count the pieces of each of these batches, in one query; ``pieces`` are of no other."""
    in_step, counts = Q(pk__in=[]), {}
    for one in batches:
        counts[one.pk] = Counts()
        if step := AT_WORK.get(BatchStage(one.stage)):
            in_step |= Q(batch=one.pk, step=step)
    counted = {_field(kind): Count("pk", filter=of_it) for kind, of_it in OF_KIND.items()}
    counted["in_step"] = Count("pk", filter=in_step)
    for batch, *numbers in pieces.order_by().values_list("batch").annotate(**counted):
        counts[batch] = Counts(**dict(zip(counted, numbers, strict=True)))
    return counts


def _field(kind: str) -> str:
    """Return the field of ``Counts`` that counts a list."""
    return kind.replace("-", "_")


def is_taken_over(batch: Batch, counts: Counts) -> bool:
    """Tell whether other work took a batch over before anything of it was published."""
    is_over = not is_at_work(batch) and batch.stage != BatchStage.DISCARDED
    return is_over and bool(counts.superseded) and not counts.open and not counts.published


def stage_of(batch: Batch, counts: Counts) -> str:
    """Return in words how far a batch is."""
    if is_taken_over(batch, counts):
        return "Taken over"
    return STAGES[BatchStage(batch.stage)] + (", stopped" if batch.stopped else "")


def title_of(batch: Batch, number: int | None) -> str:
    """Return what a batch is called; ``number`` is that of its release."""
    if batch.group is not None:
        return f"Policies of “{batch.group.title}”"
    return f"Policies to release {number}" if number else "Policies to a newer release"


def number_of(release: str) -> int | None:
    """Return the number of a release by its digest, if it is there."""
    found = Release.objects.filter(digest=release, number__isnull=False).order_by("-number")
    return found.values_list("number", flat=True).first()


# ------------------------------------------------------------------ folds


def folds_of(held: HeldBatch, page: str | None) -> Page[Fold]:
    """Return a page of the kinds of changes that are there to be looked at, the commonest first.

    After the end there is nothing to be looked at: what was left out stands in a list of its own.
    """
    shown = _shown(held.pieces) if held.batch.stage not in ENDED else held.pieces.none()
    rows = (
        shown.order_by()
        .values("fold")
        .annotate(
            count=Count("pk", filter=~OUT),
            left_out=Count("pk", filter=OUT),
            warned=Max("warnings"),
            lowest=Min("number"),
        )
    )
    found: Page[Any] = Paginator(rows.order_by("-count", "lowest"), FOLDS).get_page(page)
    listed = list(found.object_list)
    firsts = _firsts(shown, "fold", [row["fold"] for row in listed])
    found.object_list = [
        Fold(row["fold"], row["count"], row["left_out"], row["warned"], firsts[row["fold"]])
        for row in listed
    ]
    return found


def _firsts(pieces: QuerySet[Piece], name: str, values: list[str]) -> dict[str, Piece]:
    """Return of the pieces with each of these values the first by name: one query."""
    place = Window(
        RowNumber(), partition_by=F(name), order_by=[Case(When(OUT, then=1), default=0), *BY_NAME]
    )
    among = with_names(pieces.filter(**{f"{name}__in": values}).order_by())
    return {getattr(one, name): one for one in among.annotate(place=place).filter(place=1)}


def _shown(pieces: QuerySet[Piece]) -> QuerySet[Piece]:
    """Return what was prepared and is not published, left out or not."""
    states = [PieceState.DONE, PieceState.LEFT_OUT]
    prepared = pieces.filter(state__in=states, version=None, draft__isnull=False, problem="")
    return prepared.exclude(step=Step.DISCARD)


def in_fold(held: HeldBatch, fold: str) -> QuerySet[Piece]:
    """Return the pieces whose changes read alike, by the name of the fold in addresses."""
    return _shown(held.pieces).filter(fold="" if fold == SAME else fold)


def with_names(pieces: QuerySet[Piece]) -> QuerySet[Piece]:
    """Return pieces with all that their names and addresses are made of."""
    return pieces.select_related(
        "policy__practice", "policy__location", "level__group__practice", "level__location"
    )


def by_name(pieces: QuerySet[Piece]) -> QuerySet[Piece]:
    """Return pieces in the order of their practices and names, with all that these are made of."""
    return with_names(pieces).order_by(*BY_NAME)


def looked_for(pieces: QuerySet[Piece], search: str) -> QuerySet[Piece]:
    """Return the pieces whose policy, location or practice has each of these words in its name."""
    for word in search.split():
        of_policy = Q(policy__title__icontains=word) | Q(policy__location__name__icontains=word)
        of_level = Q(policy=None, level__location__name__icontains=word)
        of_group = Q(policy=None, level__group__title__icontains=word)
        of_practice = Q(policy__practice__name__icontains=word)
        pieces = pieces.filter(of_policy | of_level | of_group | of_practice)
    return pieces


# ------------------------------------------------------------------ problems


def troubles_of(held: HeldBatch, page: str | None) -> Page[Trouble]:
    """Return a page of the reasons for which policies failed, the commonest first."""
    failed = held.pieces.filter(state=PieceState.FAILED).order_by()
    rows = failed.values("problem").annotate(count=Count("pk"), lowest=Min("number"))
    found: Page[Any] = Paginator(rows.order_by("-count", "lowest"), FOLDS).get_page(page)
    listed = list(found.object_list)
    firsts = _firsts(failed, "problem", [row["problem"] for row in listed])
    found.object_list = [
        Trouble(row["problem"], row["count"], first, _links(held, first, row["count"]))
        for row in listed
        for first in [firsts[row["problem"]]]
    ]
    return found


def _links(held: HeldBatch, piece: Piece, count: int) -> tuple[tuple[str, str], ...]:
    """Return the pages on which a problem is mended: their names and addresses.

    ``piece`` is the first of ``count`` that have it.
    """
    if WITHOUT_ADDRESS in piece.problem and piece.level is not None:
        slug, place = piece.level.group.practice.slug, piece.level.location_id
        if place is not None and count == 1:
            return (("Add its address", reverse("change_location", args=[slug, place])),)
        return (("Open the list of locations", reverse("locations", args=[slug])),)
    if piece.level is not None:
        links = [("See what is answered there", address_of(piece.level))]
        if held.root and (page := question_page(held.batch, held.root, piece.question)):
            links.insert(0, ("Answer it for the whole group", page))
        return tuple(links)
    if piece.draft is None or not held.is_own:
        return ()
    page = question_page(held.batch, piece.draft, piece.question)
    return (("See the draft", page or reverse("review", args=[piece.draft])),)


def question_page(batch: Batch, draft: UUID, name: str) -> str:
    """Return the page of a question in a draft, or nothing."""
    try:
        question = library_of(batch.release).vocabulary.by_id.get(name)
    except UNREADABLE:
        return ""
    return answering(draft, question) if question else ""


# ------------------------------------------------------------------ what comes next


@dataclass(frozen=True)
class Options:
    """What the person can do now: each is the number of policies it is about, 0 for not now."""

    submit: int = 0
    approve: int = 0
    publish: int = 0
    retry: int = 0
    must_wait: int = 0
    can_stop: bool = False
    can_resume: bool = False
    can_discard: bool = False
    can_prepare: bool = False
    can_leave_out: bool = False


def options_of(held: HeldBatch, counts: Counts) -> Options:
    """Return what the person can do with a batch at its present stage."""
    batch = held.batch
    stops = {
        "can_stop": held.may_stop and is_at_work(batch) and not batch.stopped,
        "can_resume": held.may_stop and is_at_work(batch) and batch.stopped,
        "can_discard": held.may_stop
        and (batch.stage in AT_REST.values() or (is_at_work(batch) and batch.stopped))
        and batch.stage != BatchStage.DISCARDING,
    }
    if batch.stage not in DECIDABLE:
        return Options(**stops)
    asks = _asks_for_review(held)
    publish = ready_for(held.pieces, Step.PUBLISH).count() if held.may_decide else 0
    approve = ready_for(held.pieces, Step.APPROVE, by=held.user).count() if held.may_approve else 0
    return Options(
        submit=ready_for(held.pieces, Step.SUBMIT).count() if held.may_decide and asks else 0,
        approve=approve,
        publish=publish,
        retry=_retried(held).count() if held.may_decide and counts.failed else 0,
        must_wait=counts.open - min(publish, counts.open) if held.may_decide else 0,
        can_prepare=held.may_decide
        and batch.group is not None
        and bool(counts.open or counts.failed),
        can_leave_out=held.may_decide and batch.stage in AT_REST.values(),
        **stops,
    )


def _retried(held: HeldBatch) -> QuerySet[Piece]:
    """Return what failed and can be tried again by who decides: approvals are somebody else’s."""
    return held.pieces.filter(state=PieceState.FAILED).exclude(step=Step.APPROVE)


def _asks_for_review(held: HeldBatch) -> bool:
    return practices_in(held.pieces).filter(needs_review=True).exists()


def is_at_work(batch: Batch) -> bool:
    """Tell whether there is work on a batch that nobody has to decide about."""
    return batch.stage == BatchStage.LISTING or batch.stage in AT_WORK


def has_ended(batch: Batch) -> bool:
    """Tell whether nothing of a batch is open any more."""
    return batch.stage in ENDED


def changed_since(batch: Batch) -> bool:
    """Tell whether the group’s answers or locations changed after what is open was prepared."""
    if batch.group is None or batch.stage not in AT_REST.values():
        return False
    changed = last_changes(batch.group.practice_id).get(batch.group.pk)
    open_ = Piece.objects.filter(batch=batch, state=PieceState.DONE, version=None)
    prepared = open_.aggregate(at=Min("prepared_at"))["at"]
    return bool(changed and prepared and changed > prepared)


def practices_of(held: HeldBatch) -> list[Practice]:
    """Return the practices whose policies the person sees here, by name, at most a page of them."""
    return list(practices_in(held.pieces).order_by("sorted_as", "pk")[:PAGE])
