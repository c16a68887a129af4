"""The desk in a real browser: every width, both schemes, and nothing that the site forbids."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from tests.browser.looks import LOOKS, assert_fits, assert_reads_well, look
from tests.signing_in import cookies_of, sign_in

pytestmark = pytest.mark.timeout(900)


def log_in(page: Page) -> None:
    page.goto("/nope")  # so that the page has an address
    client = sign_in(Client(), User.objects.get(username="admin"))
    page.context.add_cookies(cookies_of(client, page.url))
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="The desk", level=1)).to_be_visible()
    page.wait_for_load_state()


def test_the_desk_fits_and_reads_well_in_every_look(page, admin_user):
    User.objects.bulk_create(User(username=f"{'drafter' * 9}{number}") for number in range(3))
    page.goto("/admin/login/")
    assert_reads_well(page)
    log_in(page)
    for address in ("/admin/", "/admin/auth/", "/admin/auth/user/"):
        page.goto(address)
        assert_reads_well(page)
    for address in ("add/", f"{admin_user.pk}/change/"):
        page.goto(f"/admin/auth/user/{address}")  # with widgets that axe finds fault with
        for name in LOOKS:
            look(page, name)
            assert_fits(page, name)


def test_the_desk_wears_the_colours_and_the_type_of_the_site(page, admin_user):
    log_in(page)
    worn = """() => {
        const ground = getComputedStyle(document.body);
        const heading = getComputedStyle(document.querySelector("h1"));
        return [ground.backgroundColor, ground.color, heading.fontFamily, heading.fontWeight];
    }"""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/nope")
        site = page.evaluate(worn)
        page.goto("/admin/")
        assert page.evaluate(worn) == site


def test_the_desk_can_be_enlarged_without_scrolling_sideways(page, admin_user):
    log_in(page)
    for width, size in ((320, "100%"), (1280, "200%"), (640, "200%")):
        page.set_viewport_size({"width": width, "height": 700})
        for address in ("/admin/", "/admin/auth/user/", "/admin/auth/user/add/"):
            page.goto(address)
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            assert_fits(page)


def test_the_focus_can_be_seen_on_whatever_has_it(page, admin_user):
    log_in(page)
    page.goto("/admin/auth/user/")
    unseen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.outerHTML.slice(0, 80),"
            " getComputedStyle(document.activeElement).outlineWidth]"
        )
        if outline != "3px" and not name.startswith("<body"):
            unseen.append(name)
    assert unseen == []


def test_the_desk_works_without_javascript(page_without_javascript, admin_user):
    log_in(page_without_javascript)
    page_without_javascript.get_by_role("link", name="Users", exact=True).click()
    expect(page_without_javascript.get_by_role("heading", name="Users", level=1)).to_be_visible()


PIECES = """
<p>{states}</p>
<div class="desk-columns even">
  <form><div class="field wrong"><label for="why">Why?</label><p class="hint">Hint</p>
  <p class="mistake">Say why.</p><textarea id="why" aria-invalid="true"></textarea></div>
  <fieldset class="picker"><legend>When</legend><ul><li><label for="o0">Option</label>
  <select id="o0"><option>{long}</option></select>
  <button class="button secondary small">Remove</button></li></ul></fieldset>
  <ul class="placeholders"><li><button type="button" class="placeholder">{long}</button>
  <span>Meaning</span></li></ul>
  <div class="progress"><label for="done">1 of 2</label>
  <progress id="done" max="2" value="1">1</progress></div></form>
  <aside class="desk-aside" role="region" aria-labelledby="seen" tabindex="0">
  <h2 id="seen">Preview</h2><div class="desk-preview redline"><p>Kept for
  <del><span class="visually-hidden">removed: </span>ten</del>
  <ins><span class="visually-hidden">added: </span>{long}</ins> years.</p></div></aside>
</div>
<div class="problems" role="alert"><h2>Wrong</h2><ul><li><a href="#why">{long}</a></li></ul></div>
<div class="problems warning"><h2>Look</h2><ul><li><a href="#why">Why</a></li></ul></div>
<p class="notice">Saved</p><p class="notice warning">Careful</p>
<div class="conflict"><section><h3>Yours</h3><div class="desk-preview">{long}</div></section>
<section><h3>Theirs</h3><div class="desk-preview">No</div></section></div>
<div class="desk-panels"><section class="desk-panel wide" aria-labelledby="w">
<h2 id="w">Waiting <span class="count">3</span></h2><ul class="queue"><li>
<a class="name" href="/">{long}</a> <span class="soft">2 days</span>
<a class="button secondary small" href="/">Review</a></li></ul></section>
<section class="desk-panel" aria-labelledby="f"><h2 id="f">In force</h2>
<dl class="facts"><div><dt>Digest</dt><dd>{long}</dd></div></dl>
<ol class="timeline"><li><time datetime="2026-05-04">4 May 2026</time>
<span class="what">{long}</span> <span class="who">drafter</span><p class="why">{long}</p></li></ol>
</section></div>
<div class="desk-table" role="region" aria-label="Table" tabindex="0"><table>
<thead><tr><th scope="col">Release</th></tr></thead><tbody><tr><td>{long}</td></tr></tbody></table>
</div>
<div class="desk-actions"><button class="button">Approve</button>
<a class="button secondary" href="/">Edit</a><button class="button danger">Cancel</button>
<button class="button" disabled>Publish</button></div>
<nav class="pager" aria-label="Pages"><a rel="prev" href="/">Earlier</a> <span>2 of 7</span></nav>
"""
STATES = ("draft", "review", "approved", "released", "retired")
STATES += ("candidate", "published", "cancelled", "scheduled")


def test_the_pieces_of_the_desks_pages_fit_and_read_well(page, admin_user):
    """The examples at the head of desk.css, with words longer than any real one."""
    log_in(page)
    states = " ".join(f'<span class="state" data-state="{name}">{name}</span>' for name in STATES)
    pieces = PIECES.format(states=states, long="W" * 120)
    page.evaluate(
        "html => { document.querySelector('#content').innerHTML = '<h1>Pieces</h1>' + html }",
        pieces,
    )
    assert_reads_well(page)
    marks = page.evaluate(
        """() => ["ins", "del"].map(name => {
            const style = getComputedStyle(document.querySelector(name));
            return [style.textDecorationLine, style.backgroundColor !== "rgba(0, 0, 0, 0)"];
        })"""
    )
    assert [line for line, _ in marks] == ["underline", "line-through"]
    expect(page.locator("ins")).to_contain_text("added: ")
