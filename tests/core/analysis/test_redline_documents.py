"""Redlines of documents: section by section, clause by clause, line by line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.analysis.impact import differs
from policygen.core.analysis.redline import (
    Change,
    ClauseRedline,
    DocumentRedline,
    Mark,
    redline_documents,
)
from policygen.core.document import Document
from policygen.core.plain_text import lines_of
from tests.core.small import SAMPLE, SECTIONS, SMALL, clause, document, library, raw_answers
from tests.core.small import sometimes as patiently

SIGNS = {Mark.SAME: "{}", Mark.DELETED: "[-{}-]", Mark.INSERTED: "[+{}+]"}

ABOUT = clause("about", "We are a practice.", version="1")
DATA = clause("data", "We keep:\n\n- names\n- dental records\n- bills", version="1", order=11)
LAST = clause("last", "Ask us.", section="contact")


def made_of(*clauses: dict[str, Any], **parts: Any) -> Document:
    return document(library(*clauses, **parts))


def drawn(changes: tuple[Change, ...]) -> str:
    return "".join(SIGNS[change.mark].format(change.text) for change in changes)


def lines(clause: ClauseRedline) -> list[str]:
    return [drawn(line) for line in clause.lines]


def only(before: Document, after: Document) -> ClauseRedline:
    """Return the one clause that changed."""
    [section] = redline_documents(before, after).changed_only().sections
    [changed] = section.clauses
    return changed


def slugs(found: DocumentRedline) -> list[str]:
    return [c.slug for section in found.sections for c in section.clauses]


def test_a_document_that_stayed_has_no_changes_and_all_its_clauses() -> None:
    before = made_of(ABOUT, DATA, LAST)
    found = redline_documents(before, before)
    assert slugs(found) == ["about", "data", "last"]
    assert not found.changed
    assert found.changed_only().sections == ()


def test_a_word_of_a_clause_is_marked_and_both_versions_are_named() -> None:
    changed = only(
        made_of(ABOUT, LAST),
        made_of(clause("about", "We are a dental practice.", version="2"), LAST),
    )
    assert (changed.slug, changed.version_before, changed.version_after) == ("about", 1, 2)
    assert lines(changed) == ["We are a [+dental +]practice."]
    assert not changed.restyled


def test_an_item_more_is_a_line_more_and_the_others_stay() -> None:
    after = "We keep:\n\n- names\n- addresses\n- dental records and images\n- bills"
    changed = only(made_of(DATA), made_of(clause("data", after, order=11)))
    assert lines(changed) == [
        "We keep:",
        "• names",
        "[+• addresses+]",
        "• dental records[+ and images+]",
        "• bills",
    ]


def test_a_new_clause_has_no_version_before_and_a_removed_one_none_after() -> None:
    found = redline_documents(made_of(ABOUT, LAST), made_of(DATA, LAST)).changed_only()
    [section] = found.sections
    removed, added = section.clauses
    assert (removed.slug, removed.version_before, removed.version_after) == ("about", 1, None)
    assert lines(removed) == ["[-We are a practice.-]"]
    assert (added.slug, added.version_before, added.version_after) == ("data", None, 1)
    assert lines(added)[0] == "[+We keep:+]"


def test_what_was_removed_stands_where_it_stood() -> None:
    between = clause("between", "It stands between.", order=10)
    before = made_of(ABOUT, between, DATA, LAST)
    assert slugs(redline_documents(before, made_of(ABOUT, DATA, LAST))) == [
        *("about", "between", "data", "last"),
    ]
    found = redline_documents(before, made_of(LAST))
    assert [section.id for section in found.sections] == ["about", "contact"]
    assert drawn(found.sections[0].title) == "[-About this policy-]"


def test_a_clause_that_moved_is_removed_and_put_in() -> None:
    first, second = clause("first", "One.", order=1), clause("second", "Two.", order=2)
    after = made_of(clause("first", "One.", order=3), second)
    found = redline_documents(made_of(first, second), after)
    assert sorted(slugs(found)) in (["first", "first", "second"], ["first", "second", "second"])
    assert found.changed


def test_titles_of_sections_the_document_and_the_practice_are_compared() -> None:
    sections = [{"id": "about", "title": "About our policy"}, *SECTIONS[1:]]
    before, lib = made_of(ABOUT), library(ABOUT, sections=sections, title="Privacy notice")
    after = document(lib, practice_name="Oak Street Dental")
    found = redline_documents(before, after).changed_only()
    assert drawn(found.title) == "Privacy [-policy-][+notice+]"
    assert drawn(found.practice) == "[-Maple-][+Oak+] Street Dental"
    assert drawn(found.sections[0].title) == "About [-this-][+our+] policy"
    assert found.sections[0].clauses == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We *may* ask.", "We **may** ask."),
        ("We may ask.", "We *may* ask."),
        ("See [contact](#contact).", "See [contact](#about)."),
        ("### Ask\n\nAsk us.", "Ask\n\nAsk us."),
    ],
)
def test_a_clause_with_the_same_words_in_another_dress_is_restyled(before: str, after: str) -> None:
    changed = only(made_of(clause("x", before), LAST), made_of(clause("x", after), LAST))
    assert changed.restyled
    assert all(change.mark is Mark.SAME for line in changed.lines for change in line)


@pytest.mark.parametrize("address", ["https://b.example.com/", "mailto:b@example.com"])
def test_a_link_that_leads_elsewhere_shows_both_addresses(address: str) -> None:
    changed = only(
        made_of(clause("x", "See [our page](https://a.example.com/).")),
        made_of(clause("x", f"See [our page]({address}).")),
    )
    [line] = lines(changed)
    assert address.removeprefix("https://").rstrip("/") in line
    assert "a.example.com" in line


def test_a_new_version_without_a_new_word_is_no_change_and_still_named() -> None:
    after = made_of({**ABOUT, "version": "7"})
    found = redline_documents(made_of(ABOUT), after)
    assert found.sections[0].clauses[0].version_after == 7
    assert not found.changed


def listed(*names: str) -> dict[str, Any]:
    return clause("data", "\n".join(f"- {name}" for name in names), version="1", order=11)


def excerpts(before: Document, after: Document) -> list[tuple[int, list[str]]]:
    found = only(before, after).excerpts
    return [(one.left_out, [drawn(line) for line in one.lines]) for one in found]


def test_of_a_long_list_the_excerpts_have_what_changes_and_what_stands_around_it() -> None:
    names = [f"place {number}" for number in range(100)]
    changed = [*names[:20], "PLACE 20", *names[21:99], "PLACE 99"]
    bullets = [f"• {name}" for name in names]
    assert excerpts(made_of(listed(*names)), made_of(listed(*changed))) == [
        (16, [*bullets[16:20], "• [-place-][+PLACE+] 20", *bullets[21:25]]),
        (70, [*bullets[95:99], "• [-place-][+PLACE+] 99"]),
    ]


def test_what_stays_after_the_last_change_is_counted_and_few_lines_are_shown() -> None:
    names = [f"place {number}" for number in range(24)]
    first, *rest = excerpts(made_of(listed(*names)), made_of(listed("new", *names)))
    assert first == (0, ["[+• new+]", *(f"• {name}" for name in names[:4])])
    assert rest == [(20, [])]
    few = excerpts(made_of(listed(*names[:11])), made_of(listed("new", *names[:11])))
    assert few == [(0, ["[+• new+]", *(f"• {name}" for name in names[:11])])]


def test_where_no_word_changes_all_lines_are_shown() -> None:
    names = [f"place {number}" for number in range(24)]
    bold = made_of(listed(*names[:-1], "**place 23**"))
    assert [left_out for left_out, _ in excerpts(made_of(listed(*names)), bold)] == [0]


@given(st.lists(st.booleans(), max_size=60))
def test_excerpts_leave_out_only_lines_that_stay_and_count_them(changes: list[bool]) -> None:
    marks = [Mark.INSERTED if changed else Mark.SAME for changed in changes]
    lines = tuple((Change(mark, str(number)),) for number, mark in enumerate(marks))
    found = ClauseRedline("data", "Data", 1, 2, lines, restyled=False).excerpts
    place = 0
    for one in found:
        assert {line[0].mark for line in lines[place : place + one.left_out]} <= {Mark.SAME}
        assert one.left_out == 0 or one.left_out >= 8
        place += one.left_out
        assert one.lines == lines[place : place + len(one.lines)]
        place += len(one.lines)
    assert place == len(lines)


@patiently
@given(st.tuples(raw_answers(SMALL), raw_answers(SMALL)))
def test_a_redline_of_documents_holds_both_and_changes_where_they_print_differently(
    raws: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = (document(SAMPLE, **raw) for raw in raws)
    found = redline_documents(before, after)
    assert _side(found, Mark.INSERTED) == _printed(before)
    assert _side(found, Mark.DELETED) == _printed(after)
    assert found.changed == differs(before, after)


def _printed(of: Document) -> list[str]:
    return [line for c in of.clauses() for block in c.blocks for line in lines_of(block)]


def _side(found: DocumentRedline, other: Mark) -> list[str]:
    texts = (
        "".join(change.text for change in line if change.mark is not other)
        for section in found.sections
        for c in section.clauses
        for line in c.lines
    )
    return [text for text in texts if text]
