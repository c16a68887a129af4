"""A release manager in a real browser: prepare, try out with visible progress, publish."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from policygen.library import tryout
from policygen.library.models import Release
from policygen.library.store import library_in_force
from tests.browser.looks import assert_accessible, assert_reads_well
from tests.conftest import visitor
from tests.library.desk.people import at_desk
from tests.library.given import Given, only
from tests.library.steps import CLAUSE, OPTION, approved, drafted, loaded, written
from tests.signing_in import cookies_of

pytestmark = [pytest.mark.timeout(900), pytest.mark.django_db(transaction=True)]

WAYS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 360, "height": 740}},
    "without JavaScript": {"java_script_enabled": False},
}
PARTS_OF = 3
"""How many sets each part compares here, so that there are several parts."""


@pytest.fixture
def library(
    transactional_db: None, live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put a small library in force, with approved changes and sets of answers to try them on."""
    loaded(tmp_path / "clauses")
    given = only(monkeypatch, Given())
    given.raw = {
        str(n): {"practice_name": f"Practice {n}", "data": ["name", "records"]} for n in range(7)
    }
    given.raw["broken"] = {"unreadable": "{"}
    approved(drafted(*CLAUSE))
    approved(drafted(*OPTION, phrase="the name that you gave us"))
    approved(written("fresh", title="Something fresh", body="This is said anew of everybody."))
    written("later", title="Still being written")
    compute = tryout.compute  # where a part ends is decided by its number alone, not by the clock
    monkeypatch.setattr(tryout, "compute", lambda made: compute(made, seconds=3600, count=PARTS_OF))


@contextmanager
def manager_in(browser: Browser, live_server: Any, **way: Any) -> Iterator[Page]:
    client = at_desk("release_manager")
    with visitor(browser, live_server.url, **way) as page:
        page.context.add_cookies(cookies_of(client, live_server.url))
        page.goto("/admin/")
        yield page


@pytest.fixture(params=WAYS)
def manager(
    request: pytest.FixtureRequest, browser: Browser, live_server: Any, library: None
) -> Iterator[Page]:
    with manager_in(browser, live_server, **WAYS[request.param]) as page:
        yield page


def looked_at(page: Page, request: pytest.FixtureRequest) -> None:
    """See that nothing is wrong with a page, which is asked by script."""
    if "JavaScript" not in request.node.name:
        assert_reads_well(page, looks=("phone", "phone in the dark", "desk"))


def test_prepare_try_out_and_publish(manager: Page, request: pytest.FixtureRequest) -> None:
    page, scripted = manager, "JavaScript" not in request.node.name
    looked_at(page, request)
    page.get_by_role("link", name="What waits for the next release").click()
    expect(page.get_by_role("heading", name="What would be in it 3")).to_be_visible()
    expect(page.get_by_text("Still being written")).to_be_visible()
    looked_at(page, request)

    page.get_by_role("button", name="Prepare the release").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    looked_at(page, request)
    page.get_by_label("Title").fill("We say more")
    page.get_by_role("button", name="Prepare the release").click()
    expect(page.get_by_role("heading", name="Release 2: We say more")).to_be_visible()
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    looked_at(page, request)

    parts: list[str] = []
    page.on("request", lambda sent: parts.append(sent.url) if sent.url.endswith("/part/") else None)
    page.get_by_role("button", name="Try it out").click()
    for _ in range(0 if scripted else 3):
        expect(page.get_by_role("progressbar")).to_be_visible()
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Documents that change 7")).to_be_visible()
    assert len(parts) == 3
    looked_at(page, request)

    page.get_by_text("Set 0 Sets of the test").click()
    expect(page.locator("details[open] ins").first).to_be_visible()
    looked_at(page, request)
    page.get_by_role("button", name="Publish Release 2").click()
    expect(page.get_by_text("Release 2 is published and in force.")).to_be_visible()
    assert library_in_force().digest == Release.objects.get(number=2).digest
    looked_at(page, request)


def test_progress_is_visible_and_goes_on_by_itself(
    browser: Browser, live_server: Any, library: None
) -> None:
    made = tryout.start(
        drafted("clause", "data", body="We keep {{ data | listing }} here."), by=None
    )
    with manager_in(browser, live_server) as page:
        held: list[Any] = []
        page.route("**/part/", lambda route: held.append(route))
        page.goto(f"/admin/tryouts/{made.pk}/")
        for done in (0, 3, 6):
            bar = page.get_by_role("progressbar", name=f"{done} of 8 sets of answers")
            expect(bar).to_have_attribute("value", str(done))
            expect(page.locator("label", has_text=f"{done} of 8 sets")).to_be_visible()
            assert_accessible(page)
            while not held:  # the page asks for the next part a moment after it shows this one
                page.wait_for_timeout(50)
            held.pop().continue_()
        expect(page.get_by_role("heading", name="What was compared")).to_be_visible()


def test_a_part_that_failed_can_be_asked_for_again(
    browser: Browser, live_server: Any, library: None
) -> None:
    made = tryout.start(
        drafted("clause", "data", body="We keep {{ data | listing }} here."), by=None
    )
    with manager_in(browser, live_server) as page:
        page.route("**/part/", lambda route: route.abort())
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/part/")):
            page.goto(f"/admin/tryouts/{made.pk}/")
        expect(page.locator("label", has_text="0 of 8 sets of answers")).to_be_visible()
        expect(page.locator("#tryout-form.htmx-request")).to_have_count(0)
        page.unroute("**/part/")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", name="What was compared")).to_be_visible()


def test_the_release_and_the_lists_can_be_read_by_everybody(
    browser: Browser, live_server: Any, library: None
) -> None:
    with manager_in(browser, live_server) as page:
        for address in ("releases/1/", "library/release/", "library/tryout/", "releases/prepare/"):
            page.goto(f"/admin/{address}")
            assert_reads_well(page, looks=["phone"])
