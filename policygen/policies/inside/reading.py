"""The reading page: a draft clause by clause, its remarks, and the steps of its review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from policygen.core.analysis.redline import DocumentRedline, redline_documents
from policygen.core.problems import Refused
from policygen.identity import confirm_it_is_you, shown_as
from policygen.policies.drafting.drafts import Overtaken
from policygen.policies.drafting.findings import UNDECIDED, blocking
from policygen.policies.drafting.wording import Earlier, last_changes, named
from policygen.policies.events import Action
from policygen.policies.findings_sheet import shown_with
from policygen.policies.inside.history import Line
from policygen.policies.inside.pages import access_in
from policygen.policies.inside.policy_draft import (
    Held,
    again,
    line_in,
    lines_since,
    newest_line,
    of_policy,
    revision_in,
)
from policygen.policies.models import Comment, Draft, DraftState, Event, PolicyVersion
from policygen.policies.pages import gone
from policygen.policies.published.versions import document_of, in_force
from policygen.policies.reviewing import review
from policygen.policies.reviewing.sheet import Sheet, SheetClause, sheet_of
from policygen.practices.roles import Right

REVIEWING = (Action.SUBMITTED, Action.APPROVED, Action.SENT_BACK)


@dataclass(frozen=True)
class Kept:
    """What came of something that was sent and not done, so that nothing typed is lost.

    ``problem`` says why; ``mistake`` says it of a text, which is shown again with it: ``remark`` on
    ``clause``, or ``why`` a draft is sent back.
    """

    problem: str = ""
    mistake: str = ""
    form: str = ""
    clause: str = ""
    text: str = ""
    marks: dict[str, str] = field(default_factory=dict)
    line: int | None = None

    @property
    def overtaken(self) -> bool:
        """Whether the draft was another one when the page was opened."""
        return self.line is not None


# ------------------------------------------------------------------ the page


@of_policy(Right.SEE, "GET", "HEAD")
def reading(request: HttpRequest, held: Held) -> HttpResponse:
    """Show a draft with everything that is to be known for reviewing it."""
    return _page(request, held)


def _page(
    request: HttpRequest, held: Held, kept: Kept | None = None, status: int = 200
) -> HttpResponse:
    kept = kept or Kept()
    draft, access = held.draft, access_in(request, held.opened)
    comments = Comment.objects.filter(draft=draft).select_related("by")
    changes = last_changes(draft)
    sheet = sheet_of(held.opened, comments, changes, on=held.today)
    if kept.clause not in sheet.marks:  # the clause went: what was typed about it stays
        kept = replace(kept, clause="")
    context = {
        "draft": draft,
        "policy": held.policy,
        "access": access,
        "practice": access.practice,
        "rights": access.rights,
        "sheet": sheet,
        "let_go": _let_go(held, sheet, changes),
        "seen": " ".join(f"{slug}:{mark}" for slug, mark in sheet.marks.items()),
        "line": newest_line(held),
        "blocking": [
            shown_with(one, held.opened) for one in blocking(held.opened) if one.code != UNDECIDED
        ],
        "kept": kept,
        "since": _since(held, sheet, kept) if kept.overtaken else None,
        "comment_limit": f"{review.COMMENT_LIMIT:,}",
        **_state(request, held),
        **_shown_changes(request, held, sheet),
    }
    return render(request, "policies/inside/reading.html", context, status=status)


def _let_go(
    held: Held, sheet: Sheet, changes: Mapping[str, Earlier]
) -> list[tuple[str, str, Earlier]]:
    """Return the wordings that were let go: slug and title of the clause, and when by whom."""
    titles = {clause.slug: clause.title for clause in held.opened.library.clauses}
    there = {one.own.slug for one in sheet.wordings}
    return [
        (slug, titles.get(slug) or named(slug), change)
        for slug, change in changes.items()
        if slug and slug not in there
    ]


def _state(request: HttpRequest, held: Held) -> dict[str, object]:
    """Return how far the draft has come, who made it so, and what this member can do about it."""
    draft = held.draft
    steps = Event.objects.filter(draft=draft.pk, action__in=REVIEWING)
    editors = review.editors_of(draft)
    own = any(editor.pk == request.user.pk for editor in editors)
    approvers = list(review.approvers_of(draft))
    return {
        "step": steps.order_by("-number").first(),
        "editors": [shown_as(editor) for editor in editors],
        "approvers": [shown_as(person) for person in approvers],
        "is_own_work": own,
        "may_submit": held.may(Right.EDIT) and draft.state == DraftState.OPEN,
        "may_approve": held.may(Right.REVIEW) and draft.state == DraftState.SUBMITTED and not own,
        "may_send_back": held.may(Right.REVIEW) and draft.state != DraftState.OPEN,
    }


def _shown_changes(request: HttpRequest, held: Held, sheet: Sheet) -> dict[str, object]:
    """Return the redline against the version in force, if it is asked for."""
    version = in_force(held.policy, held.today)
    shows = request.GET.get("show") == "changes" and version is not None
    redline = _redline(version, sheet) if shows else None
    return {"in_force": version, "shows_changes": shows, "redline": redline}


def _redline(version: PolicyVersion | None, sheet: Sheet) -> DocumentRedline | None:
    try:
        before = document_of(version) if version else None
    except (Refused, ValueError):  # damaged: verify says so, and the page stays of use
        before = None
    return redline_documents(before, sheet.document).changed_only() if before else None


# ------------------------------------------------------------------ what changed meanwhile


@dataclass(frozen=True)
class Since:
    """What changed after somebody opened the page: clauses, and what the log has of it.

    ``is_known`` tells whether the form said what the clauses were.
    """

    is_known: bool
    changed: tuple[SheetClause, ...]
    removed: int
    lines: tuple[Line, ...]

    @property
    def slugs(self) -> frozenset[str]:
        """The clauses that print something else now."""
        return frozenset(clause.slug for clause in self.changed)


def _since(held: Held, sheet: Sheet, kept: Kept) -> Since:
    changed = tuple(one for one in sheet.clauses if kept.marks.get(one.slug) != one.mark)
    removed = len(kept.marks.keys() - sheet.marks)
    lines = lines_since(held, kept.line or 0)
    return Since(bool(kept.marks), changed if kept.marks else (), removed, lines)


def _marks_in(request: HttpRequest) -> dict[str, str]:
    """Return what each clause said when the page was opened, as the form says."""
    pairs = (one.partition(":") for one in request.POST.get("seen", "").split())
    return {slug: mark for slug, _, mark in pairs}


# ------------------------------------------------------------------ steps


@of_policy(Right.EDIT, "GET", "HEAD", "POST")
def submit_draft(request: HttpRequest, held: Held) -> HttpResponse:
    """Ask for a review."""
    return _step(
        request,
        held,
        lambda revision: review.submit(held.holder, held.draft.pk, revision=revision),
        "A review is asked for. Who may approve this draft gets a mail.",
    )


@of_policy(Right.REVIEW, "GET", "HEAD", "POST")
def approve_draft(request: HttpRequest, held: Held) -> HttpResponse:
    """Approve a draft, shortly after signing in."""
    return _approve(request, held)


@confirm_it_is_you
def _approve(request: HttpRequest, held: Held) -> HttpResponse:
    return _step(
        request,
        held,
        lambda revision: review.approve(held.holder, held.draft.pk, revision=revision),
        "You approved this draft. It can be published now, as it stands.",
    )


@of_policy(Right.REVIEW, "GET", "HEAD", "POST")
def send_back_draft(request: HttpRequest, held: Held) -> HttpResponse:
    """Send a draft back to its writer, with a reason."""
    why = request.POST.get("why", "")
    return _step(
        request,
        held,
        lambda revision: review.send_back(held.holder, held.draft.pk, revision=revision, why=why),
        "You sent this draft back. Its writer gets a mail.",
        form="why",
        text=why,
    )


def _step(
    request: HttpRequest,
    held: Held,
    take: Callable[[int], Draft],
    done: str,
    *,
    form: str = "",
    text: str = "",
) -> HttpResponse:
    """Take a step of the review. Where it cannot be, the page comes back with what was typed."""
    if request.method != "POST":
        return redirect("reading", held.draft.pk)
    try:
        take(revision_in(request))
    except Overtaken:
        kept = Kept(form=form, text=text, marks=_marks_in(request), line=line_in(request))
        return _page(request, again(request, held), kept, 409)
    except review.OwnWork as own:
        return _page(request, again(request, held), Kept(str(own)), 403)
    except review.NotSaid as wrong:
        return _page(request, held, Kept(mistake=str(wrong), form=form, text=text), 400)
    except review.NotReviewed as wrong:
        return _page(request, again(request, held), Kept(str(wrong), form=form, text=text), 409)
    except Draft.DoesNotExist:
        raise gone(held.holder, held.draft.pk) from None
    messages.success(request, done)
    return redirect("reading", held.draft.pk)


# ------------------------------------------------------------------ remarks


@of_policy(Right.COMMENT, "GET", "HEAD", "POST")
def comment_draft(request: HttpRequest, held: Held) -> HttpResponse:
    """Remark something on a clause, or on all of the draft."""
    if request.method != "POST":
        return redirect("reading", held.draft.pk)
    clause, text = request.POST.get("clause", ""), request.POST.get("text", "")
    if clause and clause not in {one.slug for one in held.opened.library.clauses}:
        raise Http404
    kept = Kept(form="comment", clause=clause, text=text)
    try:
        review.comment(held.holder, held.draft.pk, clause=clause, text=text)
    except review.NotSaid as wrong:
        return _page(request, held, replace(kept, mistake=str(wrong)), 400)
    except review.NotReviewed as wrong:
        return _page(request, held, replace(kept, mistake=str(wrong)), 409)
    except Draft.DoesNotExist:
        raise gone(held.holder, held.draft.pk) from None
    return redirect(_at(held, f"clause-{clause}" if clause else "comments"))


@of_policy(Right.COMMENT, "GET", "HEAD", "POST")
def settle_comment(request: HttpRequest, held: Held, comment: int) -> HttpResponse:
    """Mark a remark as settled."""
    if request.method != "POST":
        return redirect("reading", held.draft.pk)
    try:
        review.settle(held.holder, held.draft.pk, comment=comment)
    except Comment.DoesNotExist:
        raise Http404 from None
    except Draft.DoesNotExist:
        raise gone(held.holder, held.draft.pk) from None
    return redirect(_at(held, f"comment-{comment}"))


def _at(held: Held, place: str) -> str:
    return f"{reverse('reading', args=[held.draft.pk])}#{place}"
