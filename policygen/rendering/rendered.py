"""What a format gives back, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from policygen.core.document import Document


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished file: an ASCII name, a MIME type with charset, and the bytes."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Format:
    """One way to hand out a policy: what its button says, and the function that makes the file.

    ``render`` raises ``RenderingFailed``.
    """

    label: str
    render: Callable[[Document], Rendered]


class RenderingFailed(Exception):
    """The document could not be made in this format; the message may be shown to people."""


class RenderTooLarge(RenderingFailed):
    """The document holds more text than any policy needs."""


class PdfTooExpensive(RenderingFailed):
    """The PDF took more time or memory than one document may have."""


class PdfTooLong(RenderingFailed):
    """The PDF has more pages than this kind of sheet may have."""


class PdfBusy(RenderingFailed):
    """All PDF workers stayed busy for as long as a request may wait; try again shortly."""


class PdfCrashed(RenderingFailed):
    """The PDF worker ended in the middle of this document, twice."""
