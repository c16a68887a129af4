"""Document → bytes. One module per format, and one line in ``FORMATS``.

Views, addresses, buttons, commands and tests read this table and nothing else: a new format is a
module with one function ``render(document) -> Rendered`` and one line here.
"""

from __future__ import annotations

from policygen.rendering import html, md, pdf, txt
from policygen.rendering.rendered import (
    Format,
    PdfBusy,
    PdfCrashed,
    PdfTooExpensive,
    Rendered,
    RenderingFailed,
    RenderTooLarge,
)

__all__ = [
    "FORMATS",
    "Format",
    "PdfBusy",
    "PdfCrashed",
    "PdfTooExpensive",
    "RenderTooLarge",
    "Rendered",
    "RenderingFailed",
]

FORMATS: dict[str, Format] = {
    "pdf": Format("PDF", pdf.render),
    "html": Format("Web page (HTML)", html.render),
    "txt": Format("Plain text", txt.render),
    "md": Format("Markdown", md.render),
}
