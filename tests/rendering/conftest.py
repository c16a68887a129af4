"""Here every PDF is made, however often the same page is printed."""

from __future__ import annotations

import pytest

from policygen.rendering.pdf import WORKERS


@pytest.fixture(autouse=True)
def _each_pdf_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(WORKERS, "make")
