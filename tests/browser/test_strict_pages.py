"""A policy under the strictest content security policy: the stored page, and its fragment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from policygen.policies.public.pages import fragment_of
from policygen.rendering import html
from tests.conftest import visitor
from tests.rendering import documents

NOTHING = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
VIOLATIONS = """
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""

Serve = Callable[[bytes, str], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve one page under one content security policy; gives its address."""
    servers: list[tuple[HTTPServer, threading.Thread]] = []

    def start(content: bytes, policy: str) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/policy.html" else 404)
                self.send_header("Content-Type", html.CONTENT_TYPE)
                self.send_header("Content-Security-Policy", policy)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        # A browser may open a connection before it needs it: it must not be waited for alone.
        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def open_policy(page: Page) -> list[str]:
    """Open the page and give the violations that it reported itself."""
    page.add_init_script(VIOLATIONS)
    answer = page.goto("/policy.html")
    assert answer is not None
    assert answer.ok
    found: list[str] = page.evaluate("window.violations")
    return found


def style_of(page: Page, selector: str, name: str) -> str:
    script = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
    return str(page.evaluate(script, [selector, name]))


def strict_policy(content: bytes) -> str:
    return f"default-src 'none'; style-src {' '.join(html.style_sources(content))}; {NOTHING}"


@pytest.mark.parametrize("make", [documents.ordinary, documents.hostile])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_stored_page_looks_right_when_only_its_own_stylesheet_is_allowed(
    browser: Browser, serve: Serve, make: Callable[[], Any], width: int
) -> None:
    content = html.render(make()).content
    address = serve(content, strict_policy(content))
    with visitor(browser, address, viewport={"width": width, "height": 800}) as page:
        assert open_policy(page) == []
        assert style_of(page, ".policy", "maxWidth") == "672px"
        assert style_of(page, ".policy h1", "fontSize") == "36px"
        assert style_of(page, "nav ul", "listStyleType") == "none"
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_with_another_stylesheet_is_not_styled_and_that_is_reported(
    browser: Browser, serve: Serve
) -> None:
    content = html.render(documents.ordinary()).content
    address = serve(content.replace(b"42rem", b"43rem"), strict_policy(content))
    with (
        pytest.raises(AssertionError, match="Content Security"),
        visitor(browser, address) as page,
    ):
        assert "style-src-elem inline" in open_policy(page)
        assert style_of(page, ".policy", "maxWidth") == "none"


@pytest.mark.parametrize("make", [documents.ordinary, documents.hostile])
def test_a_page_that_allows_nothing_can_hold_the_fragment(
    browser: Browser, serve: Serve, make: Callable[[], Any]
) -> None:
    around = (
        b'<!doctype html><html lang="en"><meta charset="utf-8"><title>Ours</title>'
        b'<h1>Our practice</h1><nav id="contents"><a href="#about">About</a></nav>%s'
        b'<section id="about"><h2>About us</h2></section>'
    )
    fragment = fragment_of(html.render(make()).content)
    address = serve(around % fragment, f"default-src 'none'; {NOTHING}")
    with visitor(browser, address) as page:
        assert open_policy(page) == []
        assert page.locator("h1").count() == 1
        levels = page.evaluate("[...document.querySelectorAll('.policy :is(h2, h3)')].length")
        assert levels == 2 + len(make().sections)
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
        assert len(set(ids)) == len(ids)
        link = page.locator(".policy nav a").first
        link.click()
        expect(page).to_have_url(f"{address}/policy.html{link.get_attribute('href')}")
        expect(page.locator(":target")).to_have_count(1)
