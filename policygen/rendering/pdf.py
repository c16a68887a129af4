"""A policy as a tagged PDF (PDF/UA-1), the same bytes for the same document.

The page is laid out by WeasyPrint in another process (``pdf_worker``), which this module asks
through ``WORKERS``. WeasyPrint itself is never imported here.
"""

from __future__ import annotations

from policygen.core.document import Document
from policygen.rendering import frames, html
from policygen.rendering.filenames import filename
from policygen.rendering.pdf_workers import PdfWorkers
from policygen.rendering.rendered import Rendered

CONTENT_TYPE = "application/pdf"

# The processes of this process: none until the first PDF is asked for. The site sets their number
# from its settings with ``WORKERS.resize(count)``.
WORKERS = PdfWorkers(count=2)


def render(document: Document) -> Rendered:
    """Return the policy as a PDF.

    Raises ``RenderTooLarge``, ``PdfTooExpensive``, ``PdfCrashed`` and, if all workers stay busy,
    ``PdfBusy``.
    """
    content = WORKERS.make(source(document))
    return Rendered(filename(document.practice, "pdf"), CONTENT_TYPE, content)


def source(document: Document) -> bytes:
    """Return what a worker makes the PDF from: the web page as UTF-8, without a stylesheet."""
    return frames.page(document, html.body(document, traced=False), styled=False).encode()
