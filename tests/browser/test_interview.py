"""Somebody goes through the interview in Chromium, by clicking, typing and the keyboard alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from policygen.policies.models import Draft
from tests.browser.pressing import send
from tests.conftest import visitor

pytestmark = pytest.mark.usefixtures("clauses")

SAVE = "Save and continue"
EXAMPLES = 8


def start(page: Page) -> str:
    """Begin a blank draft; return its address."""
    page.goto("/")
    page.get_by_role("button", name="Start a new policy").click()
    expect_heading(page, "Your practice")
    return page.url.removesuffix("practice/")


def start_from_example(page: Page, number: int) -> str:
    page.goto("/")
    page.get_by_role("button", name="Use this example").nth(number).click()
    expect(page.get_by_text("You started from the example")).to_be_visible()
    page.wait_for_load_state()
    return page.url.removesuffix("practice/")


def question(page: Page, ask: str) -> Any:
    return page.get_by_role("group", name=ask, exact=True)


def save(page: Page) -> None:
    send(page, SAVE)


def enter_number(page: Page, ask: str, number: str) -> None:
    """Enter a number, whatever was answered before."""
    group = page.locator("fieldset.question", has_text=ask)
    for box in group.get_by_role("checkbox").all():
        box.uncheck()
    group.get_by_role("textbox").fill(number)


def expect_heading(page: Page, name: str) -> None:
    """Wait until a click or a key has led to the page of this name, and all of it is there."""
    expect(page.get_by_role("heading", level=1).first).to_have_text(name)
    page.wait_for_load_state()


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).first.inner_text()


def answer_with_unknown(page: Page) -> None:
    """Tick "I don't know yet" at every question of a page that has no answer."""
    for group in page.locator("fieldset.question").all():
        box = group.get_by_label("I don’t know yet")
        if box.count() and not group.locator("input:checked").count():
            texts = [one.input_value() for one in group.locator("input[type=text], textarea").all()]
            if not any(texts):
                box.check()


def go_all_the_way(page: Page) -> None:
    """From a blank start to the review, as a small dental practice."""
    start(page)
    page.get_by_label("What is the full legal name of your organization?").fill(
        "Birch & Sons <Dental>"
    )
    page.get_by_label("A dental practice", exact=True).check()
    question(page, "What do people call you for short?").get_by_label("There is none").check()
    page.get_by_label("What is the address of your website?").fill("birch.example")
    seen = []
    for _ in range(40):
        step = heading(page)
        seen.append(step)
        if step == "The data":
            page.get_by_label("Name", exact=True).check()
            page.get_by_label("Dental records", exact=True).check()
        if step == "What the policy covers":
            page.get_by_label("Our website", exact=True).check()
        if step == "Ways to reach you":
            page.get_by_label("Kind").select_option(label="Phone")
            page.get_by_label("Number or address").fill("217-555-0148")
            page.get_by_role("button", name="Add another").click()
            page.get_by_label("Kind").nth(1).select_option(label="Mail")
            page.get_by_label("Number or address").nth(1).fill(
                "Birch & Sons\n7 Birch Lane\nSpringfield, IL 62701"
            )
        if step == "Contacts":
            first = page.locator("fieldset.row").first
            first.get_by_label("Phone: 217-555-0148").check()
            first.get_by_label("Mail: Birch & Sons, 7 Birch Lane, Springfield, IL 62701").check()
            first.get_by_label("Person or department").fill("Privacy Office")
        answer_with_unknown(page)
        save(page)
        assert not page.get_by_text("There is a problem").count(), page.locator(
            ".error-summary"
        ).inner_text()
        if heading(page) == "Review your policy":
            break
    expect_heading(page, "Review your policy")
    assert len(seen) == len(set(seen)) >= 12


def check_review(page: Page) -> None:
    expect(page.get_by_role("heading", name="Waiting for your answer")).to_be_visible()
    answers = page.locator(".answers")
    expect(answers).to_contain_text("Birch & Sons <Dental>")
    expect(answers).to_contain_text("https://birch.example")
    expect(answers).to_contain_text("Dental records")
    paper = page.get_by_role("region", name="Policy text")
    expect(paper).to_contain_text("Birch & Sons <Dental>")
    expect(paper).to_contain_text("217-555-0148")


def download(page: Page, label: str, folder: Path) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("link", name=label, exact=True).click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file.read_bytes()


def test_from_blank_to_a_downloaded_pdf_by_clicking(page, tmp_path):
    go_from_blank_to_a_pdf(page, tmp_path)


def test_from_blank_to_a_downloaded_pdf_without_javascript(page_without_javascript, tmp_path):
    go_from_blank_to_a_pdf(page_without_javascript, tmp_path)


def go_from_blank_to_a_pdf(page: Page, tmp_path: Path) -> None:
    go_all_the_way(page)
    check_review(page)
    assert download(page, "PDF", tmp_path).startswith(b"%PDF-")
    assert b"Birch &amp; Sons &lt;Dental&gt;" in download(page, "Web page (HTML)", tmp_path)
    assert "7 Birch Lane" in download(page, "Plain text", tmp_path).decode()
    answers = download(page, "Download your answers (YAML)", tmp_path)
    page.goto("/")
    page.get_by_label("Answers file").set_input_files(
        files=[{"name": "mine.yaml", "mimeType": "application/yaml", "buffer": answers}]
    )
    page.get_by_role("button", name="Start from this file").click()
    expect(page.get_by_text("Your file was read.")).to_be_visible()
    check_review(page)
    assert Draft.objects.count() == 2


@pytest.mark.parametrize("number", range(EXAMPLES))
def test_each_example_leads_to_a_policy(page, number):
    base = start_from_example(page, number)
    name = page.get_by_label("What is the full legal name of your organization?").input_value()
    pages = page.get_by_role("navigation", name="Pages").get_by_role("button")
    assert all("finished" in (one.get_attribute("class") or "") for one in pages.all()[:-1])
    pages.last.click()
    expect(page).to_have_url(f"{base}review/")
    expect(page.get_by_role("region", name="Policy text")).to_contain_text(name)
    page.wait_for_load_state()
    assert not page.get_by_text("Not answered yet").count()
    page.get_by_role("link", name="Why is each sentence here?").click()
    expect_heading(page, "Why each clause is there")


def test_there_are_eight_examples(page):
    page.goto("/")
    expect(page.get_by_role("button", name="Use this example")).to_have_count(EXAMPLES)


def test_a_mistake_is_listed_first_linked_to_its_input_and_nothing_is_lost(page):
    start(page)
    page.get_by_label("What is the address of your website?").fill("javascript:alert(1)")
    page.get_by_label("What do people call you for short?").fill("Birch")
    save(page)
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")
    expect(page.get_by_label("What do people call you for short?")).to_have_value("Birch")
    website = page.get_by_label("What is the address of your website?")
    expect(website).to_have_value("javascript:alert(1)")
    summary.get_by_role("link", name="What is the address of your website?").click()
    expect(website).to_be_focused()
    assert website.get_attribute("aria-invalid") == "true"
    for link in summary.get_by_role("link").all():
        target = link.get_attribute("href")
        assert page.locator(target).count() == 1
        link.click()
        expect(page.locator(target)).to_be_focused()


def test_back_and_a_jump_keep_what_was_typed(page):
    start(page)
    page.get_by_label("What is the full legal name of your organization?").fill("Birch Dental")
    page.get_by_role("navigation", name="Pages").get_by_role("button", name="Children").click()
    expect_heading(page, "Children")
    page.get_by_label("Below which age").fill("13")
    page.get_by_role("button", name="Back", exact=True).click()
    expect_heading(page, "Rights and choices")
    page.get_by_role("navigation", name="Pages").get_by_role("button", name="Children").click()
    expect(page.get_by_label("Below which age")).to_have_value("13")
    page.get_by_role("navigation", name="Pages").get_by_role("button", name="Your practice").click()
    expect(page.get_by_label("What is the full legal name")).to_have_value("Birch Dental")


def test_the_enter_key_saves_the_page_and_removes_no_row(page):
    base = start(page)
    page.goto(f"{base}contact_points/")
    page.get_by_label("Kind").select_option(label="Phone")
    page.get_by_label("Number or address").fill("217-555-0148")
    page.goto(f"{base}practice/")
    page.get_by_label("Name", exact=True).first.fill("North office")
    page.get_by_label("Address, one line below the other").first.fill("1 Elm Street")
    page.get_by_label("Name", exact=True).first.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name", exact=True).first).to_have_value("North office")


def test_two_tabs_of_one_page_show_both_and_lose_nothing(page):
    base = start_from_example(page, 0)
    page.goto(f"{base}children/")
    other = page.context.new_page()
    other.goto(f"{base}children/")
    enter_number(other, "Below which age", "14")
    save(other)
    enter_number(page, "Below which age", "16")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("This page was changed in another tab")
    expect(page.get_by_role("alert")).to_contain_text("14")
    expect(page.get_by_label("Below which age")).to_have_value("16")
    save(page)
    page.goto(f"{base}children/")
    expect(page.get_by_label("Below which age")).to_have_value("16")


def test_the_sentences_of_a_page_follow_while_it_is_answered(page, page_without_javascript):
    base = start(page)
    page.goto(f"{base}data/")
    said = page.locator(".said")
    expect(said).to_contain_text("Nothing yet.")
    page.get_by_label("Dental records", exact=True).check()
    expect(said).to_contain_text("dental records")
    page.get_by_label("Dental records", exact=True).uncheck()
    expect(said).not_to_contain_text("dental records")
    assert Draft.objects.get().answers == "{}"
    base = start(page_without_javascript)
    page_without_javascript.goto(f"{base}data/")
    assert page_without_javascript.locator(".said").inner_text() == ""


def test_a_draft_is_there_when_the_browser_is_opened_again(page, browser, live_server):
    base = start(page)
    page.get_by_label("What is the full legal name of your organization?").fill("Birch Dental")
    save(page)
    kept = page.context.storage_state()
    with visitor(browser, live_server.url, storage_state=kept) as again:
        again.goto("/")
        again.get_by_role("link", name="Birch Dental", exact=True).click()
        expect(again).to_have_url(f"{base}practice/")
        expect(again.get_by_label("What is the full legal name")).to_have_value("Birch Dental")


def test_an_answer_is_changed_from_the_review_and_the_policy_follows(page):
    base = start_from_example(page, 0)
    page.goto(f"{base}review/")
    page.get_by_role("link", name="Change What is the full legal name").click()
    expect(page).to_have_url(re.compile(r"practice/\?from=review#q-practice_name$"))
    name = page.get_by_label("What is the full legal name of your organization?")
    name.fill("")
    page.get_by_role("button", name="Save and return to the review").click()
    expect(page.get_by_role("alert")).to_be_focused()
    name.fill("Willow Law, PLLC")
    page.get_by_role("button", name="Save and return to the review").click()
    expect(page).to_have_url(f"{base}review/")
    expect(page.get_by_role("region", name="Policy text")).to_contain_text("Willow Law, PLLC")


def test_a_draft_is_deleted_only_after_asking(page):
    base = start_from_example(page, 0)
    page.goto(f"{base}review/")
    page.get_by_role("link", name="Delete this draft").click()
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name="Delete this draft").click()
    page.get_by_role("button", name="Delete the draft").click()
    expect(page.get_by_text("is deleted.")).to_be_visible()
    assert Draft.objects.count() == 0
    assert page.goto(f"{base}review/").status == 404


def focused(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        """() => {
            const e = document.activeElement;
            const box = e.closest(".choice") && e.matches("input") ? e.closest(".choice") : e;
            const style = getComputedStyle(box);
            const r = e.getBoundingClientRect();
            return {tag: e.tagName, text: e.innerText || e.value || "", name: e.name || "",
                    type: e.type || "", hidden: e.closest("[aria-hidden=true]") !== null,
                    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                    visible: r.bottom > 0 && r.top < innerHeight};
        }"""
    )
    return found


def test_two_pages_with_the_keyboard_alone_and_the_focus_always_visible(page):
    start(page)
    page.keyboard.press("Tab")
    assert focused(page)["text"] == "Skip to the content"
    page.keyboard.press("Enter")
    for expected in ("Your practice", "What the policy covers"):
        expect_heading(page, expected)
        page.keyboard.press("Tab")
        for _ in range(200):
            now = focused(page)
            assert now["outline"], now
            assert now["visible"], now
            assert not now["hidden"], now
            if now["text"].strip() == SAVE:
                break
            if now["name"] == "practice-practice_name":
                page.keyboard.type("Birch Dental")
            elif now["type"] == "radio" or now["text"] == "dont-know":
                page.keyboard.press("Space")
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    expect_heading(page, "Where people live")
