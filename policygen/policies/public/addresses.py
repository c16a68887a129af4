"""What may stand in a public address, and which address somebody meant who typed another.

Every page has one address. Whatever else is asked for is sent there once, or is not there.
"""

from __future__ import annotations

import re
from datetime import date

from django.urls.converters import StringConverter

LIMIT = 300
"""Longer addresses, in characters, are nobody's slip of the hand."""

LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[1-9])")
NUMBERED = {"v", "changes"}


class Slug(StringConverter):
    """A practice or a policy: small Latin letters, digits and hyphens."""

    regex = "[a-z0-9-]{1,80}"


class Number:
    """The number of a version: at most nine digits, which every database can hold."""

    regex = "[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return its digits."""
        return str(value)


class Day:
    """A day of the calendar, as in 2026-05-17."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Return the day. Raises ``ValueError`` for days that do not exist: there is no page."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Return the day as in 2026-05-17."""
        return value.isoformat()


class FileFormat(StringConverter):
    """The name of a format, which stands behind the dot."""

    regex = "[a-z][a-z0-9]{0,19}"


class Other(StringConverter):
    """Whatever no page of the public side has as its address."""

    regex = r"[\s\S]*"


def tidied(address: str) -> str | None:
    """Return an address below the public side with its slips mended, or ``None``.

    Mended are capitals, doubled, missing and superfluous slashes, and zeros before the number of a
    version. Whether there is such a page remains to be seen.
    """
    if len(address) > LIMIT or not address.isascii():
        return None
    parts = [part for part in address.lower().split("/") if part]
    if len(parts) < 2:
        return None
    if len(parts) > 3 and parts[2] in NUMBERED:
        parts[3] = LEADING_ZEROS.sub("", parts[3])
    is_file = "." in parts[-1] and ".." not in parts[-1]
    return "/".join(parts) + ("" if is_file else "/")
