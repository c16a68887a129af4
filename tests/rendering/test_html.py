"""The web page: its structure, what it must never contain, and how it looks in a browser."""

import hashlib
import re
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from policygen.core.document import Document, Paragraph, Run, Section
from policygen.rendering import frames, html
from tests.conftest import PAGE_PATIENCE
from tests.rendering import documents

TAGS = {
    *("a", "address", "article", "b", "bdi", "body", "br", "em", "h1", "h2", "h3", "head"),
    *("header", "html", "li", "main", "meta", "nav", "ol", "p", "section", "span", "strong"),
    *("style", "title", "ul"),
}
ATTRIBUTES = {
    *("aria-labelledby", "charset", "class", "content", "data-clause", "data-version", "href"),
    *("http-equiv", "id", "lang", "name", "rel"),
}


def tree(document: Document) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(html.render(document).content.decode())


def saying(run: Run) -> str:
    clause = documents.clause("a", Paragraph((run,)))
    return html.body(documents.document(Section("a", "A", (clause,))))


def test_a_page_names_itself_and_its_language() -> None:
    page = html.render(documents.ordinary()).content.decode()
    assert page.startswith('<!doctype html>\n<html lang="en" class="policy-page">')
    assert "<title>Privacy Policy – Harbor Lane Family Dental</title>" in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert '<meta name="policy-release" content="0000' in page


def test_headings_form_an_outline() -> None:
    found = [
        (heading.tag, heading.text_content())
        for heading in tree(documents.ordinary()).iter("h1", "h2", "h3")
    ]
    assert found[:5] == [
        ("h1", "Privacy Policy"),
        ("h2", "Contents"),
        ("h2", "1. About this policy"),
        ("h2", "2. What we collect"),
        ("h3", "When you visit our website"),
    ]


def test_the_contents_lead_to_every_section() -> None:
    page = tree(documents.ordinary())
    links = page.findall(".//nav//a")
    sections = page.findall(".//section")
    assert [link.get("href") for link in links] == [f"#{s.get('id')}" for s in sections]
    assert [link.text for link in links] == [s.findtext("h2") for s in sections]


@pytest.mark.parametrize("document", [documents.ordinary(), documents.hostile()])
def test_ids_are_unique_and_prefixed(document: Document) -> None:
    ids = tree(document).xpath("//@id")
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"section-[a-z0-9-]+|policy-contents", each) for each in ids)


def test_hostile_text_brings_no_element_and_no_attribute_of_its_own() -> None:
    page = tree(documents.hostile())
    assert {element.tag for element in page.iter()} == TAGS
    assert {name for element in page.iter() for name in element.attrib} <= ATTRIBUTES
    assert len(page.findall(".//style")) == 1


def test_the_fragment_suits_a_page_with_a_strict_policy() -> None:
    fragment = html.body(documents.hostile())
    assert fragment.startswith('<article class="policy" lang="en">')
    article = lxml.html.fragment_fromstring(fragment)
    assert not {"script", "style", "link", "img"} & {element.tag for element in article.iter()}
    assert "style" not in {name for element in article.iter() for name in element.attrib}


def test_the_ids_of_the_article_have_the_prefixes_of_the_page() -> None:
    found = re.findall(r' id="([^"]*)"', html.body(documents.hostile()))
    assert len(set(found)) == len(found) > 1
    assert all(re.fullmatch(r"section-[a-z0-9-]+|policy-contents", each) for each in found)


def test_a_text_that_the_practice_has_worded_itself_says_so() -> None:
    own = replace(
        documents.clause("own", documents.paragraph("Ours."), documents.bullets("x")), amended=True
    )
    also = replace(documents.clause("also", documents.paragraph("Too.", run_in=True)), amended=True)
    other = documents.clause("other", documents.paragraph("Theirs."))
    document = documents.document(Section("a", "A", (other, own, also)))
    article = lxml.html.fragment_fromstring(html.body(document))
    marked = article.xpath("//*[@data-amended]")
    assert [e.get("data-clause") for e in marked] == ["own", "own", "also"]
    assert all(e.get("data-version") == "1" for e in marked)
    assert "data-amended" not in html.body(document, traced=False)
    assert html.render(document).content.count(b" data-amended") == 3


def test_every_text_names_its_clause() -> None:
    document = documents.ordinary()
    page = tree(document)
    named = [(e.get("data-clause"), e.get("data-version")) for e in page.xpath("//*[@data-clause]")]
    assert named == [(clause.slug, str(clause.version)) for clause in document.clauses()]
    for element in page.xpath("//section/*[not(self::h2)]"):
        assert "data-clause" in element.attrib or all(e.tag == "span" for e in element)


def test_filled_text_is_kept_apart_from_the_direction_of_its_sentence() -> None:
    assert f"<bdi>{documents.NAMES['hebrew']}</bdi>" in saying(
        Run(documents.NAMES["hebrew"], filled_by="practice.name")
    )


def test_untraced_markup_isolates_only_what_can_have_a_direction() -> None:
    document = documents.saying("Harbor Lane", documents.NAMES["arabic"])
    fragment = html.body(document, traced=False)
    assert "<p>Harbor Lane</p>" in fragment
    assert f"<p><bdi>{documents.NAMES['arabic']}</bdi></p>" in fragment
    assert "data-clause" not in fragment


@pytest.mark.parametrize("address", documents.BAD_ADDRESSES)
def test_bad_links_are_dropped_and_their_text_is_kept(address: str) -> None:
    assert '<p data-clause="a" data-version="1">click</p>' in saying(Run("click", href=address))


@pytest.mark.parametrize("address", documents.GOOD_ADDRESSES)
def test_good_links_are_kept(address: str) -> None:
    link = lxml.html.fragment_fromstring(saying(Run("click", href=address))).find(".//p/a")
    assert link is not None
    assert (link.get("href"), link.get("rel"), link.text) == (address, "noopener", "click")


def test_cross_references_lead_to_sections_of_this_document_only() -> None:
    assert '<a href="#section-a">here</a>' in saying(Run("here", href="#section-a"))
    assert "<a" not in saying(Run("there", href="#section-b")).partition("</nav>")[2]


def test_the_page_allows_its_own_stylesheet_and_nothing_else() -> None:
    page = tree(documents.ordinary())
    style = page.findtext(".//style") or ""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in allowed
    assert frames.style_hash() == f"sha256-{digest}"


@pytest.mark.parametrize("make", [documents.ordinary, documents.hostile])
def test_a_stored_page_says_which_stylesheets_a_strict_policy_must_allow(make: object) -> None:
    assert callable(make)
    content = html.render(make()).content
    styles = tree(make()).findall(".//style")
    expected = [
        b64encode(hashlib.sha256(str(style.text).encode()).digest()).decode() for style in styles
    ]
    assert html.style_sources(content) == tuple(f"'sha256-{digest}'" for digest in expected)
    assert html.style_sources(content) == (f"'{frames.style_hash()}'",)


def test_stylesheets_are_counted_in_the_page_as_it_was_stored() -> None:
    old = b"<!doctype html><style>p{}</style><p>&lt;style>no&lt;/style><style>\n a {\n}\n</style>"
    first, second = html.style_sources(old)
    assert first == f"'sha256-{b64encode(hashlib.sha256(b'p{}').digest()).decode()}'"
    assert second != first
    assert html.style_sources(html.body(documents.saying("<style>p{}</style>")).encode()) == ()


def test_nothing_outside_the_page_is_named() -> None:
    page = re.sub(r'<a href="[^"]*"', "<a", html.render(documents.ordinary()).content.decode())
    assert not re.search(r"src=|href=|url\(|@import|data:", page)


def test_the_stylesheet_touches_policies_only() -> None:
    text = re.sub(r"/\*.*?\*/", "", frames.stylesheet(), flags=re.DOTALL)
    for selectors in re.findall(r"(?:^|[{}])\s*([^@{};]+)\{", text):
        for selector in selectors.split(","):
            assert selector.strip().startswith((".policy", "@")), selector


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("make", [documents.ordinary, documents.hostile])
def test_the_page_can_be_read_on_any_screen(
    browser: Browser, tmp_path: Path, make: object, colors: str, width: int
) -> None:
    assert callable(make)
    file = tmp_path / "policy.html"
    file.write_bytes(html.render(make()).content)
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=colors)
    page.set_default_timeout(PAGE_PATIENCE)
    try:
        problems: list[str] = []
        page.on("console", lambda line: problems.append(line.text))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert not problems
    finally:
        page.close()


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing(browser: Browser, colors: str) -> None:
    page = browser.new_page(color_scheme=colors, bypass_csp=True)
    page.set_default_timeout(PAGE_PATIENCE)
    try:
        page.set_content(html.render(documents.ordinary()).content.decode())
        violations = Axe().run(page).response["violations"]
        assert [violation["id"] for violation in violations] == []
    finally:
        page.close()
