"""Markdown: what a CommonMark reader makes of it."""

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.core.document import Document, Heading, ListBlock, Paragraph, Run, Section
from policygen.rendering import md
from tests.rendering import documents
from tests.rendering.text_of import assert_same_text, markdown_to_html

TEXTS = st.text(
    st.sampled_from("ab1 .,!?#*_~`|<>[](){}&;:\\/-+='\"@^%$é\u05d0\u200d😀")
    | st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]),
    max_size=30,
)
RUNS = st.builds(
    Run,
    text=TEXTS,
    strong=st.booleans(),
    em=st.booleans(),
    href=st.sampled_from(["", "", *documents.GOOD_ADDRESSES, *documents.BAD_ADDRESSES]),
)
LINES = st.lists(RUNS, min_size=1, max_size=4).map(tuple)


def of(*blocks: Paragraph | Heading | ListBlock) -> Document:
    return documents.document(Section("a", "A", (documents.clause("a", *blocks),)))


def markup(document: Document) -> lxml.html.HtmlElement:
    return lxml.html.fragment_fromstring(markdown_to_html(md.render(document).content), "div")


@settings(max_examples=300)  # three values each
@given(LINES, LINES, LINES)
def test_any_text_in_any_style_comes_out_literally(
    first: tuple[Run, ...], second: tuple[Run, ...], third: tuple[Run, ...]
) -> None:
    document = of(
        Paragraph((Run("x"), *first)),
        ListBlock(((Run("x"), *second), (*third, Run("x"))), ordered=True),
        Heading((Run("x"), *first, Run("x"))),
        Paragraph((*third, Run("x"))),
    )
    assert_same_text("md", document, md.render(document).content)
    page = markup(document)
    structure = [child.tag for child in page if child.tag != "h1"]
    assert structure == ["p", "h2", "p", "ol", "h3", "p"]
    assert {e.tag for e in page.iter()} <= {
        *("div", "h1", "h2", "h3", "p", "ol", "li", "a", "strong", "em"),
    }
    for link in page.iter("a"):
        assert link.get("href", "").startswith(("https://", "http://", "mailto:", "tel:"))


def test_emphasis_and_links_are_kept_where_markdown_can_say_them() -> None:
    source = documents.paragraph("You *may withdraw* it; _see_ <our site|https://a.example/b(c)>.")
    assert (
        md.render(of(source))
        .content.decode()
        .endswith("\n\nYou **may withdraw** it; *see* [our site](https://a.example/b\\(c\\)).\n")
    )


def test_emphasis_is_left_out_where_it_would_not_be_understood() -> None:
    runs = (Run("a"), Run("(b)", strong=True), Run("c"), Run(" d ", em=True), Run("e"))
    assert md.render(of(Paragraph(runs))).content.decode().endswith("\n\na(b)c *d* e\n")


@pytest.mark.parametrize("text", ["# x", "1. x", "2) x", "- x", "+ x", "* x", "> x", "---", "==="])
def test_nothing_that_stands_first_on_a_line_begins_a_structure(text: str) -> None:
    page = markup(of(Paragraph((Run(text),)), ListBlock(((Run(text),),))))
    assert [child.tag for child in page] == ["p", "h1", "h2", "p", "ul"]
    assert page.findtext("ul/li") == text


def test_lists_that_follow_each_other_stay_apart() -> None:
    one, two = documents.bullets("a", "b"), documents.bullets("c")
    page = markup(
        of(one, two, documents.bullets("d", ordered=True), documents.bullets("e", ordered=True))
    )
    assert [(e.tag, len(e)) for e in page][3:] == [("ul", 2), ("ul", 1), ("ol", 1), ("ol", 1)]


def test_a_link_after_an_exclamation_mark_is_no_picture() -> None:
    page = markup(of(Paragraph((Run("Wow!"), Run("x", href="https://a.example")))))
    assert not list(page.iter("img"))
    assert page.findtext("p[2]/a") == "x"
