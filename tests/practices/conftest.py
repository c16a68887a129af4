"""A practice with its people, for the tests of its pages."""

from __future__ import annotations

import pytest

from tests.policies.cast import Cast, cast


@pytest.fixture
def people(db: None) -> Cast:
    return cast()
