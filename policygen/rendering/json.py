"""A policy as JSON, for programs: the whole document, with the clause of every sentence.

The keys are those of ``policygen.core.document_json``. The text is canonical (RFC 8785), so the
digest of a file is the digest of the document; only the last line end is added.
"""

from __future__ import annotations

from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.rendering.filenames import filename
from policygen.rendering.rendered import Rendered
from policygen.rendering.size import refuse_too_large

CONTENT_TYPE = "application/json; charset=utf-8"


def render(document: Document) -> Rendered:
    """Return the policy as JSON. Raises ``RenderTooLarge``."""
    refuse_too_large(document)
    text = document_text(document) + "\n"
    return Rendered(filename(document.practice, "json"), CONTENT_TYPE, text.encode())
