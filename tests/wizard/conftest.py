"""The small library of these tests, in force."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.at_rest import put_at_rest
from tests.releases import release_changes
from tests.wizard.visitors import FOLDER, Visitor, elm


@pytest.fixture
def release(db: None, settings: Any) -> None:
    """Put the small library in force, examples and all."""
    settings.CLAUSES_DIR = FOLDER
    put_at_rest("interview", lambda: release_changes(FOLDER))


@pytest.fixture
def folder(release: None, settings: Any, tmp_path: Path) -> Path:
    """A copy of the files of the release in force, to be changed for the next one."""
    settings.CLAUSES_DIR = shutil.copytree(FOLDER, tmp_path / "clauses")
    return Path(settings.CLAUSES_DIR)


@pytest.fixture
def visitor(release: None) -> Visitor:
    """Somebody with a blank draft."""
    return Visitor()


@pytest.fixture
def drafter(release: None) -> Visitor:
    """Somebody who has answered everything, as in the example."""
    return Visitor(elm())
