"""Locations from a file, in a browser: axe, widths, and what works without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from policygen.practices.models import Location
from tests.browser.looks import FEW, assert_reads_well
from tests.policies.cast import Cast, cast
from tests.practices.browsers import at
from tests.practices.sheets import lines
from tests.signing_in import cookies_of, sign_in

pytestmark = pytest.mark.timeout(900)

LONG = "W" * 120
FILE = lines(
    f"Main Street,{LONG},{LONG} | Springfield,217 555 0100,,desk@example.com",
    f"High Street,Oak,,,,{LONG}",
    f"{LONG},Oak,1 High Street | Elmville,217 555 0111,217 555 0112,a@example.com",
    "=1+1,,,,,",
)


@pytest.fixture
def people(live_server: Any) -> Cast:
    people = cast("Elm Street Dental")
    Location.objects.create(practice=people.practice, name="Main Street", address=f"{LONG}\nx")
    return people


def enter(page: Page, address: str, user: Any) -> None:
    client = sign_in(Client(), user, second_factor=False)
    page.context.add_cookies(cookies_of(client, address))


def choose(page: Page, content: bytes) -> None:
    file: Any = {"name": "locations.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("File with locations").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()


def test_axe_finds_nothing_and_every_state_of_the_pages_fits(page, live_server, people):
    enter(page, live_server.url, people.owner)
    page.goto(at(people.practice, "locations/import/"))
    page.get_by_text("What a file may hold").click()
    assert_reads_well(page, "import")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator(".error-summary")).to_have_count(1)
    assert_reads_well(page, "import, refused", FEW)
    choose(page, FILE)
    expect(page.get_by_role("heading", name="Rows that cannot be imported")).to_be_visible()
    assert_reads_well(page, "preview with bad rows")
    Location.objects.filter(name="Main Street").update(phone="1")
    page.get_by_role("button", name="Import only the 2 good rows").click()
    expect(page.locator(".error-summary")).to_contain_text("changed since you saw")
    assert_reads_well(page, "preview, overtaken", FEW)
    page.get_by_role("button", name="Import only the 2 good rows").click()
    page.get_by_text("The import is done: 1 location added, 1 changed").wait_for()
    assert_reads_well(page, "locations", FEW)
    page.goto(at(people.practice, "locations/import/"))
    choose(page, lines("Main Street", head="Name"))
    page.get_by_text("There is nothing to import").wait_for()
    assert_reads_well(page, "preview without changes", FEW)
    page.goto(at(people.practice, f"locations/{Location.objects.latest('pk').pk}/"))
    assert_reads_well(page, "a location with a brand", FEW)


def test_locations_are_imported_without_scripts_and_with_the_keyboard(
    page_without_javascript, live_server, people
):
    page = page_without_javascript
    enter(page, live_server.url, people.owner)
    page.goto(at(people.practice, "locations/"))
    page.get_by_role("link", name="Import", exact=True).click()
    file: Any = {"name": "x.csv", "mimeType": "text/csv", "buffer": lines("Oak Street,,,,,")}
    page.get_by_label("File with locations").set_input_files(file)
    page.get_by_label("File with locations").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Import 1 location")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 location added").wait_for()
    assert Location.objects.filter(name="Oak Street").exists()


def test_a_template_is_downloaded_and_comes_back(page, live_server, people, tmp_path):
    enter(page, live_server.url, people.owner)
    page.goto(at(people.practice, "locations/import/"))
    with page.expect_download() as started:
        page.get_by_role("link", name="Template for Excel").click()
    assert started.value.suggested_filename == "locations-template.xlsx"
    file = tmp_path / "template.xlsx"
    started.value.save_as(file)
    page.get_by_label("File with locations").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_text("The example of the template was left out").wait_for()
