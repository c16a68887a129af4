"""What a spreadsheet would run in a cell."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from policygen.core.cells import guarded, refuse_formula, unguarded
from policygen.core.text import TextRefused

RUN = [
    "=1+1",
    "+1",
    "+A1",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "﹦1",
    "−1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000＝1+1",
    "\t=1",
    "\t1",
    "\rx",
    "Suite 1\n=1+1",
    "Suite 1\n @SUM(A1)",
    "Suite 1;=1+1;x",
    "Suite 1, =1+1",
    "Suite 1\t=1",
    "'=1+1",
    "+1 217 555 0100+A1",
    "+1 217 555 0100 =A1",
    '=HYPERLINK("http://example.com")',
]
HARMLESS = [
    "",
    "Main Street",
    "+1 217 555 0100",
    "+1-217-555-0100",
    "+1 (217) 555-0100",
    "+12175550100",
    "+49 30/901820",
    "+1 217 555 0100 ext. 12",
    "+1 217 555 0100 x12",
    "Phone, +1 217 555 0100",
    "1 Main Street\n+1 217 555 0100",
    "(217) 555-0100",
    "A - B = C",
    "Rock’n’Roll Dental",
    "'tis",
    "a@example.com",
    "1-3 Main Street",
]


@pytest.mark.parametrize("text", RUN)
def test_what_a_spreadsheet_would_run_is_refused_with_the_sign(text):
    with pytest.raises(TextRefused, match="begins with"):
        refuse_formula(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_people_write_passes(text):
    refuse_formula(text)


@pytest.mark.parametrize("text", RUN[:1] + RUN[4:24])
@pytest.mark.parametrize("typed", [False, True])
def test_no_part_of_what_is_written_begins_with_a_sign(text, typed):
    shown = guarded(text, typed=typed)
    for part in shown.replace(";", "\n").replace(",", "\n").replace("\t", "\n").splitlines():
        assert part.strip()[:1] not in tuple("=+-@＝＋－＠﹦−")


@pytest.mark.parametrize(
    ("text", "untyped"),
    [
        ("+1 217 555 0100", "+1 217 555 0100"),
        ("+1-217-555-0100", "'+1-217-555-0100"),
        ("+12175550100", "'+12175550100"),
    ],
)
def test_a_telephone_number_that_could_be_reckoned_with_is_marked_as_text(text, untyped):
    assert guarded(text) == untyped
    assert guarded(text, typed=True) == text


PIECES = st.sampled_from([*"=+-@＝ \n;,'1aé", "+1 217 555 0100", "+1-217-555-0100"])


@given(st.lists(PIECES, max_size=8).map("".join), st.booleans(), st.booleans())
def test_a_text_that_may_stand_in_a_cell_comes_back_from_it(text, typed, lines):
    try:
        refuse_formula(text, lines=lines)
    except TextRefused:
        assume(False)
    assert unguarded(guarded(text, typed=typed)) == text


@given(st.lists(PIECES, max_size=8).map("".join))
def test_whatever_is_written_no_spreadsheet_runs_it(text):
    for part in re.split(r"[\n;,]", guarded(text)):
        shown = part.strip()
        assert shown[:1] not in tuple("=+-@＝") or re.fullmatch(r"\+[0-9]+( [0-9]+)+", shown)


@pytest.mark.parametrize("run", ["\t", "\t ", " ", ";", "\r+", ",+1234567", "a"])
def test_a_run_of_signs_is_looked_at_once_however_long_it_is(run):
    """With two looks at each sign this would take hours."""
    text = "a" + run * 500_000 + "b"
    shown = guarded(text)
    assert unguarded(shown) == text
    for lines in (False, True):
        if "+" not in run:
            refuse_formula(text, lines=lines)


@pytest.mark.parametrize("text", ["12 Main St; @ the mall", "Suite 1, -1 level", "1 Main St\t=1"])
def test_where_lines_count_a_sign_inside_of_one_passes(text):
    refuse_formula(text, lines=True)
    assert unguarded(guarded(text)) == text != guarded(text)


@pytest.mark.parametrize(
    "text", ["-1 level, Mall", "Mall\n @SUM(A1)", "\t1", "'=1", "a\r=1", "a;'=1"]
)
def test_where_lines_count_a_sign_that_begins_one_is_refused(text):
    with pytest.raises(TextRefused, match="begins with"):
        refuse_formula(text, lines=True)
