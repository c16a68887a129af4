"""The pages of a policy in a real browser: axe-core, widths, a keyboard, and no script needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from policygen.policies.drafting.drafts import start_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Policy, PolicyVersion
from tests.browser.looks import FEW, assert_reads_well
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, policy_of, published
from tests.releases import release_changes
from tests.signing_in import cookies_of, sign_in
from tests.wizard.test_releases import PHOTOS, RECORDS
from tests.wizard.visitors import FOLDER, answers, elm

pytestmark = pytest.mark.timeout(900)


@dataclass
class Scene:
    """A practice with three versions of a policy, two drafts of the next, and a newer release."""

    people: Cast
    policy: Policy
    version: PolicyVersion
    draft: Draft
    overtaken: Draft
    empty: Draft
    own: Draft

    def addresses(self) -> dict[str, str]:
        policy = self.policy.get_absolute_url()
        return {
            "policy": policy,
            "settings": f"{policy}settings/",
            "release": f"{policy}release/",
            "version": self.version.get_absolute_url(),
            "publish": f"/drafts/{self.draft.pk}/publish/",
            "superseded": f"/drafts/{self.overtaken.pk}/publish/",
            "blocked": f"/drafts/{self.empty.pk}/publish/",
            "review": f"/drafts/{self.draft.pk}/review/",
            "page": f"/drafts/{self.draft.pk}/data/",
            "delete": f"/drafts/{self.draft.pk}/delete/",
            "keep": f"/drafts/{self.own.pk}/keep/",
        }


@pytest.fixture
def scene(transactional_db: None, live_server: Any, settings: Any, tmp_path: Path) -> Scene:
    settings.CLAUSES_DIR = folder = Path(shutil.copytree(FOLDER, tmp_path / "clauses"))
    release_changes(folder)
    people = cast()
    policy = policy_of(people)
    published(policy, people.owner)
    overtaken = drafted(policy, people.editor, motto="We care.")
    version = published(policy, people.owner, retention_years="9")
    later = timezone.localdate() + timedelta(days=40)
    version = published(policy, people.owner, effective_on=later, data=["name"])
    draft = drafted(policy, people.owner, data=["records"], motto="We care a lot.")
    other = policy_of(people, "For job applicants")
    empty = drafted(other, people.owner)
    Draft.objects.filter(pk=empty.pk).update(answers="{}")
    own = start_draft(Holder(user=people.owner), answers=answers(elm()), title="Elm Dental")
    change(folder, "vocabulary.yaml", RECORDS, PHOTOS + RECORDS)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder, title="Photos", notes="Photos can be ticked.")
    return Scene(people, policy, version, draft, overtaken, empty, own)


def signed_in(page: Page, live_server: Any, user: User) -> None:
    page.context.clear_cookies()
    page.context.add_cookies(cookies_of(sign_in(Client(), user), live_server.url))


def states(page: Page, scene: Scene) -> Iterator[str]:
    """Go through the pages in every state, naming each."""
    for name, address in scene.addresses().items():
        page.goto(address)
        folded = page.locator("details:not([open]) > summary")
        while folded.count():
            folded.first.click()
        yield name
    page.goto(scene.addresses()["publish"])
    page.get_by_label("It takes effect on").fill("")
    page.get_by_role("button", name="Publish version 4").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    yield "mistakes"


def test_axe_finds_nothing_and_every_page_fits_in_every_state(scene, page, live_server):
    signed_in(page, live_server, scene.people.owner)
    for state in states(page, scene):
        assert_reads_well(page, state, FEW)


def test_a_policy_is_drafted_and_published_without_javascript(
    scene, page_without_javascript, live_server
):
    page = page_without_javascript
    signed_in(page, live_server, scene.people.owner)
    page.goto(scene.policy.get_absolute_url())
    page.get_by_role("link", name="Publish the draft of " + scene.people.owner.username).click()
    page.get_by_label("Editorial").check()
    page.get_by_label("Why there is a new version").fill("We have a motto now.")
    page.get_by_role("button", name="Publish version 4").click()
    expect(page.get_by_text("Version 4 is published. It is in force.")).to_be_visible()
    expect(page.get_by_role("heading", name="What to do next")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF", exact=True).click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    page.get_by_role("link", name="Back to").click()
    expect(page.get_by_text("We have a motto now.")).to_be_visible()
    page.get_by_role("link", name="See what release 2 would change").click()
    page.get_by_role("button", name="Take it over into a draft").click()
    expect(page.get_by_text("New choices:")).to_be_visible()
    page.get_by_role("link", name="Delete this draft").click()
    page.get_by_role("button", name="Delete the draft").click()
    expect(page.get_by_text("The draft of “Privacy policy” is deleted.")).to_be_visible()
