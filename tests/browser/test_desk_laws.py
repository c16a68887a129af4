"""Laws and conflicts at the desk, in a real browser: read on any screen, and written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from policygen.library.desk.lookup import change_address
from policygen.library.loading import load_library
from policygen.library.models import ClauseVersion, Conflict, Regime
from tests.browser.looks import assert_reads_well
from tests.browser.test_desk_look import log_in
from tests.library.folders import make
from tests.library.laws import with_laws

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def _laws(tmp_path: Path, live_server: Any) -> None:
    load_library(with_laws(make(tmp_path / "clauses")), today=timezone.localdate())


@pytest.mark.usefixtures("_laws", "admin_user")
def test_the_pages_of_laws_and_conflicts_fit_and_read_well(page: Page) -> None:
    log_in(page)
    version = ClauseVersion.objects.get(newest_of="data")
    pages = (
        *("/admin/library/regime/", "/admin/library/regime/add/"),
        change_address(Regime.objects.get()),
        "/admin/library/conflict/",
        change_address(Conflict.objects.get()),
        "/admin/pieces/regime/testland/review/",
        "/admin/pieces/regime/testland/history/",
        "/admin/pieces/option/data:name/used/",
        change_address(version),
    )
    for address in pages:
        page.goto(address)
        assert_reads_well(page, address)


@pytest.mark.usefixtures("_laws", "admin_user")
def test_a_law_is_written_and_a_mistake_is_found_at_its_line(page: Page) -> None:
    log_in(page)
    page.goto(change_address(Regime.objects.get()))
    text = page.get_by_label("Text", exact=True)
    before = text.input_value()
    text.fill(before.replace("duty: required", "duty: requird"))
    page.get_by_label("Reason for the change").fill("The act was changed.")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 11: “requird” does not fit.")
    text.fill(before.replace("Which data is kept.", "Which data is kept, and where."))
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Saved as a draft.")).to_be_visible()
    row = page.get_by_role("row", name="What is kept")
    expect(row).to_contain_text("Which data is kept, and where.")
    row.get_by_role("link", name="What we keep").click()
    expect(page.get_by_role("heading", name="Why: what laws want stated")).to_be_visible()
    page.get_by_role("link", name="What is kept", exact=True).click()
    expect(page).to_have_url(f"{change_address(Regime.objects.get())}#element-testland-1")
