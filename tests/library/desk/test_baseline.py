"""What pieces are compared with: the newest release, though its day may not have come."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from policygen.library.desk.lookup import change_address
from tests.library.desk.people import at_desk, text_of
from tests.library.desk.test_tryouts import words
from tests.library.steps import CLAUSE, OPTION, approved, drafted, loaded, row_of
from tests.releases import put_in_force

pytestmark = pytest.mark.django_db

SCHEDULED = "Release 2 (scheduled for March 1, 2099)"


@pytest.fixture(autouse=True)
def scheduled(tmp_path: Path) -> None:
    """Put release 1 in force, and another one on the calendar."""
    loaded(tmp_path / "clauses")
    approved(drafted(*OPTION, label="The second label"))
    approved(drafted(*CLAUSE, title="The second title"))
    put_in_force(effective_from=date(2099, 3, 1))


@pytest.fixture
def client() -> Client:
    return at_desk("drafter")


def shown(client: Client, address: str) -> str:
    return words(text_of(client.get(address)))


@pytest.fixture(params=[(CLAUSE, "title"), (OPTION, "label")], ids=["clause", "option"])
def row(request: Any) -> Any:
    (kind, name), field = request.param
    return drafted(kind, name, **{field: "The third text"})


def test_the_page_of_a_review_compares_with_the_scheduled_release(client: Client, row: Any) -> None:
    page = shown(client, f"/admin/pieces/{row.kind}/{row.name}/review/")
    assert f"What changes against {SCHEDULED}" in page
    assert "second" in page


def test_the_form_says_what_the_scheduled_release_says(client: Client, row: Any) -> None:
    page = shown(client, change_address(row))
    assert f"In {SCHEDULED}: The second " in page
    assert page.count(f"In {SCHEDULED}") == 1


def test_throwing_away_names_the_scheduled_release(client: Client, row: Any) -> None:
    page = shown(client, f"/admin/pieces/{row.kind}/{row.name}/discard/")
    assert f"What {SCHEDULED} says stands again." in page


def test_where_an_option_is_used_is_read_from_the_scheduled_release(client: Client) -> None:
    page = shown(client, "/admin/pieces/option/data:name/used/")
    assert f"those in {SCHEDULED} are listed" in page
    assert "released and the newest" in page


def test_the_page_of_a_candidate_and_of_the_next_one_name_the_scheduled_release(row: Any) -> None:
    manager = at_desk("release_manager")
    approved(row)
    assert f"what {SCHEDULED} holds" in shown(manager, "/admin/releases/prepare/")
    fields = {"title": "More", "notes": "", "effective_from": "2099-03-01"}
    response = manager.post("/admin/releases/prepare/", fields)
    assert f"What changes against {SCHEDULED} 1" in shown(manager, response.url)


@pytest.mark.parametrize("piece", [CLAUSE, OPTION])
def test_a_piece_as_it_is_scheduled_has_no_hints(client: Client, piece: tuple[str, str]) -> None:
    assert f"In {SCHEDULED}" not in shown(client, change_address(row_of(*piece)))
