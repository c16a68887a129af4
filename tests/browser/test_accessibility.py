"""axe-core on every page and in every state; widths; what a phone and a printer show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from policygen.wizard.steps import STEPS
from tests.browser.test_interview import enter_number, save, start, start_from_example
from tests.conftest import visitor

pytestmark = [pytest.mark.usefixtures("clauses"), pytest.mark.timeout(300)]

AXE = Axe()
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def assert_accessible(page: Page, what: str) -> None:
    # A click returns as soon as the next page begins; axe must look at it with its stylesheet.
    page.wait_for_load_state("load")
    if page.locator(".said").count():
        page.wait_for_selector(".said h2")
    found = AXE.run(page, options=OPTIONS)
    assert not found.response["violations"], f"{what}\n{found.generate_report()}"


def assert_fits(page: Page, what: str) -> None:
    widths = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1], f"{what} is {widths[0]} wide in a window of {widths[1]}"


SOME = ("practice", "data", "changes", "contact_points", "contacts")
"""Pages that have every kind of question between them."""


def states(page: Page, *, all_mistakes: bool) -> Iterator[str]:
    """Go through every page of the site in every state, naming each."""
    page.goto("/")
    yield "start"
    page.goto("/nope")
    yield "not found"
    base = start(page)
    yield "a blank page"
    for step in STEPS:
        if not all_mistakes and step.name not in SOME:
            continue
        page.goto(f"{base}{step.name}/")
        if not page.url.endswith(f"/{step.name}/"):
            continue
        save(page)
        yield f"{step.name} with mistakes"
    page.goto(f"{base}review/")
    yield "review without a name"
    page.goto("/")
    page.get_by_role("button", name="Start from this file").click()
    yield "start with a mistake"
    base = start_from_example(page, 5)
    for step in STEPS:
        page.goto(f"{base}{step.name}/")
        yield step.name
    page.goto(f"{base}contact_points/")
    page.get_by_role("button", name="Add another").click()
    yield "a row added"
    for address in ("review/", "why/", "delete/"):
        page.goto(base + address)
        yield address
    other = page.context.new_page()
    page.goto(f"{base}rights/")
    other.goto(f"{base}rights/")
    for tab, days in ((other, "20"), (page, "25")):
        enter_number(tab, "Within how many days", days)
        save(tab)
    other.close()
    yield "changed in another tab"


@pytest.fixture(params=["light", "dark", "phone", "phone in the dark", "contrast"])
def looker(request: pytest.FixtureRequest, browser: Browser, live_server: Any) -> Iterator[Page]:
    look: dict[str, Any] = {
        "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
        "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
        "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
        "phone in the dark": {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}},
        "contrast": {"forced_colors": "active", "viewport": {"width": 768, "height": 900}},
    }[request.param]
    with visitor(browser, live_server.url, **look) as page:
        yield page


def test_axe_finds_nothing_and_every_page_fits_in_every_state(looker, request):
    seen = []
    for state in states(looker, all_mistakes="light" in request.node.name):
        seen.append(state)
        assert_accessible(looker, state)
        assert_fits(looker, state)
    assert len(seen) > len(STEPS)


def test_axe_would_find_something(page):
    page.goto("/")
    page.evaluate("document.querySelector('main label').remove()")
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(page, "start")


def test_long_words_do_not_push_a_phone_page_wide(phone_page):
    base = start_from_example(phone_page, 0)
    phone_page.get_by_label("What is the full legal name").fill("W" * 200)
    phone_page.get_by_role("navigation", name="Pages").get_by_role("button").last.click()
    for address in ("practice/", "review/", "why/", "delete/"):
        phone_page.goto(base + address)
        assert_fits(phone_page, address)
    phone_page.goto("/")
    assert_fits(phone_page, "start")


@pytest.mark.parametrize(("width", "size"), [(320, "100%"), (1280, "200%"), (640, "200%")])
def test_pages_can_be_enlarged_without_scrolling_sideways(page, width, size):
    page.set_viewport_size({"width": width, "height": 600})
    base = start_from_example(page, 0)
    for address in ("practice/", "data/", "changes/", "contacts/", "review/", "why/"):
        page.goto(base + address)
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        assert_fits(page, address)


def test_everything_that_can_be_pressed_is_large_enough_for_a_thumb(phone_page):
    base = start_from_example(phone_page, 0)
    for address in ("practice/", "contacts/", "contact_points/"):
        phone_page.goto(base + address)
        small = phone_page.evaluate(
            """() => [...document.querySelectorAll(".choice, .button, .pages button")]
                .map(e => [e.innerText, e.getBoundingClientRect().height])
                .filter(([, height]) => height < 30)"""
        )
        assert small == []


def test_the_whole_row_of_an_option_can_be_clicked(page):
    base = start(page)
    page.goto(f"{base}data/")
    row = page.locator(".choice").first
    box = row.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 6, box["y"] + box["height"] - 6)
    assert row.locator("input").is_checked()
    page.mouse.click(box["x"] + 6, box["y"] + 6)
    assert not row.locator("input").is_checked()


def test_a_printed_review_has_the_answers_and_no_buttons(page):
    base = start_from_example(page, 0)
    page.goto(f"{base}review/")
    page.emulate_media(media="print")
    assert page.locator(".summary").first.is_visible()
    for hidden in (".downloads", ".preview", ".change", ".after", ".skip"):
        assert not page.locator(hidden).first.is_visible()


def test_motion_is_left_out_for_those_who_ask(page):
    page.goto("/")
    duration = "getComputedStyle(document.querySelector('.button')).transitionDuration"
    assert page.evaluate(duration) != "0s"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(duration) == "0s"
