"""The stored files of versions, as they are handed out."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpRequest, HttpResponse

from policygen.policies.models import VersionFile
from policygen.policies.public.caching import kept, unchanged
from policygen.policies.public.memory import Memory
from policygen.policies.public.standing import NotThere, Published
from policygen.policies.published.serving import content_of
from policygen.rendering.filenames import disposition
from policygen.rendering.html import style_sources

INLINE = {"pdf", "html"}
"""Formats that browsers show; the others are saved, as is each of them at ``?download``."""

FILES: Memory[str, bytes] = Memory(32 * 1024 * 1024, len)
"""Files by their SHA-256, which was checked when they were read."""


def file_answer(request: HttpRequest, version: Published, name: str, keep: str) -> HttpResponse:
    """Hand out one format of a version; ``keep`` is a Cache-Control.

    Raises ``NotThere`` if the version was not published in it, and ``NotServed``.
    """
    file = _row(version.digest, name)
    tag = f'"{file.sha256}"'
    if (response := unchanged(request, tag, keep)) is not None:
        return response
    content = FILES.get(file.sha256)
    if content is None:
        content = FILES.put(file.sha256, content_of(file))
    save = name not in INLINE or "download" in request.GET
    response = HttpResponse(content, content_type=file.content_type)
    response.headers["Content-Disposition"] = disposition(file.filename, save=save)
    if name == "html":
        response.headers["Content-Security-Policy"] = page_policy(content)
    return kept(response, tag, keep)


@lru_cache(maxsize=4_096)
def _row(digest: str, name: str) -> VersionFile:
    """Return the row of a file. It never changes, and a version is known by its digest."""
    found = VersionFile.objects.filter(version__digest=digest, format=name).first()
    if found is None:
        raise NotThere
    return found


def page_policy(page: bytes) -> str:
    """Return the Content-Security-Policy of a stand-alone page: its own style, and nothing else."""
    styles = " ".join(style_sources(page)) or "'none'"
    return (
        f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
