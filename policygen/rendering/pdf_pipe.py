"""What a PDF worker and its owner say to each other: numbered bytes over two pipes, no pickles.

A request is one letter that says how the page is set, the length (four bytes, big endian) and the
page. A reply is one letter that says how it went, the length, and either the PDF or a line of text
for the log.
"""

from __future__ import annotations

import struct
from enum import Enum

REQUEST = struct.Struct(">cI")
REPLY = struct.Struct(">cI")


class Layout(Enum):
    """The first letter of a request: what is printed, and so by which stylesheet."""

    POLICY = b"D"
    NOTICE = b"N"

    @property
    def stylesheet(self) -> str:
        """The name of its file in ``static/``."""
        return "notice.css" if self is Layout.NOTICE else "document.css"

    @property
    def most_pages(self) -> int | None:
        """The number of pages that it must fit on, or ``None``."""
        return 1 if self is Layout.NOTICE else None


class Outcome(Enum):
    """The first letter of a reply."""

    READY = b"R"
    MADE = b"P"
    TOO_EXPENSIVE = b"X"
    TOO_LONG = b"L"
    FAILED = b"F"
