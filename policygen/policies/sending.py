"""Files as answers that a browser saves."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from policygen.core.document import Document
from policygen.core.problems import Refused
from policygen.policies.drafting.drafts import Opened
from policygen.rendering import FORMATS, PdfBusy, PdfCrashed, RenderingFailed
from policygen.rendering.filenames import disposition

logger = logging.getLogger("policygen.policies")

RETRY_AFTER = 20
"""Seconds after which somebody may ask again for what the site was too busy to make."""


def attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    """Return an answer that a browser saves under a name; see ``filenames.disposition``."""
    headers = {"Content-Disposition": disposition(name, save=True)}
    return HttpResponse(content, content_type=content_type, headers=headers)


def in_format(
    request: HttpRequest, opened: Opened, name: str, make: Callable[[], Document]
) -> HttpResponse:
    """Return what is made of a draft in one of the formats, or the page that says why not.

    ``make`` may raise ``Refused``: then the answer leads to the review. Raises ``Http404`` for a
    format that there is not.
    """
    if name not in FORMATS:
        raise Http404
    try:
        rendered = FORMATS[name].render(make())
    except Refused:
        return redirect("review", opened.draft.pk)
    except RenderingFailed as error:
        logger.error("no %s was made", name, exc_info=error)
        busy = isinstance(error, PdfBusy | PdfCrashed)
        context = {
            "draft": opened.draft,
            "format": FORMATS[name].label,
            "busy": busy,
            "reason": error,
        }
        response = render(request, "policies/not_made.html", context, status=503 if busy else 422)
        if busy:
            response["Retry-After"] = str(RETRY_AFTER)
        return response
    return attachment(rendered.content, rendered.content_type, rendered.filename)
