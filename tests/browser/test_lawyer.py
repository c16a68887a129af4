"""A sentence from a lawyer's mind to a patient's PDF, by clicking, with the whole library.

A drafter writes an option and its clause and tries it out, a second person approves both, a release
manager publishes; then a practice finds the option in the interview and the sentence in its PDF,
while release 1 still gives the former document, byte for byte.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from policygen.library.models import Release
from tests.browser.test_accounts import enter_code
from tests.conftest import visitor
from tests.rendering.text_of import text_of_pdf

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("clauses")]

PASSWORD = "quiet-Lantern-77"
ANSWERS = settings.CLAUSES_DIR / "examples" / "two-location-dental.yaml"
SENTENCE = "We scan the veins of your palm to know you again at your next visit."
LogIn = Callable[[str], Page]


@pytest.fixture
def log_in(
    clauses: None, browser: Browser, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LogIn]:
    """Give the desk as it shows to somebody with one role, each in a browser of their own."""
    with ExitStack() as browsers:

        def enter(role: str) -> Page:
            monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
            address = f"{role}@example.org"
            call_command("add_person", address, role=[role], stdout=io.StringIO())
            page = browsers.enter_context(visitor(browser, live_server.url))
            page.goto("/admin/")
            page.get_by_label("E-mail address").fill(address)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.get_by_role("link", name="Use an app").click()
            enter_code(page, "Finish", page.locator(".secret").inner_text())
            page.get_by_role("link", name="I have kept them, go on").click()
            expect(page.get_by_role("heading", level=1, name="The desk")).to_be_visible()
            return page

        yield enter


def generated(folder: Path, *options: str) -> bytes:
    file = folder / "policy.pdf"
    call_command(
        *("generate", str(ANSWERS), "--format", "pdf", "--on", "2026-11-22"),
        *("--output", str(file), *options),
        stdout=io.StringIO(),
    )
    return file.read_bytes()


def write_option(desk: Page) -> None:
    desk.goto("/admin/library/option/add/")
    desk.get_by_label("Question and group").select_option(label="Health and care")
    desk.get_by_label("Id").fill("palm-vein-scan")
    desk.get_by_label("Label").fill("Palm vein scan")
    desk.get_by_label("Help", exact=True).fill("You scan people’s palms to know them again.")
    desk.get_by_label("Phrase").fill("a scan of the veins of your palm")
    desk.get_by_label("Order").fill("75")
    desk.get_by_label("Reason for the change").fill("Practices have bought scanners.")
    desk.get_by_role("button", name="Save the draft").click()
    desk.get_by_role("button", name="Submit for review").click()
    expect(desk.get_by_text("In review").first).to_be_visible()


def write_clause(desk: Page) -> None:
    desk.goto("/admin/library/clauseversion/add/")
    desk.get_by_label("Slug").fill("palm-vein-scan")
    desk.get_by_label("Title").fill("Palm vein scan")
    desk.get_by_label("Section").select_option("What we collect")
    desk.get_by_label("Order").fill("61")
    every = desk.get_by_role("group", name="All of these hold")
    every.get_by_label("Answer 1 that").fill("data:palm-vein-scan")
    desk.get_by_label("Text", exact=True).fill(SENTENCE)
    preview = desk.locator(".desk-preview")
    expect(preview).to_contain_text(SENTENCE)
    desk.get_by_label("Claims").fill("collect(data:palm-vein-scan)")
    desk.get_by_label("Reason for the change").fill("The law wants biometric data named.")
    desk.get_by_role("button", name="Save the draft").click()


def approve(desk: Page, title: str) -> None:
    desk.goto("/admin/pieces/review/")
    desk.get_by_role("link", name=title).first.click()
    expect(desk.get_by_text("added:").first).to_be_attached()
    desk.get_by_role("button", name="Approve").click()
    expect(desk.get_by_text("Approved").first).to_be_visible()


def release(desk: Page) -> None:
    desk.get_by_role("link", name="What waits for the next release").click()
    desk.get_by_label("Title").fill("Palm vein scans")
    desk.get_by_role("button", name="Prepare the release").click()
    desk.get_by_role("button", name="Try it out").click()
    expect(desk.get_by_role("button", name="Publish Release 2")).to_be_visible()
    desk.get_by_role("button", name="Publish Release 2").click()
    expect(desk.get_by_text("Release 2 is published and in force.")).to_be_visible()


def test_a_sentence_from_a_draft_to_a_policy(log_in: LogIn, page: Page, tmp_path: Path) -> None:
    before = generated(tmp_path)

    drafter = log_in("drafter")
    write_option(drafter)
    write_clause(drafter)
    drafter.get_by_role("link", name="What changes").click()
    drafter.get_by_role("button", name="Try it out").click()
    expect(drafter.get_by_role("heading", name="Documents that change")).to_be_visible()
    drafter.go_back()
    drafter.go_back()
    drafter.get_by_role("button", name="Submit for review").click()
    expect(drafter.get_by_text("It is in review now.")).to_be_visible()

    approver = log_in("approver")
    approve(approver, "Palm vein scan")
    approve(approver, "Palm vein scan")
    release(log_in("releaser"))
    assert Release.objects.get(number=2).published_by is not None

    page.goto("/")
    example = page.get_by_role("listitem").filter(has_text="Two-location dental practice")
    example.get_by_role("button", name="Use this example").click()
    page.goto(page.url.replace("/practice/", "/data/"))
    page.get_by_label("Palm vein scan").check()
    draft = page.url.rsplit("/", 2)[0]
    page.get_by_role("button", name="Save and continue").click()
    expect(page).not_to_have_url(f"{draft}/data/")
    with page.expect_download() as download:
        page.goto(f"{draft}/review/")
        page.get_by_role("link", name="PDF").click()
    with pikepdf.open(download.value.path()) as pdf:
        assert len(pdf.pages) > 1
    assert SENTENCE in " ".join(text_of_pdf(download.value.path().read_bytes()).split())

    assert generated(tmp_path, "--release", "1") == before
