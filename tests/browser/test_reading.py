"""A draft read, reviewed and worded, in a real browser: axe-core, widths, and no script needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from policygen.policies.drafting.drafts import move_draft, open_draft, save_answers
from policygen.policies.drafting.wording import reword
from policygen.policies.holders import Holder
from policygen.policies.models import Draft
from policygen.policies.reviewing import review
from tests.browser.looks import FEW, assert_reads_well
from tests.browser.pressing import send
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, policy_of, published
from tests.releases import release_changes
from tests.signing_in import cookies_of, sign_in
from tests.wizard.visitors import FOLDER, answers

pytestmark = pytest.mark.timeout(900)


@dataclass
class Scene:
    """A practice with a published policy, a draft in review, and the files of the release."""

    people: Cast
    draft: Draft
    folder: Path

    def by(self, name: str) -> Holder:
        return Holder(user=getattr(self.people, name))

    def worded(self, slug: str, text: str) -> None:
        found = open_draft(self.by("owner"), self.draft.pk)
        reword(self.by("owner"), found, slug, text, revision=found.draft.revision)

    def now(self) -> Draft:
        return Draft.objects.get(pk=self.draft.pk)

    def submitted(self) -> None:
        review.submit(self.by("editor"), self.draft.pk, revision=self.now().revision)

    def released(self) -> None:
        """Change a clause that the practice worded, and take another one out."""
        change(self.folder, "about/data.md", "We keep the following", "We store the following")
        (self.folder / "about" / "years.md").unlink()
        change(self.folder, "vocabulary.yaml", YEARS, "")
        change(self.folder, "examples/elm.yaml", '  retention_years: "7"\n', "")
        to = release_changes(self.folder).digest
        move_draft(self.by("owner"), self.draft.pk, to=to, revision=self.now().revision)


YEARS = (
    "  - {id: retention_years, page: retention, kind: number, min: 1, max: 30, "
    'ask: "How many years do you keep it?", help: "A number.", example: "7"}\n'
)


@pytest.fixture
def scene(transactional_db: None, live_server: Any, settings: Any, tmp_path: Path) -> Scene:
    settings.CLAUSES_DIR = folder = Path(shutil.copytree(FOLDER, tmp_path / "clauses"))
    settings.DATA_DIR = tmp_path
    release_changes(folder)
    people = cast()
    policy = policy_of(people)
    published(policy, people.owner)
    return Scene(people, drafted(policy, people.editor, motto="We care."), folder)


def signed_in(page: Page, live_server: Any, user: User) -> None:
    page.context.clear_cookies()
    page.context.add_cookies(cookies_of(sign_in(Client(), user), live_server.url))


def states(page: Page, scene: Scene, live_server: Any) -> Iterator[str]:
    """Go through the pages in every state, naming each."""
    reading = f"/drafts/{scene.draft.pk}/reading/"
    data = f"/drafts/{scene.draft.pk}/wording/data/"
    signed_in(page, live_server, scene.people.reviewer)
    page.goto(reading)
    yield "a draft that nobody reviews"
    scene.worded("data", "Of *you* we keep {{ data | listing }}.\n\n- One\n- Two")
    scene.worded("years", "{{ retention_years }} years, then it goes.")
    scene.submitted()
    page.goto(reading)
    page.locator("#clause-data .remark > summary").click()
    page.get_by_label("Your comment on “What we keep”").fill("Which records, exactly?")
    page.get_by_role("button", name="Add the comment on “What we keep”").click()
    expect(page.get_by_text("Which records, exactly?").first).to_be_visible()
    page.locator("#clause-data").get_by_text("What it changes").click()
    yield "a draft in review with a comment and a wording"
    page.goto(f"{reading}?show=changes")
    yield "the redline"
    page.goto(reading)
    page.get_by_text("Send it back", exact=True).click()
    page.get_by_role("button", name="Send the draft back").click()
    expect(page.get_by_text("That was not done")).to_be_visible()
    yield "no reason"
    page.goto(reading)
    save_answers(scene.by("editor"), scene.draft.pk, answers({"retention_years": "9"}))
    scene.submitted()
    page.get_by_role("button", name="Approve this draft").click()
    expect(page.get_by_text("The draft changed while you read it")).to_be_visible()
    yield "changed meanwhile"
    page.get_by_role("button", name="Approve this draft").click()
    expect(page.get_by_role("heading", name="Approved")).to_be_visible()
    yield "approved"
    page.goto(data)
    page.get_by_label("The text of the clause").fill("We keep this:\n\n{{ dta | bullets }}")
    page.get_by_role("button", name="Show how it prints").click()
    expect(page.get_by_text("Your text cannot stand as it is")).to_be_visible()
    yield "a wording with a mistake"
    page.get_by_label("The text of the clause").fill("We keep this:\n\n{{ data | bullets }}")
    page.get_by_role("button", name="Show how it prints").click()
    expect(page.get_by_role("heading", name="How your text would print")).to_be_visible()
    page.get_by_text("Other answers that you can have filled in").click()
    yield "a wording tried out"
    scene.released()
    page.goto(reading)
    expect(page.get_by_text("2 wordings wait for a decision")).to_be_visible()
    yield "wordings that wait"
    page.goto(data)
    yield "three texts"
    page.goto(f"/drafts/{scene.draft.pk}/wording/years/")
    send(page, "Let it go")
    yield "one let go"
    page.goto(f"/drafts/{scene.draft.pk}/wording/years/")
    page.get_by_text("The wording that was let go").click()
    yield "a wording of before"


def test_axe_finds_nothing_and_every_page_fits_in_every_state(scene, page, live_server):
    for state in states(page, scene, live_server):
        assert_reads_well(page, state, (*FEW, "forced colours"))


def test_a_draft_is_reviewed_without_javascript(scene, page_without_javascript, live_server):
    seen = list(states(page_without_javascript, scene, live_server))
    assert len(seen) == 12
