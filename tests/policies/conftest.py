"""The small library of the interview's tests, in force."""

from functools import cache

import pytest

from policygen.core.document import Document
from policygen.rendering import FORMATS, Format, Rendered
from tests.wizard.conftest import drafter, folder, release, visitor

__all__ = ["drafter", "folder", "release", "visitor"]


@pytest.fixture
def no_pdfs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish without PDFs, for tests to which it does not matter what is in them."""
    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", _no_pdf))


@cache
def _no_pdf(document: Document) -> Rendered:
    return Rendered("x.pdf", "application/pdf", b"%PDF")
