"""Files as answers that a browser saves."""

from __future__ import annotations

from django.http import HttpResponse

from policygen.rendering.filenames import disposition


def attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    """Return an answer that a browser saves under a name; see ``filenames.disposition``."""
    headers = {"Content-Disposition": disposition(name, save=True)}
    return HttpResponse(content, content_type=content_type, headers=headers)
