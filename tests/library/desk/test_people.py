"""People at the desk are made inactive and never deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.library.steps import CLAUSE, drafted, loaded
from tests.releases import person

LIST = "/admin/auth/user/"


@pytest.fixture
def drafter(db: None, tmp_path: Path) -> User:
    """Somebody who stands in the log."""
    loaded(tmp_path / "clauses")
    drafted(*CLAUSE)
    return person("drafter")


def test_nobody_is_deleted(admin_client: Client, drafter: User) -> None:
    page = admin_client.get(f"{LIST}{drafter.pk}/change/").content.decode()
    assert "People are made inactive, not deleted: the log names them." in page
    assert f"{LIST}{drafter.pk}/delete/" not in page
    assert admin_client.get(f"{LIST}{drafter.pk}/delete/").status_code == 403
    assert admin_client.post(f"{LIST}{drafter.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin_client.get(LIST).content.decode()
    fields = {"action": "delete_selected", "_selected_action": [drafter.pk], "post": "yes"}
    admin_client.post(LIST, fields)
    assert User.objects.filter(pk=drafter.pk).exists()


def test_somebody_is_made_inactive(admin_client: Client, drafter: User) -> None:
    fields = {"username": "drafter", "date_joined_0": "2026-01-01", "date_joined_1": "10:00:00"}
    response = admin_client.post(f"{LIST}{drafter.pk}/change/", fields)
    assert response.status_code == 302
    assert not User.objects.get(pk=drafter.pk).is_active
