"""Published policies in a real browser: for everybody, on every screen, and inside other sites."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from policygen.policies.models import Policy
from policygen.policies.published import publishing
from policygen.rendering import FORMATS, Format
from tests.browser.looks import assert_reads_well
from tests.conftest import visitor
from tests.policies.cast import Cast, cast, policy_of, published
from tests.policies.public.conftest import ADDRESS, days, quick_pdf, restart
from tests.releases import release_changes
from tests.signing_in import cookies_of, sign_in
from tests.wizard.visitors import FOLDER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

LONG = "Zahnheilkunde" * 9


@pytest.fixture
def people(settings: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Cast:
    formats = {**FORMATS, "pdf": Format("PDF", quick_pdf)}
    monkeypatch.setattr(publishing, "FORMATS", formats)
    monkeypatch.setattr(publishing, "renderer", lambda name: "quick")
    settings.CLAUSES_DIR = FOLDER
    settings.SITE_URL = live_server.url
    release_changes(FOLDER)
    restart()
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    """A policy with a superseded, a current and a scheduled version."""
    made = policy_of(people)
    published(made, people.owner)
    published(made, people.owner, short_name=LONG, motto="<b>We care</b>")
    published(made, people.owner, short_name="מרפאת שיניים", effective_on=days(5))
    return made


def states(policy: Policy) -> Iterator[str]:
    yield from ("/", "/v/1/", "/v/2/", "/v/3/", f"/on/{days(0)}/", f"/on/{days(9)}/")
    yield from ("/on/2001-01-01/", "/versions/", "/changes/1..2/", "/changes/1..3/", "/nothing/")
    yield ".html"


def test_every_page_is_accessible_and_fits(page: Page, policy: Policy):
    for tail in states(policy):
        page.goto(ADDRESS + tail)
        assert_reads_well(page, tail, ("desk", "phone", "phone in the dark"))


def test_a_patient_reads_the_policy_in_large_type_and_finds_a_section(page: Page, policy: Policy):
    page.goto(f"{ADDRESS}/")
    paragraph = page.locator(".policy section p").first
    assert float(paragraph.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 18
    page.get_by_role("link", name="2. How to contact us").click()
    expect(page).to_have_url(re.compile(r"#section-contact$"))
    assert page.locator("#section-contact").evaluate("e => e.getBoundingClientRect().top") < 900
    assert page.locator("h1").count() == 1


def test_a_patient_finds_out_what_changed(page: Page, policy: Policy):
    page.goto(f"{ADDRESS}/")
    page.get_by_role("link", name="All versions", exact=True).click()
    page.get_by_role("link", name="What changed in version 2").click()
    expect(page).to_have_url(re.compile(r"/changes/1\.\.2/$"))
    expect(page.locator("ins").first).to_be_visible()
    expect(page.locator("del").first).to_be_visible()
    page.get_by_role("link", name="The current policy").click()
    expect(page).to_have_url(re.compile(f"{ADDRESS}/$"))


def test_paper_has_the_policy_and_not_the_buttons(page: Page, policy: Policy):
    page.goto(f"{ADDRESS}/v/1/")
    page.emulate_media(media="print")
    assert page.locator(".policy").is_visible()
    assert page.get_by_role("note").is_visible()  # on paper, too, it says that it is superseded
    assert not page.locator(".public-end").is_visible()
    assert page.pdf().startswith(b"%PDF")


def test_without_scripts_it_is_the_same_page(page_without_javascript: Page, policy: Policy):
    page_without_javascript.goto(f"{ADDRESS}/")
    assert page_without_javascript.get_by_role("heading", level=1).is_visible()


# ---------------------------------------------------------------- inside other sites

STRICT = "default-src 'none'; style-src 'self'"
STYLE = b"article { color: rgb(1, 2, 3) } h2 { font-size: 20px }"


class Elsewhere(BaseHTTPRequestHandler):
    """A practice's own web site: a page with the policy in it, and the stand-alone file."""

    pages: dict[str, tuple[str, str, bytes]]

    def do_GET(self) -> None:
        content_type, policy, content = self.pages.get(self.path, ("text/plain", STRICT, b""))
        self.send_response(200 if self.path in self.pages else 404)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(policy: Policy) -> Iterator[str]:
    """Serve a web site that took over the fragment and the file as the help page says."""
    stranger = Client()
    fragment = stranger.get(f"{ADDRESS}/fragment/").content
    file = stranger.get(f"{ADDRESS}.html")
    head = b'<!doctype html><html lang="en"><title>Elm</title><link rel="stylesheet" href="/s.css">'
    pages = {
        "/": ("text/html; charset=utf-8", STRICT, head + b"<h1>Elm Dental</h1>" + fragment),
        "/s.css": ("text/css", STRICT, STYLE),
        "/policy.html": (
            file["Content-Type"],
            file["Content-Security-Policy"],
            file.content,
        ),
    }
    # A browser may open a connection before it needs it: it must not be waited for alone.
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Served", (Elsewhere,), {"pages": pages}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_fragment_stands_in_a_page_with_strict_rules(browser: Browser, elsewhere: str):
    with visitor(browser, elsewhere) as page:  # fails at any violation of the rules
        page.goto("/")
        assert page.get_by_text("People call us").is_visible()
        levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map(e => e.tagName)")
        assert levels[:3] == ["H1", "H2", "H3"]
        color = page.locator("article").evaluate("e => getComputedStyle(e).color")
        assert color == "rgb(1, 2, 3)"


def test_the_stand_alone_file_works_under_its_own_rules(browser: Browser, elsewhere: str):
    with visitor(browser, elsewhere) as page:
        page.goto("/policy.html")
        assert page.get_by_text("People call us").is_visible()
        assert page.locator(".policy").evaluate("e => getComputedStyle(e).maxWidth") != "none"


def test_the_file_of_this_site_shows_in_its_own_style(page: Page, policy: Policy):
    page.goto(f"{ADDRESS}.html")
    assert page.locator(".policy").evaluate("e => getComputedStyle(e).maxWidth") != "none"


def test_the_help_for_other_sites_is_accessible_and_fits(
    page: Page, live_server: Any, people: Cast, policy: Policy
):
    page.context.add_cookies(cookies_of(sign_in(Client(), people.viewer), live_server.url))
    page.goto("/practices/elm-dental/policies/privacy-policy/embed/")
    for summary in page.locator("summary").all():
        summary.click()
    assert_reads_well(page, looks=("desk", "phone", "phone in the dark"))
