"""What a spreadsheet would run if a text stood in one of its cells.

A spreadsheet takes a cell for a formula by its first sign, and such a formula can fetch addresses
or start programs. Where a file is read with another separator than it was written with, the first
sign of a cell may be any that follows a separator or a line break; so these places count, too.

A telephone number such as “+1 217 555 0100” begins with such a sign and may pass: after the plus
it has digits and what parts them and nothing else, so there is no name of a function, a cell or a
program in it. A spreadsheet could still reckon with “+1-217-555-0100”, so files without types of
cells get an apostrophe before it, which spreadsheets read as “this is text”.
"""

from __future__ import annotations

import re

from policygen.core.text import TextRefused

SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
"""What a formula can begin with, in any width, as it stands in a set of a regular expression."""

# No space is looked at twice: a tab parts cells, so it begins a run of spaces and is not in one.
_SPACES = r"[^\S\n\r\t]*"
_START = rf"(?:^|[\n\r;,\t]){_SPACES}"
_END = rf"{_SPACES}(?=$|[\n\r;,\t])"
_TELEPHONE = r"\+(?=(?:[^0-9;,\t\n\r]*[0-9]){7})[0-9 ()./-]{7,30}(?:(?:ext\.? ?|x ?)[0-9]{1,6})?"
_SPOKEN = r"\+[0-9]+(?: [0-9]+)+"

FORMULA = re.compile(rf"{_START}(?!{_TELEPHONE}{_END})('?[{SIGNS}])")
"""A place at which a spreadsheet would begin to reckon, or would if its apostrophe were dropped."""

_LINE = re.compile(rf"(?:(?:^|[\n\r]){_SPACES}(?!{_TELEPHONE}{_END})|{_START}(?='))('?[{SIGNS}])")
_RUNS_UNTYPED = re.compile(rf"({_START})(?!{_SPOKEN}{_END})(?=[{SIGNS}])")
_RUNS_TYPED = re.compile(rf"({_START})(?!{_TELEPHONE}{_END})(?=[{SIGNS}])")
_GUARD = re.compile(rf"({_START})'(?=[{SIGNS}])")


def refuse_formula(text: str, *, lines: bool = False) -> None:
    """Raise ``TextRefused`` where a spreadsheet would run a text, or a part of it, as a formula.

    With ``lines`` the parts are whole lines, as in “12 Main Street; @ the mall”. That suffices for
    a text that goes into files through ``guarded`` alone. An apostrophe that ``unguarded`` would
    take for its own is refused everywhere.
    """
    if text[:1] in ("\t", "\r"):
        raise TextRefused("This begins with a tab or a line break. Delete it.")
    if found := (_LINE if lines else FORMULA).search(text):
        raise TextRefused(
            f"A part of this begins with “{found[1]}”, so that spreadsheets would run it as a "
            "formula. Delete the sign, or write a word before it."
        )


def guarded(text: str, *, typed: bool = False) -> str:
    """Return a text as it may stand in a cell: no spreadsheet runs it, or a part of it.

    An apostrophe stands before what it would run. ``typed`` says that the file tells texts from
    numbers, so that telephone numbers need none.
    """
    return (_RUNS_TYPED if typed else _RUNS_UNTYPED).sub(r"\1'", text)


def unguarded(cell: str) -> str:
    """Return the text of a cell without the apostrophes that ``guarded`` wrote."""
    return _GUARD.sub(r"\1", cell)
