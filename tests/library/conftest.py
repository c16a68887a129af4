"""A small clause folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.library.folders import make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clause folder without mistakes."""
    return make(tmp_path / "clauses")
