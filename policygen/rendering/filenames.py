"""The name under which a policy is saved."""

from __future__ import annotations

import re
import unicodedata

from policygen.rendering.limits import FILENAME_LIMIT

ENDING = "privacy-policy"


def filename(practice: str, extension: str) -> str:
    """Return ``<practice>-privacy-policy.<extension>`` in ASCII, at most 150 characters.

    A name without a single Latin letter or digit gives ``privacy-policy.<extension>``.
    """
    latin = unicodedata.normalize("NFKD", practice).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", latin.replace("'", "").lower()).strip("-")
    room = FILENAME_LIMIT - len(f"-{ENDING}.{extension}")
    stem = f"{slug[:room].strip('-')}-{ENDING}" if slug else ENDING
    return f"{stem}.{extension}"
