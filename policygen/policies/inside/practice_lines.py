"""The practices of a person as a list, with what waits for them in each.

The counts take a fixed number of queries, however many practices a page of the list has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from policygen.library.store import in_force
from policygen.policies.bulk.ending import ENDED
from policygen.policies.bulk.starting import policies_behind
from policygen.policies.drafting.levels import LEFT_BEHIND
from policygen.policies.models import Batch, Draft, DraftState, Editor, Policy, PolicyVersion
from policygen.practices.models import Membership
from policygen.practices.roles import Right, may


@dataclass(frozen=True)
class PracticeLine:
    """A practice in the list: the membership, and how much waits for the person.

    ``policies`` counts none that was set up for a group and never published. ``approve`` and
    ``publish`` are drafts, ``overdue`` and ``behind`` are policies: those whose review date has
    passed, and those whose newest version uses an earlier release. ``in_review`` are drafts that
    wait for somebody else, and ``batches`` are those that have not ended.
    """

    membership: Membership
    policies: int
    approve: int = 0
    publish: int = 0
    overdue: int = 0
    behind: int = 0
    in_review: int = 0
    batches: int = 0

    @property
    def waits(self) -> bool:
        """Whether something waits."""
        waits = self.approve or self.publish or self.overdue or self.behind
        return bool(waits or self.in_review or self.batches)


def memberships_matching(user: User, search: str) -> QuerySet[Membership]:
    """Return a person's memberships in practices whose names have each of these words, by name."""
    found = Membership.objects.filter(user=user).select_related("practice")
    for word in search.split():
        found = found.filter(practice__name__icontains=word)
    return found.order_by("practice__sorted_as", "practice_id")


def lines_of(user: User, memberships: Collection[Membership]) -> list[PracticeLine]:
    """Return lines of the list, in eight queries."""
    keys = [one.practice_id for one in memberships]
    versions = Exists(PolicyVersion.objects.filter(policy=OuterRef("pk")))
    there = Policy.objects.filter(versions | Q(level=None), ~LEFT_BEHIND, practice__in=keys)
    policies = _counted(there, "practice")
    approve, publish = _submitted(user, keys), _approved(keys)
    reviewed, batches = _in_review(keys), _at_work(keys)
    overdue, behind = _overdue(keys), _behind(keys)

    def line(one: Membership) -> PracticeLine:
        def allowed(right: Right, counts: Mapping[int, int]) -> int:
            return counts.get(one.practice_id, 0) if may(one.role, right) else 0

        own = allowed(Right.REVIEW, approve)
        return PracticeLine(
            membership=one,
            policies=policies.get(one.practice_id, 0),
            approve=own,
            publish=allowed(Right.PUBLISH, publish),
            overdue=allowed(Right.COMMENT, overdue),
            behind=allowed(Right.EDIT, behind),
            in_review=max(0, allowed(Right.EDIT, reviewed) - own),
            batches=allowed(Right.EDIT, batches),
        )

    return [line(one) for one in memberships]


def _counted(rows: QuerySet[Policy] | QuerySet[Draft] | QuerySet[Batch], by: str) -> dict[int, int]:
    return dict(rows.order_by(by).values_list(by).annotate(Count("pk")))


def _submitted(user: User, keys: list[int]) -> dict[int, int]:
    own = Editor.objects.filter(draft=OuterRef("pk"), user=user)
    waits = Draft.objects.filter(policy__practice__in=keys, state=DraftState.SUBMITTED)
    return _counted(waits.filter(~Exists(own)), "policy__practice")


def _in_review(keys: list[int]) -> dict[int, int]:
    waits = Draft.objects.filter(policy__practice__in=keys, state=DraftState.SUBMITTED)
    return _counted(waits, "policy__practice")


def _at_work(keys: list[int]) -> dict[int, int]:
    return _counted(Batch.objects.filter(practice__in=keys).exclude(stage__in=ENDED), "practice")


def _approved(keys: list[int]) -> dict[int, int]:
    waits = Draft.objects.filter(policy__practice__in=keys, state=DraftState.APPROVED)
    return _counted(waits, "policy__practice")


def _overdue(keys: list[int]) -> dict[int, int]:
    # By UTC's calendar of yesterday: no practice is further behind.
    day = timezone.now().date() - timedelta(days=1)
    return _counted(Policy.objects.filter(practice__in=keys, review_due__lt=day), "practice")


def _behind(keys: list[int]) -> dict[int, int]:
    digest = in_force(timezone.localdate()).values_list("digest", flat=True).first()
    if digest is None:
        return {}
    return _counted(policies_behind(digest).filter(practice__in=keys, level=None), "practice")
