"""Redlines of texts: exact, readable, and quick for long ones."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.analysis.alignment import aligned
from policygen.core.analysis.redline import Change, Mark, redline
from tests.core.small import often

SIGNS = {Mark.SAME: "{}", Mark.DELETED: "[-{}-]", Mark.INSERTED: "[+{}+]"}

words = st.sampled_from(["we", "share", "your", "data", "data.", "of", "insurers,", "X-ray", "-"])
blanks = st.sampled_from([" ", " ", " ", "  ", "\n", "\n\n", "\t", "\r\n", ""])
prose = st.lists(st.tuples(words, blanks), max_size=40).map(
    lambda parts: "".join(word + blank for word, blank in parts)
)
texts = st.one_of(prose, st.text(max_size=40))


def drawn(before: str, after: str) -> str:
    return "".join(SIGNS[mark].format(change) for mark, change in marks(before, after))


def marks(before: str, after: str) -> list[tuple[Mark, str]]:
    return [(change.mark, change.text) for change in redline(before, after)]


def side(changes: tuple[Change, ...], other: Mark) -> str:
    return "".join(change.text for change in changes if change.mark is not other)


@often
@given(texts, texts)
def test_a_redline_holds_both_texts_exactly(before: str, after: str) -> None:
    changes = redline(before, after)
    assert side(changes, Mark.INSERTED) == before
    assert side(changes, Mark.DELETED) == after


@often
@given(texts, texts)
def test_a_redline_has_no_empty_stretch_and_joins_neighbours(before: str, after: str) -> None:
    changes = redline(before, after)
    assert all(change.text for change in changes)
    assert all(one.mark is not other.mark for one, other in pairwise(changes))
    assert (Mark.INSERTED, Mark.DELETED) not in [(a.mark, b.mark) for a, b in pairwise(changes)]


@often
@given(texts)
def test_a_text_that_stayed_has_no_changes(text: str) -> None:
    assert {change.mark for change in redline(text, text)} <= {Mark.SAME}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("We keep it for 5 years.", "We keep it for 7 years.", "We keep it for [-5-][+7+] years."),
        ("We share data.", "We share your data.", "We share [+your +]data."),
        ("Ask us. We answer. Bye.", "Ask us. Bye.", "Ask us. [-We answer. -]Bye."),
        ("One.\nThree.", "One.\nTwo.\nThree.", "One.\n[+Two.\n+]Three."),
        ("We keep names.", "We keep names", "We keep names[-.-]"),
        ("a  b", "a b", "a [- -]b"),
        ("Call 555-0100.", "Call 555-0199.", "Call [-555-0100-][+555-0199+]."),
        ("", "New.", "[+New.+]"),
        ("Old.", "", "[-Old.-]"),
        ("", "", ""),
    ],
)
def test_a_change_is_marked_where_it_is(before: str, after: str, expected: str) -> None:
    assert drawn(before, after) == expected


def test_short_words_between_changes_go_with_them() -> None:
    assert drawn("You can ask us at any time.", "You may write to us at no cost.") == (
        "You [-can ask us at any time-][+may write to us at no cost+]."
    )


def test_two_sentences_that_share_a_word_are_replaced_whole() -> None:
    before = "We sell your data to brokers in Canada."
    after = "Nobody gets data from us, not even brokers abroad."
    assert drawn(before, after) == f"[-{before[:-1]}-][+{after[:-1]}+]."


def test_what_stands_between_insertions_stays() -> None:
    before = "We use cookies and logs."
    after = "We use session cookies and server logs."
    assert [text for mark, text in marks(before, after) if mark is Mark.DELETED] == []


def test_a_change_in_one_line_leaves_the_others() -> None:
    before = "We keep records.\nWe share them.\nAsk us."
    after = "We keep records.\nWe never share them.\nAsk us."
    changes = [text.strip() for mark, text in marks(before, after) if mark is not Mark.SAME]
    assert changes == ["never"]


LONG = 65_536
ALPHABETS = {
    "words that differ": [f"w{n}" for n in range(3000)],
    "two words": ["a", "b"],
    "sentences of two words": ["a", "b", "a.", "b."],
    "marks": ["!", "?", ";"],
    "lines": ["a", "b\n", "\n"],
}


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS.keys())
def test_two_long_texts_are_compared_exactly(alphabet: list[str]) -> None:
    chosen = random.Random(3)
    before, after = (" ".join(chosen.choices(alphabet, k=LONG))[:LONG] for _ in range(2))
    changes = redline(before, after)
    assert side(changes, Mark.INSERTED) == before
    assert side(changes, Mark.DELETED) == after


def test_a_small_change_of_a_long_text_stays_small() -> None:
    chosen = random.Random(4)
    before = " ".join(chosen.choices([f"w{n}" for n in range(3000)], k=11_000))
    after = before.replace("w17 ", "changed ")
    changed = [change for change in redline(before, after) if change.mark is not Mark.SAME]
    assert {change.text for change in changed} == {"w17", "changed"}


@often
@given(st.lists(st.integers(0, 9), max_size=200), st.lists(st.integers(0, 9), max_size=200))
def test_aligned_positions_rise_and_hold_the_same(before: list[int], after: list[int]) -> None:
    pairs = aligned(before, after)
    assert all(before[one] == after[other] for one, other in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))


@often
@given(st.lists(st.integers(), max_size=200, unique=True), st.data())
def test_what_stands_once_in_both_in_one_order_is_all_aligned(
    items: list[int], data: st.DataObject
) -> None:
    some = [item for item in items if data.draw(st.booleans())]
    assert [items[one] for one, _ in aligned(items, some)] == some
