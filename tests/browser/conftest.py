"""The whole clause library, in force, for visitors with a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture
def clauses(transactional_db: None, live_server: Any) -> None:
    """Put clauses/ in force."""
    call_command("load_library", verbosity=0)
