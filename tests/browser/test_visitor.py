"""The visitors of tests/conftest.py: a page that breaks the site's rules fails its test."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_desk_look import log_in
from tests.conftest import visitor


def test_each_visitor_reaches_the_site(page, page_without_javascript, phone_page):
    for visit in (page, page_without_javascript, phone_page):
        assert visit.goto("/admin/login/").ok
    assert phone_page.evaluate("innerWidth") == 360


@pytest.mark.parametrize(
    ("script", "sign", "problem"),
    [
        ("setTimeout(() => { throw new Error('oops') })", "pageerror", "script error"),
        ("document.body.setAttribute('style', 'color: red')", "console", "Content Security"),
        ("location = 'http://elsewhere.example/'", "requestfailed", "another site"),
    ],
)
def test_a_page_that_breaks_the_rules_fails_its_test(browser, live_server, script, sign, problem):
    with pytest.raises(AssertionError, match=problem), visitor(browser, live_server.url) as page:
        page.goto("/admin/login/")
        with page.expect_event(sign):
            page.evaluate(script)


def test_the_admin_works_under_the_content_security_policy(page, admin_user):
    log_in(page)
    expect(page.locator("#user-tools")).to_contain_text("admin")
