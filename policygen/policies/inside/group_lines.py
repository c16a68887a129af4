"""Groups in lists: each folded to one line, however many policies it has.

A fixed number of queries tells of all groups of a practice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, QuerySet, Subquery
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
    ``has_news`` tells that a release is in force that the group does not use. ``lag`` is
    there where what is published lags behind the answers or the locations.
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
    published = _published(practice)
    if not published or not open_in(practice).exists():
        return {}
    newest = {one.group_id: one for one in _newest_batches(practice)}
    changed = last_changes(practice.pk)
    lags = {}
    for group, at in published.items():
        batch = newest.get(group)
        read = (batch.as_of or batch.created) if batch else at
        if read and group in changed and changed[group] > read:
            lags[group] = Lag(batch if batch and batch.stage not in ENDED else None)
    return lags


def _published(practice: Practice) -> dict[int, datetime | None]:
    """Return the groups of which policies are published, and when their answers were read last.

    The batches from which that is known better are not kept for ever.
    """
    versions = Exists(PolicyVersion.objects.filter(policy=OuterRef("policy")))
    levels = Level.objects.filter(versions, group__practice=practice).order_by()
    return dict(levels.values_list("group").annotate(Max("as_of")))


def _newest_batches(practice: Practice) -> QuerySet[Batch]:
    """Return for each group the batch that read its answers last.

    One that was discarded or taken over whole does not count.
    """
    pieces = Piece.objects.filter(batch=OuterRef("pk"))
    taken_over = Exists(pieces.filter(state=PieceState.SUPERSEDED))
    unpublished = ~Exists(pieces.filter(version__isnull=False))
    last = (
        Batch.objects.filter(group=OuterRef("group"))
        .exclude(stage__in=[BatchStage.DISCARDING, BatchStage.DISCARDED])
        .exclude(taken_over, unpublished, stage=BatchStage.DONE)
        .order_by(Coalesce("as_of", "created").desc())
    )
    return Batch.objects.filter(group__practice=practice, pk=Subquery(last.values("pk")[:1]))


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
