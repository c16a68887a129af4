"""What every page that belongs to a visitor does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.http import require_http_methods

from policygen.core.answers import Answers
from policygen.core.library import Library
from policygen.library.store import NoRelease, library_in_force
from policygen.policies.drafts import draft_of, read_answers
from policygen.policies.models import Draft
from policygen.policies.visitors import visitor_of

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
            add_never_cache_headers(response)
            patch_cache_control(response, private=True, no_store=True)
            return response

        return require_http_methods([*methods])(guarded)

    return mark


def opened(request: HttpRequest, identifier: UUID) -> tuple[Draft, Library, Answers]:
    """Return a visitor's draft, the library in force, and the answers that can be read.

    Raises ``Http404`` unless the draft is there and the visitor's own.
    """
    try:
        draft = draft_of(visitor_of(request), identifier)
    except Draft.DoesNotExist:
        raise Http404 from None
    library = library_in_force()
    return draft, library, read_answers(library.digest, draft.answers).answers
