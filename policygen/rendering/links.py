"""Which addresses may become links. Everything else is printed as plain text."""

from __future__ import annotations

import re
from functools import lru_cache

# Whole addresses only: no blanks, control characters or other alphabets, in which a scheme can
# hide, and no user name before the host, which lets an address pass for another one.
SAFE = re.compile(
    r"""
      https?://[a-z0-9.\-]+(?::[0-9]{1,5})?(?:[/?#][a-z0-9\-._~:/?\#\[\]@!$&'()*+,;=%]*)?
    | mailto:[a-z0-9\-._~!$&'*+/=?^`{|}%]+@[a-z0-9.\-]+(?:\?[a-z0-9\-._~:/?@!$&'()*+,;=%]*)?
    | tel:[0-9+\-.()]+(?:;[a-z0-9\-.=+]+)*
    | \#section-[a-z0-9_\-]+
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
LENGTH_LIMIT = 2_000


@lru_cache(maxsize=512)
def safe_href(href: str) -> str:
    """Return ``href`` if it may stand in a link of any format, and an empty string otherwise."""
    return href if len(href) <= LENGTH_LIMIT and SAFE.fullmatch(href) else ""


def address_to_print(text: str, href: str) -> str:
    """Return what paper and plain text must add to a link's text so that nothing is lost.

    That is the address, without ``mailto:`` or ``tel:``, unless the text already says it; a
    cross-reference adds nothing.
    """
    if not href or href.startswith("#"):
        return ""
    address = re.sub(r"^(?:mailto|tel):", "", href, flags=re.IGNORECASE)
    said = re.sub(r"[\s().\-]", "", text) if href.lower().startswith("tel:") else text.strip()
    plain = re.sub(r"^https?://", "", address.rstrip("/"), flags=re.IGNORECASE)
    return "" if plain in said or address in said else address
