"""A newer release, seen by somebody in the middle of an interview."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from policygen.policies.models import Draft
from tests.browser.looks import assert_reads_well
from tests.browser.test_interview import save, start_from_example
from tests.library.folders import change, write
from tests.releases import release_changes
from tests.wizard.visitors import FOLDER

pytestmark = pytest.mark.timeout(900)

RECORDS = (
    "      - {id: records, group: health, label: Records, help: Charts., phrase: your records}\n"
)
PHOTOS = (
    "      - {id: photos, group: identity, label: Photos, help: Of you., phrase: your photos}\n"
)
PETS = '  - {id: pets, page: data, kind: text, ask: "Any pets?", help: "All.", example: "A dog"}\n'
NOTES = "Records are no longer offered.\n\nPhotos are, and pets are asked for."


@pytest.fixture
def files(transactional_db: None, live_server: Any, settings: Any, tmp_path: Path) -> Path:
    """The files of a small library in force, to be changed for the next release."""
    settings.CLAUSES_DIR = shutil.copytree(FOLDER, tmp_path / "clauses")
    release_changes(tmp_path / "clauses", title="First")
    return tmp_path / "clauses"


def release_the_next(folder: Path) -> None:
    """Take an option, a question and a clause out, and put others in."""
    lines = (folder / "vocabulary.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if "id: motto" not in line)
    write(folder, "vocabulary.yaml", text)
    change(folder, "vocabulary.yaml", RECORDS, PHOTOS)
    change(folder, "vocabulary.yaml", "  - id: marketing\n", PETS + "  - id: marketing\n")
    change(folder, "vocabulary.yaml", "Mail, help: Letters.", "Mail, help: Letters and cards.")
    (folder / "about" / "motto.md").unlink()
    write(
        folder, "about/pets.md", "---\ntitle: Pets\norder: 90\nclaims: []\n---\nPets: {{ pets }}\n"
    )
    change(folder, "about/data.md", "We keep the following about you", "We store this of yours")
    change(folder, "about/no-health.md", "{none: [data.health]}", "{none: [data]}")
    change(
        folder, "examples/elm.yaml", "  data: [name, records]\n", "  data: [name]\n  pets: none\n"
    )
    change(folder, "examples/elm.yaml", "  motto: none\n", "")
    release_changes(folder, title="Photos and pets", notes=NOTES)


def states(page: Page, folder: Path) -> Any:
    base = start_from_example(page, 0)
    release_the_next(folder)
    page.goto(f"{base}data/")
    yield "a page with the notice"
    page.get_by_text("What is new").click()
    expect(page.get_by_text("Photos are, and pets are asked for.")).to_be_visible()
    yield "the notes on a page"
    other = page.context.new_page()
    other.goto(f"{base}data/")
    page.goto(f"{base}review/")
    yield "the review with the notice"
    page.get_by_role("link", name="See what release 2 would change").click()
    expect(page.get_by_role("button", name="Move to release 2")).to_be_visible()
    yield "what would change"
    other.get_by_label("Date of birth").check()
    save(other)
    page.get_by_role("button", name="Move to release 2").click()
    expect(page.get_by_role("heading", name="Your draft was not moved")).to_be_visible()
    yield "not moved"
    other.goto(f"{base}data/")
    page.get_by_role("button", name="Move to release 2").click()
    expect(page.get_by_text("Your draft now uses release 2.")).to_be_visible()
    yield "the review after moving"
    other.get_by_label("Date of birth").uncheck()
    save(other)
    expect(other.get_by_text("This draft was moved to another release")).to_be_visible()
    other.close()
    page.goto(f"{base}data/")
    expect(page.get_by_label("Records")).to_be_checked()
    expect(page.get_by_text("No longer offered")).to_be_visible()
    yield "a page with a retired option"
    Draft.objects.update(release="d" * 64)
    page.goto(f"{base}data/")
    yield "a page of a draft whose release is gone"


def test_axe_finds_nothing_and_everything_fits(files, page):
    for state in states(page, files):
        assert_reads_well(page, state, ("desk", "desk in the dark", "phone"))


def test_it_works_without_javascript_and_by_keyboard_alone(files, page_without_javascript):
    page = page_without_javascript
    base = start_from_example(page, 0)
    release_the_next(files)
    page.goto(f"{base}review/")
    page.get_by_role("link", name="See what release 2 would change").press("Enter")
    page.get_by_role("button", name="Move to release 2").press("Enter")
    expect(page.get_by_text("Your draft now uses release 2.")).to_be_visible()
