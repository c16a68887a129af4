"""The name under which a policy is saved, and how a browser is told of it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

from policygen.rendering.limits import FILENAME_LIMIT

ENDING = "privacy-policy"

RESERVED = re.compile(r"""["%'*/:;<>?\\|]+""")
NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


def filename(practice: str, extension: str, *, ending: str = ENDING) -> str:
    """Return ``<practice>-privacy-policy.<extension>`` in ASCII, at most 150 characters.

    Whatever the practice is called, the name has small letters, digits, hyphens and one dot; a
    practice without a single Latin letter or digit gives ``privacy-policy.<extension>``.
    """
    latin = unicodedata.normalize("NFKD", practice).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", latin.replace("'", "").lower()).strip("-")
    tail = f"{ending}.{extension}"
    room = FILENAME_LIMIT - len(tail) - 1
    return f"{slug[:room].strip('-')}-{tail}" if slug else tail


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
    return (stem[: FILENAME_LIMIT - len(dot + ending)] or ENDING) + dot + ending
