"""What every page that belongs to a visitor does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from policygen.core.vocabulary import Question
from policygen.identity import SAFE_METHODS, lead_to_second_factor, needs_second_factor
from policygen.library.store import NoRelease
from policygen.policies.drafting.drafts import Opened, open_draft
from policygen.policies.holders import Holder, holder_of
from policygen.policies.models import Draft, PolicyVersion
from policygen.policies.published.versions import version_from

View = Callable[..., HttpResponse]


class BecameVersion(Exception):
    """The draft was published, so there is a version in its place."""

    def __init__(self, version: PolicyVersion) -> None:
        self.version = version
        super().__init__(f"This draft was published as version {version.number}.")


SECOND_FACTOR = "The practice of this draft asks everybody who works in it for a second factor."


class SecondFactorFirst(Exception):
    """The practice of the draft demands a second factor that whoever asks has not used."""


def personal(*methods: str) -> Callable[[View], View]:
    """Mark a view as a visitor's own: nobody keeps a copy, and only these methods are allowed.

    A site on which no clause library is loaded yet says so instead of failing. Where a draft was
    published, its addresses lead to the version; where its practice demands a second factor, they
    lead to the page that asks for it. What was sent is not kept meanwhile.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
            except NoRelease:
                response = render(request, "not_ready.html", status=503)
            except BecameVersion as became:
                sent = "" if request.method in SAFE_METHODS else " Nothing else was saved."
                messages.info(request, f"{became}{sent}")
                response = redirect(became.version)
            except SecondFactorFirst:
                response = lead_to_second_factor(request, SECOND_FACTOR, home=reverse("practices"))
            response["Cache-Control"] = "private, no-store"
            return response

        return require_http_methods([*methods])(guarded)

    return mark


def opened(request: HttpRequest, identifier: UUID) -> Opened:
    """Return a draft.

    Raises ``Http404`` unless it is there and whoever asks may see it, ``BecameVersion`` if it was
    published, and ``SecondFactorFirst``.
    """
    holder = holder_of(request)
    try:
        found = open_draft(holder, identifier)
    except Draft.DoesNotExist:
        raise gone(holder, identifier) from None
    if found.second_factor and needs_second_factor(request):
        raise SecondFactorFirst
    return found


def gone(holder: Holder, identifier: UUID) -> Exception:
    """Return what to raise for a draft that is not there."""
    version = version_from(holder, identifier)
    return BecameVersion(version) if version else Http404()


def answering(draft: UUID, question: Question) -> str:
    """Return the address where a question of a draft is answered, on the way back to its review."""
    return f"{reverse('page', args=[draft, question.page])}?from=review#q-{question.id}"
