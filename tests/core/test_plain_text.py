"""What a clause says without markup, on one line and line by line."""

from __future__ import annotations

import pytest

from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    ClauseText,
    Heading,
    ListBlock,
    Paragraph,
    Run,
)
from policygen.core.plain_text import lines_of, text_of

LEAD = Paragraph((Run("We "), Run("keep", strong=True), Run(":")))
BULLETS = ListBlock(((Run("names"),), (Run("dental "), Run("records", em=True))))
STEPS = ListBlock(((Run("Write"),), (Run("Wait"),)), ordered=True)
WAYS = AddressBlock(
    (
        AddressEntry("", ((Run("12 Main Street"),), (Run("Springfield"),))),
        AddressEntry("Phone", ((Run("555-0100", href="tel:555-0100"),),)),
        AddressEntry("Office", ((Run("Room 1"),), (Run("Room 2"),))),
    )
)


def clause_of(*blocks: Block) -> ClauseText:
    return ClauseText("slug", 1, "Title", blocks, (), ())


@pytest.mark.parametrize(
    ("block", "lines"),
    [
        (LEAD, ("We keep:",)),
        (Heading((Run("Health"),)), ("Health",)),
        (BULLETS, ("• names", "• dental records")),
        (STEPS, ("1. Write", "2. Wait")),
        (
            WAYS,
            ("12 Main Street", "Springfield", "Phone: 555-0100", "Office: Room 1", "Room 2"),
        ),
    ],
)
def test_a_block_reads_line_by_line(block: Block, lines: tuple[str, ...]) -> None:
    assert lines_of(block) == lines


def test_a_clause_reads_on_one_line() -> None:
    assert text_of(clause_of(LEAD, BULLETS)) == "We keep: names; dental records"
    assert text_of(clause_of(LEAD, WAYS)) == (
        "We keep: 12 Main Street, Springfield. Phone: 555-0100. Office: Room 1, Room 2."
    )
