"""How much one document may cost. Every number of this kind stands here."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20

# A policy of the largest practice we know has 40,000 characters; a mebibyte is 340 printed pages.
TEXT_LIMIT = MIB

FILENAME_LIMIT = 150

# What a worker may send back for one document, in bytes.
PDF_SIZE_LIMIT = 64 * MIB


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """What one PDF worker may use.

    ``memory`` is address space in bytes and ``documents`` the number of PDFs after which a worker
    is replaced by a fresh one. ``cpu`` and ``wall`` are seconds for one document, ``start`` for
    the start of a worker, ``wait`` for the time that a request waits for a free one.
    """

    memory: int = 900 * MIB
    cpu: int = 20
    wall: float = 30.0
    start: float = 60.0
    wait: float = 10.0
    documents: int = 200
