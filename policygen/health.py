"""Whether this process can serve: what monitors ask, and what people read when it cannot."""

import logging
import sys
from http import HTTPStatus

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import Error, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request

from policygen import tracing
from policygen.library.models import Release

logger = logging.getLogger(__name__)

PASSING = (OperationalError, InterfaceError, InternalError)
"""What the database raises while it is away, read-only, full or too busy."""

RETRY_AFTER = 30
"""Seconds after which somebody may try again."""


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and holds a release, 503 otherwise.

    Anybody may ask, so the answer is one word; the reason goes to the log.
    """
    try:
        ready = Release.objects.exists()
        reason = "no release is loaded: run manage.py load_library"
    except Error as error:
        ready, reason = False, f"the database does not answer: {error}"
    if not ready:
        logger.error("not ready: %s", reason)
    return HttpResponse(
        "ok\n" if ready else "not ready\n",
        content_type="text/plain; charset=utf-8",
        status=200 if ready else 503,
        headers={"Cache-Control": "no-store"},
    )


def failed(request: HttpRequest) -> HttpResponse:
    """Answer for whatever failed: 503 while the database does not serve, 500 otherwise.

    Django calls it where it handles the error. No detail of that leaves the site; the log has it.
    """
    return _sorry("503.html", 503) if _is_passing(sys.exception()) else _sorry("500.html", 500)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for a bad request: 400, or 503 where Django blames it for a session not saved."""
    return _sorry("503.html", 503) if _is_passing(exception) else bad_request(request, exception)


def _is_passing(error: BaseException | None) -> bool:
    """Tell whether the database was away, whatever was made of that on the way."""
    while isinstance(error, SessionInterrupted | UpdateError):
        error = error.__context__
    return isinstance(error, PASSING)


def _sorry(template: str, status: int) -> HttpResponse:
    """Answer without the database, and name the number under which the log has it."""
    response = HttpResponse(
        render_to_string(template, {"number": tracing.request_id()}),
        status=status,
        headers={"Cache-Control": "no-store"},
    )
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response
