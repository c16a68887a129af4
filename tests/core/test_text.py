"""The one normaliser: what people legitimately write stays, what deceives or breaks is refused."""

from __future__ import annotations

import sys
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.text import (
    DIGITS,
    MONTHS,
    SORTED_CHARACTERS,
    TextRefused,
    clean_line,
    clean_text,
    day_in_words,
    refuse_markup,
    sorted_as,
)
from tests.core.small import often

LEGITIMATE = [
    "Praxis Dr. Müller & Söhne",
    "O’Brien’s “Smile” Studio – since 1999…",
    "عيادة الأسنان",
    "מרפאת שיניים",
    "かおり歯科クリニック",
    "서울치과",
    "दाँत का क्लिनिक",
    "می‌خواهم",  # a zero width non-joiner, without which Persian is misspelt
    "Dentist 👩‍⚕️ 🦷",  # a zero width joiner makes one picture of two
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 London Dental",
    "Nguyễn Thị Hồng",
    "1 < 2 & *stars* _lines_ [brackets] {{ braces }} {% raw %} <b>bold</b> &amp; `code`",
    "\U0001fae8 \U0001fadc newer than some runtimes",
]
HOSTILE = {
    "\x00": "a control character (U+0000)",
    "\x07": "a control character (U+0007)",
    "\x0b": "a control character (U+000B)",
    "\x1b[31m": "a control character (U+001B)",
    "\x7f": "a control character (U+007F)",
    "\x9b": "a control character (U+009B)",
    "\ud800": "a code that is no character (U+D800)",
    "\ufffe": "a code that is no character (U+FFFE)",
    "\uffff": "a code that is no character (U+FFFF)",
    "\ufdd0": "a code that is no character (U+FDD0)",
    "\U0010ffff": "a code that is no character (U+10FFFF)",
    "\ue000": "a private character (U+E000)",
    "\U000f0000": "a private character (U+F0000)",
    "\u202e": "a hidden text direction character (U+202E)",
    "\u2066": "a hidden text direction character (U+2066)",
    "\u200f": "a hidden text direction character (U+200F)",
    "\u061c": "a hidden text direction character (U+061C)",
    "\u200b": "an invisible character (U+200B)",
    "\u2060": "an invisible character (U+2060)",
    "\ufeff": "an invisible character (U+FEFF)",
    "\u00ad": "an invisible character (U+00AD)",
    "\u3164": "an invisible character (U+3164)",
    "\u2800": "an invisible character (U+2800)",
}


@pytest.mark.parametrize("text", LEGITIMATE)
def test_a_legitimate_text_stays_as_it_is(text: str) -> None:
    assert clean_line(text, limit=200) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("character", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "a{}b", "a {} b"])
def test_a_hostile_character_is_refused_and_named(character: str, around: str) -> None:
    with pytest.raises(TextRefused) as refused:
        clean_text(around.format(character), limit=200)
    assert HOSTILE[character] in str(refused.value)


@pytest.mark.parametrize("character", ["\t", "\u00a0", "\u2003", "\u3000"])
def test_every_kind_of_blank_is_one_blank(character: str) -> None:
    assert clean_line(f" a{character}{character} b{character}", limit=10) == "a b"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"])
def test_every_kind_of_line_break_is_a_line_feed_and_none_fits_in_a_line(line_break: str) -> None:
    assert clean_text(f"a {line_break} b", limit=10) == "a\nb"
    with pytest.raises(TextRefused, match="one line"):
        clean_line(f"a{line_break}b", limit=10)


def test_composed_and_decomposed_letters_are_the_same_text() -> None:
    assert clean_line("Mu\u0308ller", limit=10) == clean_line("Müller", limit=10) == "Müller"


@pytest.mark.parametrize("text", ["", " ", "\u200d", "\u200c", "\u0301", "\u200d \u200d", "\ufe0f"])
def test_a_text_in_which_nothing_can_be_seen_is_empty(text: str) -> None:
    assert clean_line(text, limit=10) == ""


def test_a_text_of_the_longest_length_is_taken_and_one_character_more_is_not() -> None:
    assert clean_line("x" * 200, limit=200) == "x" * 200
    with pytest.raises(TextRefused, match="201 characters"):
        clean_line("x" * 201, limit=200)


@pytest.mark.parametrize("text", ["x" * 10_000, "\u0301" * 10_000, " " * 10_000 + "x", "\n" * 9999])
def test_a_very_long_text_is_refused_before_anything_is_done_with_it(text: str) -> None:
    with pytest.raises(TextRefused, match=r"This has 9,999|This has 10,00. characters"):
        clean_text(text, limit=200)


def test_accents_may_be_piled_up_to_a_point() -> None:
    assert clean_line("x" + "\u0301" * 8, limit=50)
    with pytest.raises(TextRefused, match="more than 8 accents"):
        clean_line("x" + "\u0301" * 9, limit=50)


@often
@given(st.text(max_size=60))
def test_what_was_cleaned_once_is_clean(text: str) -> None:
    try:
        cleaned = clean_text(text, limit=200)
    except TextRefused:
        return
    assert clean_text(cleaned, limit=200) == cleaned
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Co"} for c in cleaned if c != "\n")
    assert cleaned == unicodedata.normalize("NFC", cleaned)


def test_characters_of_every_kind_get_an_answer() -> None:
    """Each one is taken or refused with a message, and the letters of the world are taken."""
    refused = set()
    for code in (*range(0x3000), *range(0x3000, sys.maxunicode + 1, 37)):
        try:
            clean_text(f"a{chr(code)}b", limit=20)
        except TextRefused:
            refused.add(unicodedata.category(chr(code)))
    assert refused.isdisjoint({"Lu", "Ll", "Lt", "Lm", "Nd", "Nl", "No", "Mc", "Mn", "Zs"})
    assert {"Cc", "Cs", "Co"} <= refused


@pytest.mark.parametrize("text", ["[NAME]", "**Note **", "a | b", "{x}", "<b>", "a `b`", "~~x~~"])
def test_left_over_markup_is_refused(text: str) -> None:
    with pytest.raises(TextRefused, match="would be printed just so"):
        refuse_markup(text)


def test_a_date_is_written_out_in_english() -> None:
    assert day_in_words(date(2012, 5, 17)) == "May 17, 2012"
    assert day_in_words(date(2024, 2, 29)) == "February 29, 2024"
    assert [day_in_words(date(2026, m, 1)).split()[0] for m in range(1, 13)] == list(MONTHS)


def test_names_are_sorted_with_digits_as_numbers_and_without_case_or_accents() -> None:
    names = [
        "Office 12",
        "office 2",
        "Élan",
        "Elba",
        "ELAN North",
        "Office 02b",
        "2nd Street",
        "10",
    ]
    expected = ["2nd Street", "10", "Élan", "ELAN North", "Elba", "office 2", "Office 02b"]
    assert sorted(names, key=sorted_as) == [*expected, "Office 12"]


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("Office 2", "OFFICE  02"),
        ("Élan", "Elan"),
        ("Straße 7", "STRASSE 007"),
        ("Room ２", "Room 2"),
        ("عيادة ٢", "عيادة 2"),
        ("Room 0", "Room 000"),
    ],
)
def test_names_that_differ_in_spelling_alone_are_sorted_alike(name: str, alike: str) -> None:
    assert sorted_as(name) == sorted_as(alike)


@given(st.text(max_size=400))
def test_every_text_can_be_sorted_and_takes_no_more_than_its_column_has(text: str) -> None:
    assert len(sorted_as(text)) <= SORTED_CHARACTERS


@given(st.lists(st.integers(0, 10**DIGITS - 1), min_size=2))
def test_numbers_in_names_are_sorted_as_numbers(numbers: list[int]) -> None:
    names = [f"Office {number}" for number in numbers]
    assert sorted(names, key=sorted_as) == [f"Office {number}" for number in sorted(numbers)]
