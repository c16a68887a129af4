"""What a PDF worker and its owner say to each other: numbered bytes over two pipes, no pickles.

A request is the length (four bytes, big endian) and the page. A reply is one letter that says how
it went, the length, and either the PDF or a line of text for the log.
"""

from __future__ import annotations

import struct
from enum import Enum

LENGTH = struct.Struct(">I")
REPLY = struct.Struct(">cI")


class Outcome(Enum):
    """The first letter of a reply."""

    READY = b"R"
    MADE = b"P"
    TOO_EXPENSIVE = b"X"
    FAILED = b"F"
