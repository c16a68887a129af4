"""The pages of the interview and its review."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from policygen.policies.drafting.drafts import Opened
from policygen.policies.drafting.levels import example_of
from policygen.policies.drafting.moving import asked_anew
from policygen.policies.drafting.news import news_of
from policygen.policies.drafting.places import Place, place_of
from policygen.policies.drafting.wording import worded_library
from policygen.policies.findings_sheet import sheet_of
from policygen.policies.pages import opened, personal
from policygen.practices.models import Location
from policygen.practices.roles import Right
from policygen.rendering import FORMATS
from policygen.wizard.adapter import interview_page
from policygen.wizard.forms import PageForm
from policygen.wizard.inherited import inherited_in
from policygen.wizard.interview import interview_of
from policygen.wizard.preview import said_by
from policygen.wizard.review import review_of

page = personal("GET", "HEAD", "POST")(interview_page)


@personal("POST")
def preview(request: HttpRequest, draft: UUID, step: str) -> HttpResponse:
    """Show what a page says in the policy, as it stands and before it is saved. Saves nothing."""
    found = opened(request, draft)
    interview = interview_of(found.library.digest, found.answers)
    if step not in interview.pages:
        raise Http404
    form = PageForm(request.POST, prefix=step, interview=interview, page=step, leaving=True)
    form.full_clean()
    given = form.given().given
    said = said_by(interview, worded_library(found), step, given, on=found.today())
    return render(request, "wizard/said.html", {"said": said})


@personal("GET", "HEAD")
def review(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Show every answer, what waits, and the policy beside them."""
    found = opened(request, draft)
    place = place_of(found.draft)
    inherited = inherited_in(found, place)
    interview = interview_of(found.library.digest, found.answers)
    looked_at = review_of(interview, worded_library(found), on=found.today(), inherited=inherited)
    takes_answers = place is None or place.takes_answers
    context = {
        "draft": found.draft,
        "place": place,
        "example": _example(found, place),
        "may_edit": found.may(Right.EDIT) and takes_answers,
        "may_publish": found.may(Right.PUBLISH),
        "asked": asked_anew(found),
        "news": news_of(found),
        "review": looked_at,
        "findings": sheet_of(found, unanswered=False),
        "formats": FORMATS,
        # body() escapes all text; it is the one place of the site where finished markup comes in.
        "policy": mark_safe(looked_at.preview.markup),  # noqa: S308
    }
    return render(request, "wizard/review.html", context)


def _example(found: Opened, place: Place | None) -> Location | None:
    """Return the location that the draft of a group or a brand shows in the place of each."""
    level = found.draft.level
    if place is None or level is None or place.is_location or place.is_annex:
        return None
    return example_of(level)
