"""The short way to the public side, which passes by everything that knows who asks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

PLACE = "/p/"
"""Where the public side is, as in ``policygen/urls.py``."""

ADDRESSES = "policygen.policies.public.urls"


def public_side(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer for published policies here, before sessions, sign-in and messages.

    Their pages cannot know a session, because there is none yet; and they cost much less.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PLACE):
            return get_response(request)
        match = resolve(request.path_info[len(PLACE) - 1 :], ADDRESSES)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response

    return answer
