"""A change notice for the front desk: one printed page in large type, with a QR code.

It takes plain values and knows neither policies nor versions. Whatever the values are, it is one
page: texts of uncommon length end in "…", and the list of changes loses its last lines, which are
counted instead ("and 3 more changes on the page"), until the page is one. How much fits is tried,
not guessed: a letter of one script is as wide as ten of another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from unicodedata import east_asian_width

import segno

from policygen.core.text import day_in_words
from policygen.rendering import frames
from policygen.rendering.filenames import ENDING, filename
from policygen.rendering.links import safe_href
from policygen.rendering.pdf import CONTENT_TYPE, WORKERS
from policygen.rendering.pdf_pipe import Layout
from policygen.rendering.rendered import PdfTooLong, Rendered

WORDS = {
    "changes": "What changes",
    "ask": "Whom to ask",
    "read": "Read the whole policy",
    "code": "QR code of the address",
}

# How much of a text is printed, in widths of a Latin letter; and the parts of it that are tried if
# the page is full without a single change, because the other texts are made of giant letters.
TITLE_WIDTH = 70
PRACTICE_WIDTH = 90
LINE_WIDTH = 240
CONTACT_WIDTH = 60
SHARES = (1, 2, 4, 8, 16)

MOST_LINES = 12
MOST_CONTACT_LINES = 5
ADDRESS_LIMIT = 300  # characters

# What the standard asks for around a QR code, in modules.
QUIET_ZONE = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a notice says; all texts are plain.

    ``effective_on`` is the day from which the policy applies as changed. ``lines`` say what
    changes, the most important first, and ``more`` counts the changes that they leave out.
    ``contact_lines`` say whom to ask. ``address`` is the public address of the policy: http or
    https, at most 300 characters.
    """

    title: str
    practice: str
    language: str
    effective_on: date
    lines: tuple[str, ...]
    more: int
    contact_lines: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code as a drawing: its side with the quiet zone, in modules, and the dark ones."""

    side: int
    path: str


def render(sheet: Sheet) -> Rendered:
    """Return the notice as a PDF (PDF/UA-1) of one page.

    Raises ``ValueError`` if the address cannot be one, and what ``pdf.render`` raises.
    """
    return Rendered(
        filename(sheet.practice, "pdf", ending=f"{ENDING}-notice"),
        CONTENT_TYPE,
        _on_one_page(sheet),
    )


def source(sheet: Sheet, *, share: int = 1) -> bytes:
    """Return what a worker makes the PDF from, as UTF-8.

    With a ``share`` of 2, texts are cut to half of their usual width. Raises ``ValueError`` if the
    address cannot be one.
    """
    if len(sheet.address) > ADDRESS_LIMIT or not safe_href(sheet.address).startswith("http"):
        raise ValueError(f"No address for a notice: {sheet.address[:ADDRESS_LIMIT]!r}")
    title = _shortened(sheet.title, TITLE_WIDTH // share)
    practice = _shortened(sheet.practice, PRACTICE_WIDTH // share)
    contact = sheet.contact_lines[:MOST_CONTACT_LINES]
    return frames.NOTICE.render(
        language=sheet.language,
        title=title,
        practice=practice,
        day=f"From {day_in_words(sheet.effective_on)}",
        lines=[_shortened(line, LINE_WIDTH) for line in sheet.lines],
        more=_more_in_words(sheet),
        contact_lines=[_shortened(line, CONTACT_WIDTH // share) for line in contact],
        address=sheet.address,
        code=qr_code(sheet.address),
        words=WORDS,
    ).encode()


def qr_code(address: str) -> Code:
    """Return an address as a QR code, of which 15 % or more may be covered or torn."""
    code = segno.make_qr(address, error="m")
    rows = [bytes(row) for row in code.matrix_iter(border=QUIET_ZONE)]
    return Code(len(rows), "".join(_dark(row, y) for y, row in enumerate(rows)))


def _dark(row: bytes, y: int) -> str:
    """Return the dark stretches of a row as rectangles of one path."""
    parts: list[str] = []
    start = row.find(1)
    while start >= 0:
        end = row.find(0, start)
        parts.append(f"M{start} {y}h{end - start}v1h{start - end}z")
        start = row.find(1, end)
    return "".join(parts)


def _on_one_page(sheet: Sheet) -> bytes:
    """Return the PDF with as many lines as fit, found in a handful of tries."""
    fit, too_many, made = 0, min(len(sheet.lines), MOST_LINES) + 1, b""
    middle = too_many - 1  # all of them, which is the usual case
    while too_many - fit > 1:
        if tried := _made(_with_lines(sheet, middle)):
            fit, made = middle, tried
        else:
            too_many = middle
        middle = (fit + too_many) // 2
    return made or _without_lines(_with_lines(sheet, 0))


def _without_lines(sheet: Sheet) -> bytes:
    """Return the PDF of a sheet without lines. Raises ``PdfTooLong`` if nothing helps."""
    for share in SHARES[:-1]:
        if made := _made(sheet, share=share):
            return made
    return WORKERS.make(source(sheet, share=SHARES[-1]), Layout.NOTICE)


def _made(sheet: Sheet, *, share: int = 1) -> bytes:
    """Return the PDF of a sheet, or nothing if it takes more than its page."""
    try:
        return WORKERS.make(source(sheet, share=share), Layout.NOTICE)
    except PdfTooLong:
        return b""


def _with_lines(sheet: Sheet, count: int) -> Sheet:
    """Return the sheet with its first lines only; the others are counted."""
    return replace(
        sheet, lines=sheet.lines[:count], more=max(0, sheet.more) + len(sheet.lines) - count
    )


def _more_in_words(sheet: Sheet) -> str:
    if not sheet.more:
        return ""
    changes = "change" if sheet.more == 1 else "changes"
    if sheet.lines:
        return f"and {sheet.more:,} more {changes} on the page"
    return f"{sheet.more:,} {changes}, listed on the page"


def _shortened(text: str, width: int) -> str:
    """Return a text of at most so many widths of a Latin letter, cut between words if it can be."""
    text = " ".join(text.split())
    if _width(text) <= width:
        return text
    while _width(text) >= width:
        text = text[: max(1, len(text) // 2)] if len(text) > 2 * width else text[:-1]
    words, _, _ = text.rpartition(" ")
    return (words if len(words) > len(text) // 2 else text).rstrip() + "…"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
