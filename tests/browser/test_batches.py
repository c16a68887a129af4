"""Batches in a browser: from a group to published policies and their archive, with and without
scripts, on a desk and on a phone.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.bulk.working import work_on
from policygen.policies.models import Batch, BatchStage, Draft, Piece, PieceState, PolicyVersion
from policygen.practices.models import Practice
from tests.browser.looks import FEW, LOOKS, assert_reads_well
from tests.browser.pressing import send
from tests.browser.test_practices import enter
from tests.policies.bulk.fleet import Fleet, fleet
from tests.practices.browsers import at
from tests.wizard.conftest import release

__all__ = ["release"]

pytestmark = [pytest.mark.usefixtures("release"), pytest.mark.timeout(900)]

LONG = "W" * 110


@pytest.fixture
def made(live_server: Any, release: None) -> Fleet:
    return fleet(12, title=f"Policy {LONG}")


def worked(batch: Batch, pieces: int = 1000) -> None:
    """Do what waits, as ``manage.py work`` would beside the server."""
    if Batch.objects.filter(pk=batch.pk, stage=BatchStage.LISTING).exists():
        list_pieces(Batch.objects.get(pk=batch.pk))
    while pieces > 0 and (begun := work_on(batch.pk, pieces=min(pieces, 100))):
        pieces -= begun


def worked_unseen(page: Page, batch: Batch) -> None:
    """Do what waits while nobody looks: a page that renews itself would get in a goto's way."""
    page.goto("about:blank")
    worked(batch)


def zipped(page: Page) -> list[str]:
    """Download the archive, and return the names in it."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all PDFs").click()
    content = Path(download.value.path()).read_bytes()
    return ZipFile(io.BytesIO(content)).namelist()


def test_twelve_locations_are_published_together(page, live_server, made):
    enter(page, live_server.url, made.people.owner)
    page.goto(at(made.people.practice, f"groups/{made.group.pk}/"))
    page.get_by_role("button", name="Make the policies").click()
    page.get_by_role("heading", name="How far it is").wait_for()
    batch = Batch.objects.get()
    worked(batch, 5)
    page.get_by_text("5 of 12 policies").wait_for()
    assert_reads_well(page, "at work", LOOKS)
    worked(batch)
    page.get_by_role("heading", name="What changes").wait_for()
    assert_reads_well(page, "ready", LOOKS)
    page.get_by_role("link", name="12 policies with the same change").click()
    page.get_by_label("Show another one").select_option(index=3)
    page.get_by_role("button", name="Show", exact=True).click()
    assert_reads_well(page, "a fold", LOOKS)
    page.get_by_role("checkbox", name="Office 1").first.check()
    page.get_by_role("button", name="Leave out those chosen").click()
    page.get_by_text("1 policy left out").wait_for()
    page.get_by_role("link", name="Back to").click()
    page.get_by_label("Why there are new versions").fill("")
    page.get_by_role("button", name="Publish 11 policies").click()
    expect(page.locator(".error-summary")).to_be_focused()
    assert_reads_well(page, "refused", FEW)
    page.get_by_label("These are our own names and contacts").check()
    page.get_by_label("Why there are new versions").fill("The group renewed its policies.")
    page.get_by_role("button", name="Publish 11 policies").click()
    page.get_by_role("heading", name="How far it is").wait_for()
    worked(batch)
    page.get_by_text("11 policies are published").wait_for()
    assert_reads_well(page, "published", FEW)
    assert PolicyVersion.objects.count() == 11
    names = zipped(page)
    assert len([name for name in names if name.endswith("-v1.pdf")]) == 11


def test_a_batch_goes_from_start_to_end_without_scripts(page_without_javascript, live_server, made):
    page = page_without_javascript
    enter(page, live_server.url, made.people.owner)
    page.goto(at(made.people.practice, "batches/"))
    page.get_by_role("button", name="Make the policies").click()
    page.get_by_text("This page renews itself every few seconds.").wait_for()
    worked(Batch.objects.get())
    page.get_by_role("heading", name="What changes").wait_for()
    page.get_by_label("These are our own names and contacts").check()
    page.get_by_label("Why there are new versions").fill("The group renewed its policies.")
    page.get_by_role("button", name="Publish 12 policies").click()
    page.get_by_role("link", name="Let it stand still").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("It is stopped.").wait_for()
    send(page, "Go on")
    worked(Batch.objects.get())
    page.get_by_text("12 policies are published").wait_for()


def states(page: Page, address: str, made: Fleet) -> Iterator[str]:
    """Go through the other states of the pages, naming each."""
    Practice.objects.update(needs_review=True)
    batch = start_group_batch(made.group, made.people.owner)
    worked(batch)
    here = batch.get_absolute_url()
    Piece.objects.filter(number=1).update(state=PieceState.FAILED, problem=f"Broken: {LONG}.")
    Piece.objects.filter(number=2).update(state=PieceState.LEFT_OUT)
    Piece.objects.filter(number=3).update(state=PieceState.UNCHANGED)
    enter(page, address, made.people.owner)
    for path in ("", "policies/failed/", "policies/left-out/", "policies/open/"):
        page.goto(f"{here}{path}")
        yield f"owner at {path}"
    root = Draft.objects.get(level__group=made.group)
    root.editors.update(at=Piece.objects.latest("prepared_at").ended)
    page.goto(here)
    expect(page.get_by_text("locations changed since")).to_be_visible()
    yield "owner after the group changed"
    send(page, "Ask for a review")
    worked_unseen(page, batch)
    page.goto(here)
    yield "owner while others review"
    enter(page, address, made.people.reviewer)
    page.goto(here)
    yield "reviewer"
    send(page, "Approve all")
    worked_unseen(page, batch)
    page.goto(here)
    yield "reviewer after approving"
    enter(page, address, made.people.owner)
    for path in ("/practices/", "/batches/", at(made.people.practice, "batches/"), here):
        page.goto(path)
        yield f"owner at {path}"
    page.get_by_role("link", name="Discard the batch").click()
    yield "asked whether to discard"
    send(page, "Discard the batch")
    worked_unseen(page, batch)
    page.goto(here)
    yield "discarded"


def test_axe_finds_nothing_and_every_page_fits_in_every_other_state(page, live_server, made):
    made.people.other.memberships.create(user=made.people.owner, role="owner")
    seen = 0
    for state in states(page, live_server.url, made):
        assert_reads_well(page, state, FEW)
        seen += 1
    assert seen == 14
