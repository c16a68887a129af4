"""Why each clause is in or out, at the desk, in a real browser and over the whole library."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from policygen.library.desk.lookup import change_address
from policygen.library.models import ClauseVersion
from tests.browser.looks import assert_reads_well
from tests.browser.test_desk_look import log_in

pytestmark = pytest.mark.timeout(900)


@pytest.mark.usefixtures("clauses", "admin_user")
def test_from_a_clause_to_the_answer_that_would_bring_it_in(page: Page) -> None:
    log_in(page)
    page.get_by_role("link", name="Why each clause is in or out").click()
    assert_reads_well(page, "all clauses")
    page.get_by_label("With the answers of").select_option(index=1)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Left out")).to_be_visible()
    page.get_by_role("link", name="What would bring it in").first.click()
    expect(page.get_by_role("heading", name="What it would change")).to_be_visible()
    assert_reads_well(page, "a clause")
    page.get_by_role("link", name="All clauses with these answers").click()
    expect(page.get_by_label("With the answers of").locator("option:checked")).to_have_count(1)


@pytest.mark.usefixtures("clauses", "admin_user")
def test_without_javascript_the_way_from_a_clause_and_back_is_open(
    page_without_javascript: Page,
) -> None:
    page = page_without_javascript
    log_in(page)
    version = ClauseVersion.objects.filter(newest_of__isnull=False).earliest("pk")
    page.goto(change_address(version))
    page.get_by_role("link", name="Why is it in or out?").click()
    page.get_by_label("The library").select_option("in-force")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("library=in-force&answers="))
    expect(page.get_by_role("heading", name="The clause")).to_be_visible()
    page.get_by_role("link", name=version.title, exact=True).click()
    expect(page.get_by_role("heading", name=version.title, level=1)).to_be_visible()
