"""The short way to the public side, which passes by everything that knows who asks."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from csp.utils import build_policy
from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.urls import resolve

View = Callable[[HttpRequest], HttpResponse]

PLACE = "/p/"
"""Where the public side is, as in ``policygen/urls.py``."""

ADDRESSES = "policygen.policies.public.urls"


def public_side(get_response: View) -> View:
    """Answer for published policies here, before sessions, sign-in and messages.

    Their pages cannot know a session, because there is none yet; and an answer costs half. What
    the middleware below would do for it is done here: refuse foreign hosts, turn what goes wrong
    into a page, and set the headers that protect its reader.
    """
    site_policy = build_policy()
    dispatched = cast(View, convert_exception_to_response(_dispatch))

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PLACE):
            return get_response(request)
        response = dispatched(request)
        if response.status_code != HTTPStatus.NOT_MODIFIED:
            # A 304 has neither: caches would put them in the place of the page's own.
            response.headers.setdefault("Content-Security-Policy", site_policy)
            response.headers["Content-Length"] = str(len(response.content))
        response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
        return response

    return answer


def _dispatch(request: HttpRequest) -> HttpResponse:
    request.get_host()  # refuses any that this site does not have
    match = resolve(request.path_info[len(PLACE) - 1 :], ADDRESSES)
    request.resolver_match = match
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response
