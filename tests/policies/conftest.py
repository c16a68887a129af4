"""The small library of the interview's tests, in force."""

from functools import cache

import pytest
import time_machine

from policygen.core.document import Document
from policygen.policies import tasks
from policygen.rendering import FORMATS, Format, Rendered
from tests.patience import PATIENCE
from tests.wizard.conftest import drafter, folder, release, visitor

__all__ = ["drafter", "folder", "release", "visitor"]


@pytest.fixture
def long_in_force(db: None, request: pytest.FixtureRequest) -> None:
    """The release, in force from a day before all those that tests travel to."""
    with time_machine.travel("2026-01-01T12:00:00Z", tick=False):
        request.getfixturevalue("release")


@pytest.fixture
def no_pdfs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish without PDFs, for tests to which it does not matter what is in them."""
    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", _no_pdf))


@pytest.fixture
def in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request do all of a small batch, however slow the machine is."""
    monkeypatch.setattr(tasks, "SECONDS_AT_ONCE", PATIENCE)


@cache
def _no_pdf(document: Document) -> Rendered:
    return Rendered("x.pdf", "application/pdf", b"%PDF")
