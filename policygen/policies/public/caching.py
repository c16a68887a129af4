"""What browsers and caches may keep, and answering them without making anything.

An ETag is made of all that a page depends on, so the same ETag is the same bytes. That makes it
the name under which this process remembers the finished page as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import get_conditional_response

from policygen.policies.public.memory import Memory

HOUSE = Path(__file__).resolve().parents[3]

FOREVER = "public, max-age=31536000, immutable"
"""For what never changes: a year is as long as a cache need keep anything (RFC 9111)."""

REVALIDATE = "public, no-cache"
"""Keep it, but ask each time whether it still holds."""

HTML = "text/html; charset=utf-8"

PAGES: Memory[str, bytes] = Memory(16 * 1024 * 1024, len)
"""Finished pages by their ETag."""


def etag(*parts: object) -> str:
    """Return the strong ETag of a page that depends on these parts and on this software."""
    text = "\n".join([mark(), *(str(part) for part in parts)])
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def mark() -> str:
    """Return a digest of the software that makes the pages, as it is or as it was started."""
    return _software() if settings.DEBUG else _software_as_started()


@cache
def _software_as_started() -> str:
    return _software()


def _software() -> str:
    found = hashlib.sha256(f"{django.__version__}\n{settings.SITE_URL}\n".encode())
    for pattern in ("policygen/**/*.py", "templates/**/*.html"):
        for path in sorted(HOUSE.glob(pattern)):
            found.update(path.read_bytes())
    return found.hexdigest()


def answered(
    request: HttpRequest,
    tag: str,
    keep: str,
    make: Callable[[], bytes],
    content_type: str = HTML,
) -> HttpResponse:
    """Answer with the page of an ETag, or 304 to whoever has it; ``make`` is called at need.

    ``keep`` is a Cache-Control.
    """
    if (response := unchanged(request, tag, keep)) is not None:
        return response
    content = PAGES.get(tag)
    if content is None:
        content = PAGES.put(tag, make())
    return kept(HttpResponse(content, content_type=content_type), tag, keep)


def unchanged(request: HttpRequest, tag: str, keep: str) -> HttpResponse | None:
    """Answer 304 to whoever has the page of an ETag, and 412 to whoever asks for another one.

    Otherwise the answer is ``None``.
    """
    wanted = request.META.get("HTTP_IF_NONE_MATCH")
    if wanted == tag and "HTTP_IF_MATCH" not in request.META:
        return _not_modified(tag, keep)  # what nearly everybody asks
    if wanted is None and "HTTP_IF_MATCH" not in request.META:
        return None
    response = get_conditional_response(request, etag=tag)
    is_304 = response is not None and response.status_code == HTTPStatus.NOT_MODIFIED
    return _not_modified(tag, keep) if is_304 else response


def _not_modified(tag: str, keep: str) -> HttpResponse:
    return kept(HttpResponseNotModified(), tag, keep)


def kept(response: HttpResponse, tag: str, keep: str) -> HttpResponse:
    """Say of a response what may be kept of it."""
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = keep
    return response
