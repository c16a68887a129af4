"""Which laws apply to a draft, what each wants stated, and where the draft states it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from policygen.core.analysis.annex import ledger_to_json, with_annex
from policygen.core.document import Document
from policygen.core.library import canonical_json
from policygen.core.regimes import ADDED
from policygen.core.vocabulary import Question
from policygen.policies.drafting.laws import ledger_in
from policygen.policies.drafting.places import place_of
from policygen.policies.ledger_sheet import sheet_of
from policygen.policies.pages import answering, opened, personal
from policygen.policies.published.publishing import document_in
from policygen.policies.sending import attachment, in_format
from policygen.practices.roles import Right
from policygen.rendering import FORMATS


@personal("GET", "HEAD")
def laws(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Show the ledger of a draft."""
    found = opened(request, draft)
    vocabulary = found.library.vocabulary
    place = place_of(found.draft)
    may_edit = found.may(Right.EDIT) and (place is None or place.takes_answers)

    def address(question: Question) -> str:
        return answering(draft, question) if may_edit else ""

    context = {
        "draft": found.draft,
        "place": place,
        "may_edit": may_edit,
        "review": reverse("review", args=[draft]),
        "why": reverse("why", args=[draft]),
        "laws_page": address(vocabulary.by_id[ADDED]) if ADDED in vocabulary.by_id else "",
        "formats": FORMATS,
        "sheet": sheet_of(ledger_in(found), vocabulary, address),
    }
    return render(request, "policies/laws.html", context)


@personal("GET", "HEAD")
def annex(request: HttpRequest, draft: UUID, name: str) -> HttpResponse:
    """Hand out the policy with the ledger as an annex, in one of the formats."""
    found = opened(request, draft)

    def make() -> Document:
        return with_annex(document_in(found, on=found.today()), ledger_in(found))

    return in_format(request, found, name, make)


@personal("GET", "HEAD")
def ledger(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Hand out the ledger as JSON."""
    content = canonical_json(ledger_to_json(ledger_in(opened(request, draft))))
    return attachment(content.encode(), "application/json", "laws.json")
