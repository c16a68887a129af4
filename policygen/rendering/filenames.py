"""The name under which a policy is saved."""

from __future__ import annotations

import re
import unicodedata

from policygen.rendering.limits import FILENAME_LIMIT

ENDING = "privacy-policy"


def filename(
    practice: str, extension: str, *, version: int | None = None, ending: str = ENDING
) -> str:
    """Return ``<practice>-privacy-policy.<extension>`` in ASCII, at most 150 characters.

    A ``version``, 1 or more, is named too: ``<practice>-privacy-policy-v3.<extension>``.
    Whatever the practice is called, the name has small letters, digits, hyphens and one dot; a
    practice without a single Latin letter or digit gives ``privacy-policy.<extension>``.
    """
    latin = unicodedata.normalize("NFKD", practice).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", latin.replace("'", "").lower()).strip("-")
    tail = f"{ending}.{extension}" if version is None else f"{ending}-v{version}.{extension}"
    room = FILENAME_LIMIT - len(tail) - 1
    return f"{slug[:room].strip('-')}-{tail}" if slug else tail
