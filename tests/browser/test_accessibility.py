"""axe-core on every page and in every state; widths; what a phone and a printer show."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from policygen.wizard.steps import STEPS
from tests.browser.looks import FEW, LOOKS, assert_accessible, assert_fits, assert_reads_well
from tests.browser.test_interview import enter_number, save, start, start_from_example

pytestmark = [pytest.mark.usefixtures("clauses"), pytest.mark.timeout(900)]

SOME = ("practice", "data", "changes", "contact_points", "contacts")
"""Pages that have every kind of question between them."""
SMALL, LARGE = 3, 5
"""Examples by their place on the first page: a small law office, two dental locations."""


def test_axe_finds_nothing_and_all_fits_where_nothing_is_answered(page):
    page.goto("/")
    assert_reads_well(page, "start")
    page.goto("/nope")
    assert_reads_well(page, "not found")
    base = start(page)
    assert_reads_well(page, "a blank page")
    for step in STEPS:
        page.goto(f"{base}{step.name}/")
        if not page.url.endswith(f"/{step.name}/"):
            continue
        save(page)
        assert_reads_well(
            page, f"{step.name} with mistakes", LOOKS if step.name in SOME else ["desk"]
        )
    page.goto(f"{base}review/")
    assert_reads_well(page, "review without a name")
    page.goto("/")
    page.get_by_role("button", name="Start from this file").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_reads_well(page, "start with a mistake")


def test_axe_finds_nothing_and_all_fits_where_all_is_answered(page):
    base = start_from_example(page, LARGE)
    for step in STEPS:
        page.goto(f"{base}{step.name}/")
        assert_reads_well(page, step.name, LOOKS if step.name in SOME else FEW)
    page.goto(f"{base}contact_points/")
    page.get_by_role("button", name="Add another").click()
    expect(page.locator("select:focus")).to_have_count(1)
    assert_reads_well(page, "a row added", FEW)
    for address in ("review/", "why/"):
        page.goto(base + address)
        assert_reads_well(page, address, FEW)
    other = page.context.new_page()
    page.goto(f"{base}rights/")
    other.goto(f"{base}rights/")
    for tab, days in ((other, "20"), (page, "25")):
        enter_number(tab, "Within how many days", days)
        save(tab)
    other.close()
    expect(page.get_by_role("alert")).to_contain_text("changed in another tab")
    assert_reads_well(page, "changed in another tab", FEW)


def test_axe_finds_nothing_and_all_fits_around_a_short_policy(page):
    base = start_from_example(page, SMALL)
    for address in ("review/", "why/", "delete/"):
        page.goto(base + address)
        assert_reads_well(page, address)


def test_axe_would_find_something(page):
    page.goto("/")
    page.evaluate("document.querySelector('main label').remove()")
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(page, "start")


def test_long_words_do_not_push_a_phone_page_wide(phone_page):
    base = start_from_example(phone_page, 0)
    phone_page.get_by_label("What is the full legal name").fill("W" * 200)
    phone_page.get_by_role("navigation", name="Pages").get_by_role("button").last.click()
    expect(phone_page).to_have_url(f"{base}review/")
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
    expect(row.locator("input")).to_be_checked()
    page.mouse.click(box["x"] + 6, box["y"] + 6)
    expect(row.locator("input")).not_to_be_checked()


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
