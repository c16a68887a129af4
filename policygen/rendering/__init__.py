"""Document → bytes. One module per format, and one line in ``FORMATS``.

Views, addresses, buttons, commands and tests read this table and nothing else: a new format is a
module with one function ``render(document) -> Rendered`` and one line here.
"""

from __future__ import annotations

from policygen.rendering import html, json, md, pdf, txt
from policygen.rendering.imprint import mark_of
from policygen.rendering.rendered import (
    Format,
    PdfBusy,
    PdfCrashed,
    PdfTooExpensive,
    PdfTooLong,
    Rendered,
    RenderingFailed,
    RenderTooLarge,
)
from policygen.rendering.timing import timed

__all__ = [
    "FORMATS",
    "Format",
    "PdfBusy",
    "PdfCrashed",
    "PdfTooExpensive",
    "PdfTooLong",
    "RenderTooLarge",
    "Rendered",
    "RenderingFailed",
    "renderer",
]

FORMATS: dict[str, Format] = timed(
    {
        "pdf": Format("PDF", pdf.render),
        "html": Format("Web page (HTML)", html.render),
        "txt": Format("Plain text", txt.render),
        "md": Format("Markdown", md.render),
        "json": Format("JSON (for programs)", json.render),
    }
)


def renderer(name: str) -> str:
    """Return the mark of what makes a format here, to be stored with a file of it.

    Files of one document are expected to be the same bytes if they are made under the same mark.
    Raises ``KeyError`` for a format that there is not, and ``RenderingFailed``.
    """
    return mark_of(name, FORMATS[name].render)
