"""What a change notice says: what is new, gone, or reads differently, in reading order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.analysis.notice import (
    NoticeKind,
    NoticeLine,
    changes_in_words,
    what_differs,
)
from policygen.core.answers import parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.plain_text import text_of
from policygen.core.selection import select
from tests.core.small import (
    DAY,
    DESK,
    OFFICE,
    SAMPLE,
    SECTIONS,
    SMALL,
    clause,
    document,
    library,
    raw_answers,
    sometimes,
)

ABOUT = clause("about", "We are a practice.")
TEXTING = clause("texting", "We send:\n\n- texts\n- calls", order=20)
LAST = clause("last", "Ask us.", section="contact")


def made(*clauses: dict[str, Any], **parts: Any) -> Document:
    return document(library(*clauses, **parts))


def told(before: Document, after: Document) -> list[tuple[str, str, str, str, str]]:
    return [
        (str(line.kind), line.section, line.clause, line.before, line.after)
        for line in changes_in_words(before, after)
    ]


def test_what_is_new_gone_or_changed_is_told_in_reading_order() -> None:
    before = made(ABOUT, TEXTING, LAST)
    after = made(
        {**ABOUT, "body": "We are a good practice."},
        clause("hours", "We open at eight.", order=15),
        clause("kept", "We keep it.", section="collect"),
        LAST,
    )
    about = "About this policy"
    assert told(before, after) == [
        ("changed", about, "About", "We are a practice.", "We are a good practice."),
        ("gone", about, "Texting", "We send: texts; calls", ""),
        ("new", about, "Hours", "", "We open at eight."),
        ("new", "What we collect", "Kept", "", "We keep it."),
    ]


def test_what_reads_the_same_is_not_told() -> None:
    before = made(ABOUT, TEXTING, LAST)
    for after in (
        before,
        replace(before, release="0" * 64),
        made({**ABOUT, "version": "2", "title": "Who we are"}, TEXTING, LAST),
        made({**ABOUT, "slug": "who-we-are"}, TEXTING, LAST),
        made({**ABOUT, "section": "contact"}, TEXTING, LAST),
        made({**ABOUT, "body": "We are a **practice**."}, TEXTING, LAST),
    ):
        assert told(before, after) == []


def test_a_clause_that_moved_and_changed_is_told_once() -> None:
    before = made(ABOUT, TEXTING, LAST)
    after = made({**ABOUT, "section": "contact", "order": 20, "body": "We are one."}, TEXTING, LAST)
    contact = "How to contact us"
    assert told(before, after) == [
        ("changed", contact, "About", "We are a practice.", "We are one.")
    ]


def test_another_way_to_reach_the_practice_is_told() -> None:
    contact = clause(
        "contact", "Write:\n\n{{ contacts.questions | contact_block }}", section="contact"
    )
    policy = library(contact)
    before = document(policy, contact_points=OFFICE, contacts={"questions": {"points": ["office"]}})
    after = document(policy, contact_points=DESK, contacts={"questions": {"points": ["desk"]}})
    [line] = changes_in_words(before, after)
    assert line == NoticeLine(
        NoticeKind.CHANGED,
        "How to contact us",
        "Contact",
        "Write: 12 Main Street, Springfield, IL 62701.",
        "Write: Phone: +1 555 010 0199.",
    )


def test_other_headings_and_names_are_told() -> None:
    before = made(ABOUT, LAST)
    headings = [{**SECTIONS[0], "title": "Hello"}, *SECTIONS[1:]]
    after = replace(made(ABOUT, LAST, sections=headings), practice="Elm Street Dental")
    assert told(before, after) == [
        ("changed", "", "", "Maple Street Dental", "Elm Street Dental"),
        ("changed", "Hello", "", "About this policy", "Hello"),
    ]


def test_a_section_that_went_is_told_where_it_stood() -> None:
    before = made(ABOUT, clause("kept", "We keep it.", section="collect"), LAST)
    after = made(ABOUT, {**LAST, "body": "Call us."})
    assert [line.kind for line in changes_in_words(before, after)] == ["gone", "changed"]
    assert changes_in_words(before, after)[0].section == "What we collect"


@sometimes
@given(raw_answers(SMALL), raw_answers(SMALL))
def test_the_notice_of_any_two_policies_tells_each_text_that_came_or_went(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    answers = [parse_answers(SMALL, raw) for raw in (one, other)]
    before, after = (assemble(select(SAMPLE, each), each, on=DAY) for each in answers)
    lines = [line for line in changes_in_words(before, after) if line.clause]
    old, new = ({text_of(c) for c in each.clauses()} for each in (before, after))
    assert {line.before for line in lines} - {""} == old - new
    assert {line.after for line in lines} - {""} == new - old
    assert all(line.before != line.after for line in lines)


# ------------------------------------------------------------------ in fewer words


def differs(before: str, after: str) -> tuple[str, str]:
    return what_differs(NoticeLine(NoticeKind.CHANGED, "", "", before, after))


@pytest.mark.parametrize(
    ("before", "after", "gone", "came"),
    [
        ("", "We keep it. We lock it.", "", "We keep it. We lock it."),
        ("We keep it.", "", "We keep it.", ""),
        ("We keep it. We lock it.", "We keep it. We burn it.", "We lock it.", "We burn it."),
        ("We lock it.", "We keep it. We lock it.", "", "We keep it."),
        ("We keep it! Why? Law.", "We keep it! Law.", "Why?", ""),
        ("You can: see it; correct it", "You can: see it", "correct it", ""),
        ("We send: a; b; c; d", "We send: a; c", "b; … d", ""),
        ("We send: a; b", "We send: a; b; c", "", "c"),
        # The same in another order is nothing that came or went.
        ("We keep it. We lock it.", "We lock it. We keep it.", "", ""),
        ("We send: a; b; c", "We send: a; c; b", "", ""),
        ("We keep it. We lock it.", "We lock it. We burn it.", "We keep it.", "We burn it."),
        # A full stop does not always end a sentence.
        ("Ask Dr. Elm. Go.", "Ask Dr. Oak. Go.", "Ask Dr. Elm. Go.", "Ask Dr. Oak. Go."),
        (
            "See e.g. your file. Go.",
            "See e.g. a file. Go.",
            "See e.g. your file.",
            "See e.g. a file.",
        ),
    ],
)
def test_only_the_sentences_and_items_that_differ_are_told(
    before: str, after: str, gone: str, came: str
) -> None:
    assert differs(before, after) == (gone, came)


SENTENCES = st.lists(
    st.sampled_from(["We keep it.", "We lock it.", "You can:", "see it;", "Dr. Elm", "", "a  b"]),
    max_size=8,
).map(" ".join)


@given(SENTENCES, SENTENCES)
def test_nothing_is_told_that_does_not_stand_there(before: str, after: str) -> None:
    for told, text in zip(differs(before, after), (before, after), strict=True):
        for part in told.split("…"):
            assert " ".join(part.split()) in " ".join(text.split())


@given(SENTENCES, SENTENCES)
def test_texts_of_different_words_differ_in_something(before: str, after: str) -> None:
    words = [Counter(text.replace(";", "").split()) for text in (before, after)]
    told = [
        Counter(text.replace(";", "").replace("…", "").split()) for text in differs(before, after)
    ]
    assert words[0] - words[1] <= told[0]
    assert words[1] - words[0] <= told[1]


def test_a_giant_word_is_one_piece() -> None:
    assert differs("a" * 300_000, "b") == ("a" * 300_000, "b")
