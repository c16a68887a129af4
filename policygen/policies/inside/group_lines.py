"""Groups in lists: each folded to one line, however many policies it has.

A fixed number of queries tells of all groups of a practice.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from policygen.policies.bulk.ending import AT_WORK, ENDED
from policygen.policies.drafting.groups import last_changes
from policygen.policies.drafting.levels import DIFFERS, OPEN, ROOT_DRAFT
from policygen.policies.models import (
    Batch,
    BatchStage,
    Draft,
    DraftState,
    Group,
    Level,
    Piece,
    PieceState,
    PolicyVersion,
)
from policygen.practices.access import Access
from policygen.practices.locations import open_in
from policygen.practices.models import Practice


DROPPED = (BatchStage.DISCARDING, BatchStage.DISCARDED)
"""The stages of a batch that was given up."""


@dataclass(frozen=True)
class Lag:
    """Answers or locations of a group changed after its newest batch read them.

    ``batch`` is that one while it is still open: then it is prepared again, and no other is needed.
    """

    batch: Batch | None = None


@dataclass(frozen=True)
class GroupLine:
    """A group in a list.

    ``policies`` counts those that are set up, ``published`` those of them with a version, and
    ``different`` the brands and open locations at which something differs. ``submitted``
    and ``approved`` are drafts of its policies. ``batch`` is the newest one that has not ended, and
    ``has_news`` tells that a release is in force that the group does not use. ``lag`` tells that what is published lags behind.
    """

    group: Group
    policies: int
    published: int
    different: int
    submitted: int
    approved: int
    batch: Batch | None
    has_news: bool
    lag: Lag | None = None


def group_lines(access: Access, release: str) -> tuple[GroupLine, ...]:
    """Return the groups of a practice. ``release`` is the digest of the one in force."""
    groups = list(Group.objects.filter(practice=access.practice))
    if not groups:
        return ()
    policies, drafts = _policies(access), _drafts(access)
    releases, batches, lags = _releases(access), _batches(access), lags_in(access.practice)
    lines = []
    for group in groups:
        group.practice = access.practice  # so that addresses need no query
        made = policies.get(group.pk, {})
        lines.append(
            GroupLine(
                group=group,
                policies=made.get("policies", 0),
                published=made.get("published", 0),
                different=made.get("different", 0),
                submitted=drafts.get((group.pk, DraftState.SUBMITTED), 0),
                approved=drafts.get((group.pk, DraftState.APPROVED), 0),
                batch=batches.get(group.pk),
                has_news=bool(release) and releases.get(group.pk, release) != release,
                lag=lags.get(group.pk),
            )
        )
    return tuple(lines)


def lags_in(practice: Practice) -> dict[int, Lag]:
    """Return which published groups of a practice lag behind their answers, by their ids.

    A practice without open locations can make no policies, so nothing is said of its groups.
    """
    newest = list(_newest_batches(practice))
    if not newest or not open_in(practice).exists():
        return {}
    changed = last_changes(practice.pk)
    return {
        one.group_id: Lag(None if one.stage in ENDED else one)
        for one in newest
        if one.group_id in changed and changed[one.group_id] > (one.as_of or one.created)
    }


def _newest_batches(practice: Practice) -> QuerySet[Batch]:
    """Return for each group with a published policy the batch that read its answers last.

    One that was taken over whole does not count, nor one that was discarded; but if there is no
    other, one counts that published something before it was discarded.
    """
    public = PolicyVersion.objects.filter(policy__level__group=OuterRef("group"))
    pieces = Piece.objects.filter(batch=OuterRef("pk"))
    has_published = Exists(pieces.filter(version__isnull=False))
    taken = Q(Exists(pieces.filter(state=PieceState.SUPERSEDED)), stage=BatchStage.DONE)
    last = (
        Batch.objects.filter(group=OuterRef("group"))
        .filter(Q(has_published) | ~(taken | Q(stage__in=DROPPED)))
        .order_by(
            Case(When(stage__in=DROPPED, then=Value(1)), default=Value(0)),
            Coalesce("as_of", "created").desc(),
        )
    )
    of_theirs = Batch.objects.filter(Exists(public), group__practice=practice)
    return of_theirs.filter(pk=Subquery(last.values("pk")[:1]))


def _policies(access: Access) -> dict[int, dict[str, int]]:
    versions = Exists(PolicyVersion.objects.filter(policy=OuterRef("policy")))
    counted = (
        Level.objects.filter(group__practice=access.practice)
        .order_by("group")
        .values("group")
        .annotate(
            policies=Count("policy"),
            published=Count("pk", filter=versions),
            different=Count("pk", filter=DIFFERS & OPEN),
        )
    )
    return {
        row["group"]: {
            "policies": row["policies"],
            "published": row["published"],
            "different": row["different"],
        }
        for row in counted
    }


def _drafts(access: Access) -> dict[tuple[int, str], int]:
    counted = (
        Draft.objects.filter(policy__level__group__practice=access.practice)
        .order_by("state")
        .values_list("policy__level__group", "state")
        .annotate(count=Count("pk"))
    )
    return {(group, state): count for group, state, count in counted}


def _releases(access: Access) -> dict[int, str]:
    found = Draft.objects.filter(ROOT_DRAFT, level__group__practice=access.practice)
    return dict(found.order_by("pk").values_list("level__group", "release"))


def _batches(access: Access) -> dict[int, Batch]:
    of_theirs = Batch.objects.filter(group__practice=access.practice)
    running = of_theirs.filter(stage__in=[BatchStage.LISTING, *AT_WORK])
    return {batch.group_id or 0: batch for batch in running.order_by("created")}
