"""The small library of these tests, in force."""

from __future__ import annotations

from typing import Any

import pytest

from policygen.library.loading import load_release
from tests.wizard.visitors import FOLDER, Visitor, elm


@pytest.fixture
def release(db: None, settings: Any) -> None:
    """Put the small library in force, examples and all."""
    settings.CLAUSES_DIR = FOLDER
    load_release(FOLDER)


@pytest.fixture
def visitor(release: None) -> Visitor:
    """Somebody with a blank draft."""
    return Visitor()


@pytest.fixture
def drafter(release: None) -> Visitor:
    """Somebody who has answered everything, as in the example."""
    return Visitor(elm())
