"""The pages of groups in a real browser: axe-core, widths, a keyboard, and no script needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from policygen.policies.drafting.drafts import save_answers
from policygen.policies.drafting.groups import draft_of_level, level_for
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Policy
from policygen.practices.models import Brand, Location
from tests.browser.looks import FEW, assert_reads_well
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.cast import policy_of, published
from tests.releases import release_changes
from tests.signing_in import cookies_of, sign_in
from tests.wizard.visitors import FOLDER, answers

pytestmark = pytest.mark.timeout(900)


@dataclass
class Scene:
    """A group with a brand, and a location in it that differs in two answers."""

    made: Fleet
    brand: Brand
    draft: Draft
    root: Draft

    def addresses(self) -> dict[str, str]:
        group, slug = self.made.group.get_absolute_url(), self.made.people.practice.slug
        office = f"{group}locations/{self.made.locations[0].pk}/"
        return {
            "group": group,
            "location": office,
            "page": f"/drafts/{self.draft.pk}/practice/",
            "places": f"/drafts/{self.draft.pk}/scope/",
            "review": f"/drafts/{self.draft.pk}/review/",
            "list": f"/practices/{slug}/groups/",
            "new": f"/practices/{slug}/groups/new/",
            "settings": f"{group}settings/",
            "delete": f"{group}delete/",
            "brand": f"{group}brands/{self.brand.pk}/",
            "nothing differs": f"{group}locations/{self.made.locations[1].pk}/",
            "take all": f"/drafts/{self.draft.pk}/delete/",
            "of the group": f"/drafts/{self.root.pk}/review/",
            "brands": f"/practices/{slug}/brands/",
            "new brand": f"/practices/{slug}/brands/new/",
            "delete brand": f"/practices/{slug}/brands/{self.brand.pk}/delete/",
            "locations": f"/practices/{slug}/locations/?q=office",
            "overview": f"/practices/{slug}/",
        }


FULLY = {"group", "location", "page", "places", "review"}
"""The kinds of pages that are looked at in every way; the others are made of the same pieces."""


@pytest.fixture
def scene(transactional_db: None, live_server: Any, settings: Any) -> Scene:
    settings.CLAUSES_DIR = FOLDER
    release_changes(FOLDER)
    made = fleet(60)
    owner = made.people.owner
    brand = Brand.objects.create(practice=made.people.practice, name="Smile & Co")
    Location.objects.filter(pk__in=[one.pk for one in made.locations[:9]]).update(brand=brand)
    Location.objects.filter(pk=made.locations[5].pk).update(address="")
    of_brand = draft_of_level(level_for(made.group, brand=brand), owner)
    save_answers(Holder(user=owner), of_brand.pk, answers({"motto": "We smile."}))
    draft = draft_of_level(level_for(made.group, location=made.locations[0]), owner)
    own = {"motto": "We smile a lot, and longer than anybody.", "data": ["name"]}
    save_answers(Holder(user=owner), draft.pk, answers(own))
    root = Draft.objects.get(level__group=made.group, level__brand=None, level__location=None)
    return Scene(made, brand, draft, root)


@pytest.fixture
def signed_in(page: Page, scene: Scene, live_server: Any) -> Page:
    page.context.add_cookies(
        cookies_of(sign_in(Client(), scene.made.people.owner), live_server.url)
    )
    return page


def test_every_page_of_groups_reads_well_in_every_look(signed_in, scene, live_server):
    for name, address in scene.addresses().items():
        response = signed_in.goto(f"{live_server.url}{address}")
        assert response is not None
        assert response.status == 200, name
        if name in FULLY:
            assert_reads_well(signed_in, name)
        else:
            assert_reads_well(signed_in, name, FEW)


def test_a_manager_finds_a_location_and_takes_an_answer_back_with_the_keyboard(
    signed_in, scene, live_server
):
    page = signed_in
    page.goto(f"{live_server.url}{scene.made.group.get_absolute_url()}")
    page.get_by_label("Look for a location").fill("Office 1")
    page.get_by_label("Show").select_option("different")
    page.get_by_role("button", name="Search").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 of 60 locations")
    page.get_by_role("link", name="Office 1").first.press("Enter")
    rows = page.get_by_role("row")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Take the brand’s answer to “What is your motto?”").press(
        "Enter"
    )
    expect(rows).to_have_count(2)
    expect(page.get_by_role("status")).to_contain_text("takes this answer from the group again")


def test_without_scripts_a_group_is_set_up_and_a_location_differs(
    page_without_javascript, scene, live_server
):
    page = page_without_javascript
    client = sign_in(Client(), scene.made.people.editor)
    page.context.add_cookies(cookies_of(client, live_server.url))
    page.goto(f"{live_server.url}/practices/{scene.made.people.practice.slug}/groups/new/")
    page.get_by_label("Title").fill("Websites")
    page.get_by_label("Elm Dental", exact=True).check()
    page.get_by_role("button", name="Set up the group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Websites")
    page.get_by_role("link", name="Office 2", exact=True).click()
    page.get_by_role("button", name="Change answers here").click()
    expect(page.get_by_role("navigation", name="Where you are")).to_contain_text("Websites")
    page.get_by_role("link", name="Change What are you called for short?").click()
    page.get_by_role("textbox", name="What are you called for short?").fill("Elm West")
    page.get_by_role("button", name="Save and return to the review").click()
    page.get_by_role("link", name="What differs here").click()
    row = page.get_by_role("row", name="What are you called for short?")
    expect(row).to_contain_text("Elm West")


def test_an_owner_closes_a_location_with_the_keyboard_and_strangers_read_of_it(
    signed_in, scene, live_server
):
    page, practice = signed_in, scene.made.people.practice
    policy = policy_of(scene.made.people, "For one office")
    Policy.objects.filter(pk=policy.pk).update(location=scene.made.locations[1])
    published(policy, scene.made.people.owner)
    listed = f"{live_server.url}/practices/{practice.slug}/locations/"
    page.goto(f"{listed}?q=Office 2")
    page.get_by_role("link", name="Delete Office 2", exact=True).press("Enter")
    page.get_by_role("link", name="Close the location").press("Enter")
    assert_reads_well(page, "close a location")
    page.get_by_label("Closed on").fill("9999-01-01")
    page.get_by_role("button", name="Close the location").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("is still to come")
    assert_reads_well(page, "a day to come", FEW)
    page.get_by_label("Closed on").fill("2026-03-01")
    page.get_by_role("button", name="Close the location").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is closed")
    page.get_by_role("link", name="Show closed locations (1)").press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="Office 2")).to_contain_text(
        "Closed on March 1, 2026"
    )
    assert_reads_well(page, "closed locations")
    page.goto(f"{live_server.url}{policy.public_path}")
    expect(page.get_by_role("note")).to_contain_text("Office 2 closed on March 1, 2026.")
    assert_reads_well(page, "the policy of a closed location")
    page.get_by_role("link", name="All versions", exact=True).press("Enter")
    expect(page.get_by_role("note")).to_contain_text("Office 2 closed on")
    assert_reads_well(page, "the versions of the policy of a closed location", FEW)
    page.goto(f"{listed}{scene.made.locations[1].pk}/")
    assert_reads_well(page, "the page of a closed location", FEW)
    page.get_by_role("button", name="Reopen the location").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is open again")
