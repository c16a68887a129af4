"""What every page that belongs to a visitor does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from policygen.library.store import NoRelease
from policygen.policies.drafts import Opened, open_draft
from policygen.policies.holders import holder_of
from policygen.policies.models import Draft

View = Callable[..., HttpResponse]


def personal(*methods: str) -> Callable[[View], View]:
    """Mark a view as a visitor's own: nobody keeps a copy, and only these methods are allowed.

    A site on which no clause library is loaded yet says so instead of failing.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
            except NoRelease:
                response = render(request, "not_ready.html", status=503)
            response["Cache-Control"] = "private, no-store"
            return response

        return require_http_methods([*methods])(guarded)

    return mark


def opened(request: HttpRequest, identifier: UUID) -> Opened:
    """Return a draft. Raises ``Http404`` unless it is there and whoever asks may see it."""
    try:
        return open_draft(holder_of(request), identifier)
    except Draft.DoesNotExist:
        raise Http404 from None
