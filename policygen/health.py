"""The address that a container, a load balancer or a monitor asks: can this process serve?"""

import logging

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from policygen.library.models import Release

logger = logging.getLogger(__name__)


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
