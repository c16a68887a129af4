"""Review at the desk in a real browser, from the draft to the approval, by two people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from tests.browser.looks import assert_accessible, assert_reads_well
from tests.conftest import visitor
from tests.library.desk.people import reader, signed_in
from tests.library.steps import CLAUSE, approved, drafted, loaded, row_of, submitted, written
from tests.releases import put_in_force
from tests.signing_in import cookies_of

pytestmark = [pytest.mark.usefixtures("library"), pytest.mark.timeout(900)]

REVIEW = "/admin/pieces/clause/more/review/"
BODY = "We care for you.\n\nWe keep records for {} years."
PHONE = {"viewport": {"width": 390, "height": 844}}
DESK = {"viewport": {"width": 1280, "height": 900}}
DESK_AND_PHONE = ("desk", "phone")


@pytest.fixture
def library(transactional_db: None, live_server: Any, tmp_path: Path) -> None:
    loaded(tmp_path / "clauses")
    approved(drafted(*CLAUSE, body=BODY.format("ten")))
    put_in_force(title="Longer")


def sign_in(page: Page, address: str, user: User) -> None:
    page.context.add_cookies(cookies_of(signed_in(user), address))


@pytest.fixture
def drafter(browser: Browser, live_server: Any) -> Iterator[Page]:
    with visitor(browser, live_server.url, **DESK) as page:
        sign_in(page, live_server.url, reader("drafter"))
        yield page


@pytest.fixture
def approver(browser: Browser, live_server: Any) -> Iterator[Page]:
    with visitor(browser, live_server.url, **PHONE, java_script_enabled=False) as page:
        sign_in(page, live_server.url, reader("approver"))
        yield page


@pytest.fixture
def both(browser: Browser, live_server: Any) -> Iterator[Page]:
    """Somebody who drafts and approves."""
    with visitor(browser, live_server.url, **DESK) as page:
        sign_in(page, live_server.url, reader("drafter", "approver"))
        yield page


def test_two_people_take_a_draft_through_review(drafter, approver):
    drafted(*CLAUSE, body=BODY.format("seven"))
    drafter.goto(REVIEW)
    drafter.get_by_role("button", name="Submit for review").click()
    expect(drafter.get_by_text("It is in review now.")).to_be_visible()
    expect(drafter.get_by_role("button", name="Approve")).to_have_count(0)

    approver.goto("/admin/")
    waiting = approver.get_by_role("region", name="Waiting for you")
    waiting.get_by_role("link", name="Who speaks").click()
    expect(approver.locator(".redline del")).to_have_text("removed: ten (end)")
    expect(approver.locator(".redline ins")).to_have_text("added: seven (end)")
    approver.get_by_text("Write a comment").click()
    approver.get_by_label("Your comment").fill("Is seven enough?")
    approver.get_by_role("button", name="Comment").click()
    expect(approver.get_by_text("Is seven enough?")).to_be_visible()
    approver.locator("summary", has_text="Send it back").click()
    approver.get_by_label("What is to be changed?").fill("Name the law.")
    approver.get_by_role("button", name="Send it back").click()
    expect(approver.get_by_text("It is a draft again.")).to_be_visible()

    drafter.goto("/admin/pieces/review/")
    back = drafter.get_by_role("region", name="Sent back to you")
    expect(back).to_contain_text("Name the law.")
    back.get_by_role("link", name="Who speaks").click()
    drafter.get_by_role("button", name="Submit for review").click()
    expect(drafter.get_by_text("It is in review now.")).to_be_visible()

    approver.goto(REVIEW)
    approver.get_by_role("button", name="Approve").click()
    expect(approver.get_by_text("It is approved, and waits")).to_be_visible()
    assert row_of(*CLAUSE).state == "approved"


def test_a_draft_is_thrown_away_after_a_question(drafter):
    drafted(*CLAUSE)
    drafter.goto(REVIEW)
    drafter.get_by_role("link", name="Throw the draft away").click()
    expect(drafter.get_by_role("heading", name="What would be lost")).to_be_visible()
    assert_accessible(drafter)
    drafter.get_by_role("button", name="Throw it away").click()
    expect(drafter.get_by_text("The draft is thrown away.")).to_be_visible()
    assert row_of(*CLAUSE).number == 2


def test_two_versions_are_chosen_compared_and_an_old_one_restored(drafter):
    drafter.goto("/admin/pieces/clause/more/history/")
    drafter.get_by_label("Before").select_option("As in release 1 (version 1)")
    drafter.get_by_label("After").select_option("Version 2 (released)")
    drafter.get_by_role("button", name="Compare").click()
    expect(drafter.locator(".redline del").first).to_contain_text("a lot")
    drafter.go_back()
    drafter.get_by_role("button", name="Restore version 1 as a draft").click()
    expect(drafter.get_by_text("The draft is begun.")).to_be_visible()
    assert row_of(*CLAUSE).reason == "Back to version 1."


def test_a_keyboard_reaches_every_step(drafter):
    drafted(*CLAUSE)
    drafter.goto(REVIEW)
    reached = []
    for _ in range(60):
        drafter.keyboard.press("Tab")
        reached.append(drafter.evaluate("document.activeElement.textContent.trim()"))
    for name in ("Submit for review", "Throw the draft away…", "Write a comment"):
        assert name in reached


def test_the_pages_of_review_read_well_and_fit_on_a_phone(both):
    drafted(*CLAUSE, body="We care about everybody.\n\n" + "W" * 300, claims=["keep(data:name)"])
    written("fresh", when={"any": ["data:name"], "none": ["data.health"]}, body="We write.")
    addresses = [
        "/admin/",
        "/admin/pieces/review/",
        REVIEW,
        f"{REVIEW}?since=1",
        "/admin/pieces/clause/fresh/review/",
        "/admin/pieces/clause/more/discard/",
        "/admin/pieces/clause/more/history/",
        "/admin/pieces/clause/more/compare/?a=1&b=3",
        "/admin/pieces/clause/more/compare/?a=nothing&b=3",
        "/admin/pieces/option/data:name/review/",
        "/admin/pieces/option/data:name/used/",
        "/admin/releases/2/timeline/",
    ]
    for address in addresses:
        both.goto(address)
        for summary in both.locator("main details > summary").all():
            summary.press("Enter")
        assert_reads_well(both, looks=DESK_AND_PHONE)


def test_somebody_who_wrote_it_reads_why_they_cannot_approve(both):
    submitted(drafted(*CLAUSE, by=reader("drafter", "approver")))
    both.goto(REVIEW)
    notice = both.get_by_text("You wrote part of this; somebody else approves it.")
    expect(notice).to_be_visible()
    assert_reads_well(both, looks=DESK_AND_PHONE)
