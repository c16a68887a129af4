"""The log as production writes it, and the small library."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from policygen.logs import Discreet, JsonLines
from tests.wizard.conftest import release

__all__ = ["release"]

Lines = Callable[[], list[dict[str, Any]]]
"""Returns what was logged since the beginning of the test, each line read as JSON."""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that goes to the log, in the bytes that production writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.addFilter(Discreet())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def lines(log: io.StringIO) -> Lines:
    """The lines of the log. None of them may be anything but an object."""
    return lambda: [json.loads(line) for line in log.getvalue().splitlines()]
