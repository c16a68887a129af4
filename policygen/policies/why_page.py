"""Why each clause is in a draft or not, and what would change that."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from policygen.core.analysis.reasons import Explained, Reasons, explained
from policygen.core.analysis.why_not import why_not
from policygen.policies.drafting.drafts import Opened
from policygen.policies.drafting.places import Place, place_of
from policygen.policies.drafting.wording import worded_library
from policygen.policies.pages import answering, opened, personal
from policygen.practices.roles import Right


@personal("GET", "HEAD")
def why(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Say of each clause why it is in the policy or not."""
    found = opened(request, draft)
    context = {**_place(found, place_of(found.draft)), "reasons": _reasons(found)}
    return render(request, "policies/why.html", context)


@personal("GET", "HEAD")
def why_clause(request: HttpRequest, draft: UUID, slug: str) -> HttpResponse:
    """Say of one clause why it is in the policy or not, and show what would bring it in."""
    found = opened(request, draft)
    library, answers = worded_library(found), found.reading.answers
    try:
        outcome = why_not(library, answers, slug, on=found.today())
    except LookupError:
        raise Http404 from None
    questions = library.vocabulary.by_id
    place = place_of(found.draft)
    may_edit = found.may(Right.EDIT) and (place is None or place.takes_answers)
    steps = [
        (step, answering(draft, questions[step.question]) if may_edit else "")
        for step in outcome.steps
    ]
    context = {
        **_place(found, place),
        "clause": _clause(_reasons(found), slug),
        "outcome": outcome,
        "steps": steps,
    }
    return render(request, "policies/why_clause.html", context)


def _place(found: Opened, place: Place | None) -> dict[str, object]:
    draft = found.draft
    return {
        "draft": draft,
        "place": place,
        "review": reverse("review", args=[draft.pk]),
        "laws": reverse("laws", args=[draft.pk]),
    }


def _reasons(found: Opened) -> Reasons:
    return explained(worded_library(found), found.reading.answers, on=found.today())


def _clause(reasons: Reasons, slug: str) -> Explained:
    sections = (*reasons.included, *reasons.left_out)
    return next(one for section in sections for one in section.clauses if one.slug == slug)
