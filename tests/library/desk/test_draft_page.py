"""What the page of a draft offers besides its form."""

from __future__ import annotations

from pathlib import Path

import pytest

from policygen.library.desk.lookup import change_address
from policygen.library.publishing import begin_draft
from tests.library.desk.people import at_desk, text_of
from tests.library.steps import CLAUSE, approved, drafted, loaded, row_of, sent_back, submitted
from tests.releases import person, put_in_force

pytestmark = pytest.mark.django_db
TRY_OUT = 'action="/admin/tryouts/start/"'


@pytest.fixture(autouse=True)
def _library(tmp_path: Path) -> None:
    loaded(tmp_path / "clauses")


def test_a_draft_can_be_tried_out_from_its_page_and_what_is_released_cannot() -> None:
    client = at_desk("drafter")
    assert TRY_OUT not in text_of(client.get(change_address(row_of(*CLAUSE))))
    assert TRY_OUT in text_of(client.get(change_address(drafted(*CLAUSE))))


def test_an_author_reads_the_comment_of_whoever_sent_a_draft_back_until_it_is_submitted() -> None:
    client = at_desk("drafter")
    row = sent_back(submitted(drafted(*CLAUSE)), why="Name the <law>.")
    page = text_of(client.get(change_address(row)))
    assert "Sent back by approver:</strong> Name the &lt;law&gt;." in page
    approved(row)
    put_in_force()
    begin_draft(row.clause, by=person("drafter"), why="Again.")
    assert "Sent back by" not in text_of(client.get(change_address(row_of(*CLAUSE))))
