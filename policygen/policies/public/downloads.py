"""The stored files of versions, as they are handed out."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from policygen.policies.models import VersionFile
from policygen.policies.public.caching import kept, unchanged
from policygen.policies.public.memory import Memory
from policygen.policies.public.standing import NotThere, Published
from policygen.policies.serving import content_of
from policygen.rendering.html import style_sources
from policygen.rendering.limits import FILENAME_LIMIT

INLINE = {"pdf", "html"}
"""Formats that browsers show; the others are saved, as is each of them at ``?download``."""

FILES: Memory[str, bytes] = Memory(32 * 1024 * 1024, len)
"""Files by their SHA-256, which was checked when they were read."""

RESERVED = re.compile(r"""["%'*/:;<>?\\|]+""")
NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
NAMELESS = "privacy-policy"


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


@lru_cache(maxsize=1_024)
def disposition(name: str, *, save: bool) -> str:
    """Return a Content-Disposition that no file name can break out of, or deceive with.

    A name that is not plain gets an ASCII name besides, for old programs; both have at most 150
    characters. ``save`` is for files that are to be saved instead of shown.
    """
    kind = "attachment" if save else "inline"
    shown = _shortened(RESERVED.sub("-", "".join(filter(_visible, name))).strip(" .-"))
    latin = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    plain = _shortened(NOT_PLAIN.sub("-", latin).strip(".-"))
    if shown == plain:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"


def _visible(character: str) -> bool:
    """Tell whether a character may stand in a file name: it is seen, and turns nothing."""
    return unicodedata.category(character)[0] != "C" and character not in "\u2028\u2029"


def _shortened(name: str) -> str:
    """Return a file name of at most 150 characters with the ending that it has."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = name, "", ""
    return (stem[: FILENAME_LIMIT - len(dot + ending)] or NAMELESS) + dot + ending
