"""One clause as markup, for pages that show a policy clause by clause."""

from __future__ import annotations

from policygen.core.document import ClauseText, Heading, ListBlock, Paragraph, Run
from policygen.rendering import html


def clause(*blocks: Paragraph | Heading | ListBlock, amended: bool = False) -> ClauseText:
    return ClauseText("data", 3, "Data", blocks, (), (), amended)


def test_every_block_stands_by_itself_even_one_that_runs_in():
    said = clause(
        Heading((Run("A"),)),
        Paragraph((Run("One"),), run_in=True),
        ListBlock(((Run("Two"),),)),
    )
    assert html.clause(said, level=3) == (
        '<h5 data-clause="data" data-version="3">A</h5>\n'
        '<p data-clause="data" data-version="3">One</p>\n'
        '<ul data-clause="data" data-version="3">\n<li>Two</li>\n</ul>'
    )


def test_text_stays_text_and_own_wording_is_marked():
    made = html.clause(clause(Paragraph((Run("<b>&"),)), amended=True))
    assert made == '<p data-clause="data" data-version="3" data-amended>&lt;b&gt;&amp;</p>'


def test_only_links_to_sections_of_the_page_are_links():
    said = clause(Paragraph((Run("here", href="#section-data"),)))
    assert "href" not in html.clause(said)
    there = frozenset({"#section-data"})
    assert '<a href="#section-data">here</a>' in html.clause(said, targets=there)
