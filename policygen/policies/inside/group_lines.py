"""Groups in lists: each folded to one line, however many policies it has.

A fixed number of queries tells of all groups of a practice.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from policygen.policies.bulk.ending import AT_WORK
from policygen.policies.drafting.levels import DIFFERS, OPEN, ROOT_DRAFT
from policygen.policies.models import (
    Batch,
    BatchStage,
    Draft,
    DraftState,
    Group,
    Level,
    PolicyVersion,
)
from policygen.practices.access import Access


@dataclass(frozen=True)
class GroupLine:
    """A group in a list.

    ``policies`` counts those that are set up, ``published`` those of them with a version, and
    ``different`` the brands and open locations at which something differs. ``submitted``
    and ``approved`` are drafts of its policies. ``batch`` is the newest one that has not ended, and
    ``has_news`` tells that a release is in force that the group does not use.
    """

    group: Group
    policies: int
    published: int
    different: int
    submitted: int
    approved: int
    batch: Batch | None
    has_news: bool


def group_lines(access: Access, release: str) -> tuple[GroupLine, ...]:
    """Return the groups of a practice. ``release`` is the digest of the one in force."""
    groups = list(Group.objects.filter(practice=access.practice))
    if not groups:
        return ()
    policies, drafts = _policies(access), _drafts(access)
    releases, batches = _releases(access), _batches(access)
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
            )
        )
    return tuple(lines)


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
