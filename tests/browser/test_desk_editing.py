"""Writing clauses and options in a real browser: with and without JavaScript, on a phone, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from policygen.core.body import BODY_LIMIT
from policygen.library.loading import load_library
from policygen.library.models import Clause, Option
from tests.browser.looks import assert_accessible, assert_reads_well
from tests.conftest import visitor
from tests.library.desk.writers import (
    APPROVERS,
    CLAUSES,
    DRAFTERS,
    NEW_CLAUSE,
    TODAY,
    address,
    clause_fields,
    client_of,
    draft,
    member,
    newest,
    only_examples,
)
from tests.library.folders import make
from tests.signing_in import cookies_of

pytestmark = [pytest.mark.usefixtures("library"), pytest.mark.timeout(900)]

DESK = {"viewport": {"width": 1280, "height": 900}}
DESK_AND_PHONE = ("desk", "phone")


@pytest.fixture
def library(transactional_db: None, live_server: Any, tmp_path: Path) -> Iterator[None]:
    load_library(make(tmp_path / "clauses"), today=TODAY)
    with only_examples(elm_dental={"practice_name": "Elm, LLC", "data": ["records"]}):
        yield


def sign_in(page: Page, where: str, *groups: str) -> None:
    page.context.add_cookies(cookies_of(client_of(member(*groups)), where))


@pytest.fixture
def drafter(browser: Browser, live_server: Any) -> Iterator[Page]:
    with visitor(browser, live_server.url, **DESK) as page:
        sign_in(page, live_server.url, DRAFTERS)
        yield page


@pytest.fixture
def drafter_without_javascript(browser: Browser, live_server: Any) -> Iterator[Page]:
    with visitor(browser, live_server.url, **DESK, java_script_enabled=False) as page:
        sign_in(page, live_server.url, DRAFTERS)
        yield page


def test_a_clause_is_written_with_pickers_placeholders_and_a_preview(drafter: Page) -> None:
    drafter.goto(CLAUSES)
    drafter.get_by_role("link", name="Add clause").click()
    drafter.get_by_label("Slug").fill("records")
    drafter.get_by_label("Title").fill("Records")
    drafter.get_by_label("Section").select_option("What we collect")
    drafter.get_by_label("Order").fill("20")

    some = drafter.get_by_role("group", name="At least one of these holds")
    some.get_by_label("Answer 1 that").fill("data:records")
    some.get_by_label("Answer 1 that").press("Tab")
    expect(some.get_by_text("Records — What do you keep?")).to_be_visible()
    expect(drafter.locator("#condition-sentence")).to_contain_text("people chose “Records”")
    some.get_by_role("button", name="Add a row").click()
    expect(some.get_by_label("Answer 4 that")).to_be_focused()

    drafter.get_by_label("Text", exact=True).fill("Here is : safe.")
    drafter.locator("#id_body").evaluate("area => area.setSelectionRange(8, 8)")
    drafter.get_by_text("Placeholders that can stand in the text").click()
    drafter.get_by_label("Find a placeholder").fill("health listing")
    expect(drafter.locator("#placeholder-count")).to_have_text("1 found")
    drafter.get_by_role("button", name="{{ data.health | listing }}").click()
    expect(drafter.locator("#id_body")).to_have_value("Here is {{ data.health | listing }}: safe.")
    preview = drafter.locator("#preview")
    expect(preview).to_contain_text("Here is your records: safe.")
    drafter.get_by_label("With the answers of").select_option("Elm Dental")
    expect(preview).to_contain_text("We keep your records. Here is your records: safe.")

    drafter.locator("#id_body").fill("{{ dat }}")
    expect(preview).to_contain_text("“dat” names no answer. Did you mean “data”?")
    drafter.get_by_role("button", name="Save the draft").click()
    expect(drafter.get_by_role("alert")).to_contain_text("Did you mean “data”?")
    drafter.locator("#id_body").fill("Here are {{ data.health | listing }}.")
    drafter.get_by_label("Reason for the change").fill("Nobody says it yet")
    drafter.get_by_role("button", name="Save the draft").click()
    expect(drafter.get_by_text("Saved as a draft.")).to_be_visible()
    version = newest("records")
    assert version.when == {"any": ["data:records"]}
    assert version.body == "Here are {{ data.health | listing }}."


def test_a_clause_is_written_without_javascript(drafter_without_javascript: Page) -> None:
    page = drafter_without_javascript
    page.goto(NEW_CLAUSE)
    page.get_by_label("Slug").fill("records")
    page.get_by_label("Title").fill("Records")
    page.get_by_label("Section").select_option("What we collect")
    page.get_by_label("Order").fill("20")
    none = page.get_by_role("group", name="None of these holds")
    none.get_by_label("Answer 3 that").fill("data:name")
    none.get_by_role("button", name="Add a row").click()
    none = page.get_by_role("group", name="None of these holds")
    expect(none.get_by_label("Answer 1 that")).to_have_value("data:name")
    expect(none.get_by_label("Answer 4 that")).to_have_value("")
    expect(page.locator("#condition-sentence")).to_contain_text("“Name”")
    expect(page.get_by_label("Title")).to_have_value("Records")
    page.get_by_label("Text", exact=True).fill("We respect you.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("We respect you.")
    assert not Clause.objects.filter(pk="records").exists()
    page.get_by_text("Placeholders that can stand in the text").click()
    page.get_by_text("What do you keep?", exact=True).last.click()
    expect(page.get_by_text("{{ data.health | bullets }}")).to_be_visible()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Saved as a draft.")).to_be_visible()
    assert newest("records").when == {"none": ["data:name"]}


def test_a_condition_is_picked_by_keyboard_alone(drafter: Page) -> None:
    drafter.goto(address(draft("data")))
    drafter.get_by_label("Continues the paragraph").focus()
    for _ in range(3):
        drafter.keyboard.press("Tab")
    drafter.keyboard.press("Tab")  # to the button below the three empty rows
    drafter.keyboard.press("Enter")
    drafter.keyboard.type("data:name")
    every = drafter.get_by_role("group", name="All of these hold")
    expect(every.get_by_label("Answer 4 that")).to_have_value("data:name")
    drafter.keyboard.press("Enter")  # saves, as in any form
    expect(drafter.get_by_text("Saved as a draft.")).to_be_visible()
    assert newest("data").when == {"all": ["data:name"], "any": ["data"]}


def test_two_people_at_one_draft_see_both_texts(drafter: Page) -> None:
    version = draft("data")
    drafter.goto(address(version))
    theirs = clause_fields(version, body="We keep {{ data | listing }} with care.")
    other = client_of(member(DRAFTERS, name="other"))
    assert other.post(address(version), theirs).status_code == 302
    drafter.locator("#id_body").fill("We store {{ data | listing }}.")
    drafter.get_by_role("button", name="Save the draft").click()
    expect(drafter.get_by_role("heading", name="Two people wrote to this")).to_be_visible()
    expect(drafter.get_by_role("region", name="Text: theirs")).to_contain_text("with care.")
    expect(drafter.locator(".conflict ins").first).to_contain_text("added: ")
    expect(drafter.locator("#id_body")).to_have_value("We store {{ data | listing }}.")
    assert_accessible(drafter)
    drafter.get_by_role("button", name="Save the draft").click()
    expect(drafter.get_by_text("Saved as a draft.")).to_be_visible()
    assert newest("data").body == "We store {{ data | listing }}."


def test_a_text_that_is_far_too_long_never_leaves_the_page(drafter: Page) -> None:
    drafter.goto(address(draft("data")))
    drafter.locator("#id_body").evaluate(
        "(area, size) => { area.value = 'x'.repeat(size) }", 3 * BODY_LIMIT
    )
    drafter.get_by_role("button", name="Save the draft").click()
    expect(drafter.get_by_role("alert")).to_have_text(
        "This has 196,608 characters. Shorten it to 65,536 or fewer."
    )
    assert drafter.locator("#id_body").input_value() == "x" * 3 * BODY_LIMIT


def test_leaving_with_something_unsaved_asks_first(drafter: Page) -> None:
    version = draft("data")
    drafter.goto(address(version))
    drafter.get_by_label("Title").press_sequentially("!")
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    drafter.on("dialog", stay)
    drafter.get_by_role("link", name="Leave without saving").click()
    expect(drafter.get_by_label("Title")).to_have_value("!What we keep")
    assert asked == ["beforeunload"]


def test_an_option_is_written_beside_its_siblings(drafter: Page) -> None:
    drafter.goto("/admin/library/option/add/")
    drafter.get_by_label("Question and group").select_option("Health")
    drafter.get_by_label("Id", exact=False).first.fill("palm-vein-scan")
    drafter.get_by_label("Label").fill("Palm vein scan")
    drafter.get_by_label("Help").fill("Used to know people again.")
    drafter.get_by_label("Phrase").fill("a scan of your palm")
    drafter.get_by_role("button", name="Save the draft").click()
    expect(drafter.get_by_text("Saved as a draft.")).to_be_visible()
    expect(drafter.get_by_text("your records")).to_be_visible()
    assert Option.objects.get(pk="data:palm-vein-scan").state == "draft"


def test_pages_are_accessible_and_fit(drafter: Page, live_server: Any) -> None:
    released = address(newest("speaker"))
    version = draft("data")
    for path in [
        CLAUSES,
        NEW_CLAUSE,
        address(version),
        released,
        "/admin/library/option/?question=data",
        address(Option.objects.get(pk="data:records")),
        "/admin/library/option/add/",
        "/admin/library/question/data/change/",
        "/admin/library/section/collect/change/",
        "/admin/library/policytitle/title/change/",
    ]:
        drafter.goto(path)
        expect(drafter.get_by_role("heading", level=1)).to_be_visible()
        if drafter.locator("#placeholder-list").count():
            drafter.locator("#placeholder-list > summary").click()
            drafter.get_by_label("Find a placeholder").fill("data")
        assert_reads_well(drafter, looks=DESK_AND_PHONE)
    drafter.goto(NEW_CLAUSE)
    drafter.get_by_label("Title").fill("x")
    drafter.get_by_role("button", name="Save the draft").click()
    expect(drafter.get_by_role("alert")).to_be_visible()
    assert_reads_well(drafter, looks=DESK_AND_PHONE)
    sign_in(drafter, live_server.url, APPROVERS)
    drafter.goto(address(version))
    assert_reads_well(drafter, looks=DESK_AND_PHONE)
