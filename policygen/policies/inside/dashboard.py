"""The overview of a practice: its policies, and what waits for whoever looks.

``board_of`` asks a fixed number of queries, however many policies, versions and drafts there are.
Policies that come from a group are not read one by one: each group is folded to one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from policygen.core.conflicts import Severity
from policygen.identity import shown_as
from policygen.library.store import in_force as releases_in_force
from policygen.policies.drafting.drafts import UNREADABLE, Opened, drafts_of
from policygen.policies.drafting.findings import findings_of
from policygen.policies.drafting.levels import LEFT_BEHIND
from policygen.policies.events import Action
from policygen.policies.holders import Holder
from policygen.policies.inside.group_lines import GroupLine, group_lines
from policygen.policies.inside.group_tasks import GroupTask, group_tasks
from policygen.policies.models import Draft, DraftState, Editor, Event, Policy, PolicyVersion
from policygen.policies.published.reminders import stage_of
from policygen.policies.published.versions import Span, Stage, spans
from policygen.practices.access import Access, within
from policygen.practices.invitations import open_for
from policygen.practices.locations import open_in
from policygen.practices.models import Membership
from policygen.practices.roles import Right
from policygen.practices.zones import in_words

OFFERED = 5
"""How many drafts of one's own are offered to be kept in the practice."""


@dataclass(frozen=True)
class Counts:
    """How many findings a draft has; ``wording`` are those that wait for a decision on wording."""

    blocking: int = 0
    warnings: int = 0
    wording: int = 0
    is_readable: bool = True


@dataclass(frozen=True)
class DraftLine:
    """A draft as the overview shows it.

    ``is_void`` says that a review was asked for, and that somebody else changed the wording since.
    """

    draft: Draft
    by: str
    is_mine: bool
    edited_by_me: bool
    was_sent_back: bool
    is_void: bool
    counts: Counts

    @property
    def state(self) -> str:
        """Its state in a word: open, submitted or approved."""
        return str(self.draft.state)


@dataclass(frozen=True)
class Line:
    """A policy as the overview shows it.

    ``coming`` are the versions that will take effect, the nearest first. ``has_news`` says that a
    release is in force which neither its newest version nor a draft of it uses.
    """

    policy: Policy
    current: Span | None
    coming: tuple[Span, ...]
    drafts: tuple[DraftLine, ...]
    has_news: bool
    due: str


@dataclass(frozen=True)
class Task:
    """Something that waits for whoever looks. ``kind`` names the words in the template."""

    kind: str
    line: Line
    draft: DraftLine | None = None


@dataclass(frozen=True)
class Board:
    """All that the overview shows. Policies of a group stand in the group's line."""

    lines: tuple[Line, ...]
    tasks: tuple[Task, ...]
    groups: tuple[GroupLine, ...] = ()
    group_tasks: tuple[GroupTask, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the practice has neither a policy nor a group."""
        return not self.lines and not self.groups

    @property
    def waits(self) -> bool:
        """Whether something waits for whoever looks."""
        return bool(self.tasks or self.group_tasks)


@require_http_methods(["GET", "HEAD"])
@within(Right.SEE)
def practice(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the overview of a practice."""
    members = Membership.objects.filter(practice=access.practice)
    own = drafts_of(Holder(user=access.user)) if access.may(Right.EDIT) else []
    context = {
        "access": access,
        "board": board_of(access),
        "members": members.count(),
        "locations": open_in(access.practice).count(),
        "own_drafts": own[:OFFERED],
        "more_drafts": max(0, len(own) - OFFERED),
        "zone": in_words(access.practice.time_zone),
        "invited": bool(open_for(access.user)),
    }
    return render(request, "policies/inside/dashboard.html", context)


# ------------------------------------------------------------------ reading


def board_of(access: Access) -> Board:
    """Return what the overview of a practice shows to a member."""
    today = access.practice.today()
    release = releases_in_force(timezone.localdate()).values_list("digest", flat=True).first() or ""
    alone = Policy.objects.filter(~LEFT_BEHIND, practice=access.practice, level=None)
    policies = list(alone.select_related("location"))
    versions, drafts = _versions(access), _drafts(access, release)
    lines = tuple(
        line_of(policy, versions.get(policy.pk, []), drafts.get(policy.pk, []), today, release)
        for policy in _shared(access, policies)
    )
    tasks = sorted(_tasks(access, lines), key=lambda task: URGENCY.index(task.kind))
    groups = group_lines(access, release)
    for_groups = group_tasks(access, groups)
    return Board(lines, tuple(tasks), groups, tuple(for_groups))


def _shared(access: Access, policies: list[Policy]) -> list[Policy]:
    for policy in policies:
        policy.practice = access.practice  # so that addresses need no query
    return policies


def _versions(access: Access) -> dict[int, list[PolicyVersion]]:
    """Return the versions of each policy, the newest first, without their long texts."""
    alone = {"policy__practice": access.practice, "policy__level": None}
    found = PolicyVersion.objects.filter(**alone).order_by("-number")
    by_policy: dict[int, list[PolicyVersion]] = {}
    for version in found.only("policy_id", "number", "effective_on", "release"):
        by_policy.setdefault(version.policy_id, []).append(version)
    return by_policy


def _drafts(access: Access, release: str) -> dict[int, list[DraftLine]]:
    """Return the drafts of each policy, those of whoever looks first."""
    edited = Editor.objects.filter(draft=OuterRef("pk"), user=access.user)
    steps = Event.objects.filter(policy=OuterRef("policy"), draft=OuterRef("pk"))
    steps = steps.filter(action__in=[Action.SUBMITTED, Action.SENT_BACK]).order_by("-number")
    amended = Event.objects.filter(policy=OuterRef("policy"), draft=OuterRef("pk"))
    amended = amended.filter(action=Action.AMENDED, number__gt=OuterRef("last_number"))
    found = (
        Draft.objects.filter(policy__practice=access.practice, policy__level=None)
        .select_related("user")
        .annotate(edited_by_me=Exists(edited), last_step=Subquery(steps.values("action")[:1]))
        .annotate(last_number=Subquery(steps.values("number")[:1]))
        .annotate(changed_by=Subquery(amended.order_by("-number").values("by")[:1]))
    )
    by_policy: dict[int, list[DraftLine]] = {}
    for draft in found:
        by_policy.setdefault(draft.policy_id or 0, []).append(_draft_line(access, draft, release))
    for lines in by_policy.values():
        lines.sort(key=lambda line: not line.is_mine)
    return by_policy


def _draft_line(access: Access, draft: Draft, release: str) -> DraftLine:
    known = vars(draft)
    last_step = known["last_step"] if draft.state == DraftState.OPEN else None
    by_another = known["changed_by"] not in {None, draft.user_id}
    return DraftLine(
        draft=draft,
        by=shown_as(draft.user) if draft.user else "",
        is_mine=draft.user_id == access.user.pk,
        edited_by_me=bool(known["edited_by_me"]),
        was_sent_back=last_step == Action.SENT_BACK,
        is_void=last_step == Action.SUBMITTED and by_another,
        counts=counts_of(draft, release),
    )


def counts_of(draft: Draft, release: str) -> Counts:
    """Return how many findings a draft has. ``release`` is the digest of the one in force."""
    opened = Opened(draft, draft.release or release, release)
    try:
        if opened.is_displaced:
            return _counted(opened, opened.today())
        return _counts(opened.release, draft.answers, draft.amendments, opened.today())
    except UNREADABLE:
        return Counts(is_readable=False)


@lru_cache(maxsize=512)
def _counts(release: str, answers: str, amendments: str, today: date) -> Counts:
    """Count the findings of a draft with these texts, which decide about them on a day."""
    opened = Opened(Draft(answers=answers, amendments=amendments), release, release)
    return _counted(opened, today)


def _counted(opened: Opened, today: date) -> Counts:
    found = findings_of(opened, today=today)
    return Counts(
        blocking=sum(one.severity is Severity.BLOCKS for one in found),
        warnings=sum(one.severity is Severity.WARNS for one in found),
        wording=sum(one.code == "wording-undecided" for one in found),
    )


# ------------------------------------------------------------------ deciding


def line_of(
    policy: Policy,
    versions: Sequence[PolicyVersion],
    drafts: Sequence[DraftLine],
    today: date,
    release: str,
) -> Line:
    """Say how a policy stands on a day. ``versions`` come with the newest first."""
    taken_over = any(line.draft.release == release for line in drafts)
    differs = bool(release and versions) and versions[0].release != release
    known = spans((one.number, one.effective_on) for one in versions).values()
    coming = [span for span in known if span.stage(today) is Stage.SCHEDULED]
    return Line(
        policy=policy,
        current=next((span for span in known if span.stage(today) is Stage.IN_FORCE), None),
        coming=tuple(sorted(coming, key=lambda span: span.first)),
        drafts=tuple(drafts),
        has_news=differs and not taken_over and not policy.has_closed,
        due=due_on(policy.review_due, today),
    )


def due_on(review_due: date | None, today: date) -> str:
    """Say how near the date of a policy's next review is: overdue, soon, or nothing.

    It is spoken of from the day on which the first reminder is sent.
    """
    if review_due is None or stage_of(review_due, today) is None:
        return ""
    return "overdue" if review_due < today else "soon"


URGENCY = ("overdue", "sent_back", "void", "approve", "publish", "wording", "news", "soon")
"""The kinds of tasks, in the order in which they are shown."""


def _tasks(access: Access, lines: Sequence[Line]) -> Iterator[Task]:
    for line in lines:
        if line.due and access.may(Right.COMMENT):
            yield Task(line.due, line)
        if line.has_news and access.may(Right.EDIT):
            yield Task("news", line)
        for draft in line.drafts:
            yield from (Task(kind, line, draft) for kind in waiting_in(access, draft))


def waiting_in(access: Access, draft: DraftLine) -> Iterator[str]:
    """Give the kinds of tasks that a draft has for a member."""
    if draft.was_sent_back and draft.is_mine and access.may(Right.EDIT):
        yield "sent_back"
    if draft.is_void and draft.is_mine and access.may(Right.EDIT):
        yield "void"
    if draft.state == DraftState.SUBMITTED and access.may(Right.REVIEW) and not draft.edited_by_me:
        yield "approve"
    if draft.state == DraftState.APPROVED and access.may(Right.PUBLISH):
        yield "publish"
    if draft.counts.wording and access.may(Right.REVIEW):
        yield "wording"
