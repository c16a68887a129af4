"""The page of a policy: what is in force, what is being written, and all that happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from policygen.core.problems import Refused
from policygen.identity import shown_as
from policygen.policies.drafting.beginning import ComesFromGroup, begin_draft
from policygen.policies.drafting.news import news_since
from policygen.policies.drafting.places import source_of
from policygen.policies.inside.history import lines_of
from policygen.policies.inside.pages import member_page, paged, policy_of
from policygen.policies.inside.policy_forms import NamingForm, ReviewDateForm
from policygen.policies.models import Draft, DraftState, Event, Policy, PolicyVersion
from policygen.policies.naming import rename_policy
from policygen.policies.published.due import set_review
from policygen.policies.published.versions import Span, Stage, spans_of, versions_of
from policygen.practices.access import Access
from policygen.practices.forms import sent
from policygen.practices.roles import Right

STATES = {
    DraftState.OPEN: "being written",
    DraftState.SUBMITTED: "waits for an approval",
    DraftState.APPROVED: "approved",
}
"""How far a draft has come, in words."""


@dataclass(frozen=True)
class Dated:
    """A version with the days on which it applies, and where it stands today."""

    version: PolicyVersion
    span: Span
    stage: Stage


@dataclass(frozen=True)
class Begun:
    """A draft of the policy as its page lists it."""

    draft: Draft
    who: str
    is_yours: bool
    state: str


@member_page(Right.SEE, "GET", "HEAD")
def policy(request: HttpRequest, access: Access, policy: str) -> HttpResponse:
    """Show a policy."""
    return policy_page(request, access, policy_of(access, policy))


def policy_page(
    request: HttpRequest, access: Access, found: Policy, form: ReviewDateForm | None = None
) -> HttpResponse:
    """Return the page of a policy, with a form in which something may be wrong."""
    today = access.practice.today()
    spans = spans_of(found)
    history = paged(request, versions_of(found).select_related("published_by"), "versions")
    log = paged(request, Event.objects.filter(policy=found).order_by("-number"), "log")
    last = versions_of(found).first()
    drafts = _drafts(access, found)
    context = {
        "access": access,
        "policy": found,
        "source": source_of(found),
        "address": f"{settings.SITE_URL}{found.public_path}",
        "current": _current(found, spans, today),
        "scheduled": _staged(spans, Stage.SCHEDULED, today),
        "drafts": drafts,
        "has_own": any(one.is_yours for one in drafts),
        "history": history,
        "dated": [_dated(version, spans, today) for version in history],
        "log": log,
        "lines": lines_of(log),
        "news": news_since(last.release) if last and not found.has_closed else None,
        "last": last,
        "today": today,
        "form": form or ReviewDateForm(found, today=today),
    }
    status = 400 if form is not None and form.errors else 200
    return render(request, "policies/inside/policy.html", context, status=status)


def _current(found: Policy, spans: Mapping[int, Span], today: date) -> Dated | None:
    number = next((n for n, span in spans.items() if span.stage(today) is Stage.IN_FORCE), None)
    version = versions_of(found).filter(number=number or 0).first()
    return _dated(version, spans, today) if version else None


def _staged(spans: Mapping[int, Span], stage: Stage, today: date) -> list[Span]:
    return sorted(
        (span for span in spans.values() if span.stage(today) is stage),
        key=lambda span: (span.first, span.number),
    )


def _dated(version: PolicyVersion, spans: Mapping[int, Span], today: date) -> Dated:
    span = spans.get(version.number) or Span(version.number, version.effective_on)
    return Dated(version, span, span.stage(today))


def _drafts(access: Access, found: Policy) -> Sequence[Begun]:
    drafts = Draft.objects.filter(policy=found).select_related("user").defer("answers")
    return [
        Begun(
            draft=draft,
            who=shown_as(draft.user) if draft.user else "",
            is_yours=draft.user_id == access.user.pk,
            state=STATES[DraftState(draft.state)],
        )
        for draft in drafts
    ]


@member_page(Right.EDIT, "POST")
def start_draft(request: HttpRequest, access: Access, policy: str) -> HttpResponse:
    """Begin a draft of the next version, or go to the one that the member has.

    Where the answers come from a group, that leads to where they are given.
    """
    found = policy_of(access, policy)
    try:
        draft = begin_draft(found, access.user)
    except ComesFromGroup as refused:
        messages.info(request, str(refused))
        source = source_of(found)
        return redirect(source.address if source else found)
    except Refused:
        text = "The answers of the newest version are damaged. Ask whoever runs this site."
        messages.error(request, text)
        return redirect(found)
    return redirect("review", draft.pk) if draft.base else redirect(draft)


@member_page(Right.EDIT, "POST")
def review_date(request: HttpRequest, access: Access, policy: str) -> HttpResponse:
    """Say when the policy is to be looked at again."""
    found = policy_of(access, policy)
    form = ReviewDateForm(found, request.POST, today=access.practice.today())
    if not form.is_valid():
        return policy_page(request, access, found, form)
    set_review(found, access.user, form.cleaned_data["review_due"])
    messages.success(request, "The date of the next review is saved.")
    return redirect(found)


@member_page(Right.EDIT, "GET", "HEAD", "POST")
def policy_settings(request: HttpRequest, access: Access, policy: str) -> HttpResponse:
    """Change what a policy is called, and for which location it is."""
    found = policy_of(access, policy)
    form = NamingForm(found, sent(request), of_group=source_of(found) is not None)
    if request.method == "POST" and form.is_valid():
        title = form.cleaned_data["title"]
        location = form.cleaned_data.get("location", found.location)
        rename_policy(found, access.user, title=title, location=location)
        messages.success(request, "The policy is saved. Its public address stays as it was.")
        return redirect(found)
    context = {"access": access, "policy": found, "form": form}
    status = 400 if form.errors else 200
    return render(request, "policies/inside/policy_settings.html", context, status=status)
