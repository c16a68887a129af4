"""A practice with published policies, read by strangers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from policygen.core.document import Document
from policygen.policies.models import Policy
from policygen.policies.public import caching, downloads, standing
from policygen.policies.published import publishing
from policygen.rendering import FORMATS, Format, Rendered, renderer
from tests.policies.cast import Cast, cast, policy_of

ADDRESS = "/p/elm-dental/privacy-policy"


def quick_pdf(document: Document) -> Rendered:
    """A stand-in: what a PDF looks like is tested where PDFs are made."""
    return Rendered("elm-privacy-policy.pdf", "application/pdf", b"%PDF " + document.title.encode())


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Begin as a process that has just started."""
    restart()
    yield
    restart()


def restart() -> None:
    """Forget what a process remembers."""
    caching.PAGES.clear()
    downloads.FILES.clear()
    standing.SEEN.clear()


@pytest.fixture
def people(release: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Elm Dental and its people."""
    formats = {**FORMATS, "pdf": Format("PDF", quick_pdf)}
    monkeypatch.setattr(publishing, "FORMATS", formats)
    marks = {name: "quick" if name == "pdf" else renderer(name) for name in FORMATS}
    monkeypatch.setattr(publishing, "renderer", marks.get)
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    """A policy without versions."""
    return policy_of(people)


def today() -> date:
    return timezone.localdate()


def days(count: int) -> date:
    """The day that is so many days from today."""
    return today() + timedelta(days=count)


def later(count: int) -> AbstractContextManager[object]:
    """Be so many days later."""
    return time_machine.travel(timezone.now() + timedelta(days=count))
