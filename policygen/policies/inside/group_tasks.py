"""What waits in groups for whoever looks: policies and drafts are counted, never read one by one.

A fixed number of queries tells of all groups of a practice. Drafts that a batch made are looked at
on the page of that batch; any others stand on the pages of their policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, When
from django.urls import reverse

from policygen.policies.bulk.ending import ENDED
from policygen.policies.events import Action
from policygen.policies.inside.group_lines import GroupLine
from policygen.policies.models import (
    BatchStage,
    Draft,
    DraftState,
    Editor,
    Event,
    Group,
    Piece,
    PieceState,
    Policy,
)
from policygen.policies.published.reminders import AHEAD
from policygen.practices.access import Access
from policygen.practices.roles import Right

SINGLE = 5
"""How many drafts of one kind that stand in no batch are named, each with its page."""

URGENCY = ("overdue", "sent_back", "approve", "publish", "ready", "changed", "soon")
"""The kinds of tasks, in the order in which they are shown."""


@dataclass(frozen=True)
class GroupTask:
    """So many drafts or policies of a group that wait. ``kind`` names the words in the template.

    ``address`` is the page on which that is done, and ``name`` the title of a single policy.
    """

    kind: str
    group: Group
    count: int
    address: str
    name: str = ""


def group_tasks(access: Access, lines: Sequence[GroupLine]) -> list[GroupTask]:
    """Return what waits in these groups of a practice, the most urgent first."""
    by_key = {line.group.pk: line.group for line in lines}
    if not by_key:
        return []
    found = list(_of_policies(access, by_key)) if access.may(Right.COMMENT) else []
    for kind, drafts in _waiting(access).items():
        found += _of_drafts(kind, drafts, by_key)
    if access.may(Right.EDIT) and access.may(Right.PUBLISH):
        found += _of_lags(lines)
    return sorted(found, key=lambda task: URGENCY.index(task.kind))


def _of_lags(lines: Sequence[GroupLine]) -> Iterator[GroupTask]:
    """Give the groups whose policies are to be made again; an open batch speaks for itself."""
    for line in lines:
        if line.lag and line.lag.batch is None:
            yield GroupTask("changed", line.group, line.published, line.group.get_absolute_url())


def _waiting(access: Access) -> dict[str, QuerySet[Draft]]:
    """Return the drafts of groups that wait for a member, by the kinds of tasks."""
    drafts = Draft.objects.filter(policy__practice=access.practice, policy__level__isnull=False)
    found: dict[str, QuerySet[Draft]] = {}
    if access.may(Right.EDIT):
        steps = Event.objects.filter(policy=OuterRef("policy"), draft=OuterRef("pk"))
        steps = steps.filter(action__in=[Action.SUBMITTED, Action.SENT_BACK]).order_by("-number")
        own = drafts.filter(user=access.user, state=DraftState.OPEN)
        back = own.annotate(last_step=Subquery(steps.values("action")[:1]))
        found["sent_back"] = back.filter(last_step=Action.SENT_BACK)
    if access.may(Right.REVIEW):
        edited = Editor.objects.filter(draft=OuterRef("pk"), user=access.user)
        found["approve"] = drafts.filter(~Exists(edited), state=DraftState.SUBMITTED)
    if access.may(Right.PUBLISH):
        found["publish"] = drafts.filter(state=DraftState.APPROVED)
        open_ = Piece.objects.filter(batch=OuterRef("batch"), draft=OuterRef("pk"))
        own = drafts.filter(Exists(open_.filter(state=PieceState.DONE)), batch__by=access.user)
        found["ready"] = own.filter(batch__stage=BatchStage.READY, proposed=F("revision"))
    return found


def _of_drafts(
    kind: str, drafts: QuerySet[Draft], groups: Mapping[int, Group]
) -> Iterator[GroupTask]:
    """Give the tasks of one kind: those of each batch together, and others one by one.

    What was sent back, or changed by hand, cannot go on with its batch.
    """
    alone = Q()
    if kind != "sent_back":
        over = Q(batch__isnull=True) | Q(batch__stage__in=ENDED)
        alone = over | Q(proposed__isnull=True) | ~Q(revision=F("proposed"))
        made = drafts.filter(~alone).order_by().values_list("policy__level__group", "batch")
        for group, batch, count in made.annotate(count=Count("pk")):
            yield GroupTask(kind, groups[group], count, reverse("batch", args=[batch]))
    named = drafts.filter(alone).order_by("policy__sorted_as", "policy")
    rows = named.values_list("policy__level__group", "pk", "policy__title")[:SINGLE]
    for group, draft, title in rows:
        yield GroupTask(kind, groups[group], 1, reverse("reading", args=[draft]), title)


def _of_policies(access: Access, groups: Mapping[int, Group]) -> Iterator[GroupTask]:
    """Give the reviews of policies that are overdue, or near."""
    today = access.practice.today()
    policies = Policy.objects.filter(practice=access.practice, level__isnull=False)
    late, near = Q(review_due__lt=today), Q(review_due__gte=today, review_due__lte=today + AHEAD)
    rows = (
        policies.filter(late | near)
        .order_by()
        .annotate(is_late=Case(When(late, then=True), default=False))
        .values_list("level__group", "is_late")
        .annotate(count=Count("pk"), slug=Min("slug"), title=Min("title"))
    )
    for group, is_late, count, slug, title in rows:
        alone = reverse("policy", args=[access.practice.slug, slug])
        address = alone if count == 1 else groups[group].get_absolute_url()
        name = title if count == 1 else ""
        yield GroupTask("overdue" if is_late else "soon", groups[group], count, address, name)
