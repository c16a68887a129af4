"""The whole clause library, in force, for visitors with a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command

from tests.at_rest import put_at_rest


@pytest.fixture(autouse=True)
def _codes_last(settings: Any) -> None:
    """Let an app's code count for ten minutes: half of one may pass until a browser has sent it."""
    settings.MFA_TOTP_TOLERANCE = 20


@pytest.fixture
def clauses(transactional_db: None, live_server: Any) -> None:
    """Put clauses/ in force."""
    put_at_rest("clauses", lambda: call_command("load_library", verbosity=0))
