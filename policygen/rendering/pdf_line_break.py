"""Repairs of two line-breaking faults of WeasyPrint 70.

Where text ends with a blank before a link or another inline element, and fits on its line without
that blank but not with it, WeasyPrint breaks the line after its *first* word. In a policy with
thirty such places that shows about once in five documents.

A word that is too long for a line is cut (``overflow-wrap: anywhere``) only if an inline element
does not begin in its middle: ``(<a>…</a>)`` runs off the page, and what is off the page is lost.
"""

from __future__ import annotations

from typing import Any

from weasyprint.layout import inline
from weasyprint.text import line_break

# A word of so many characters may not fit on a line of its own; shorter ones do.
LONG_WORD = 60


def repair() -> None:
    """Put the repaired function in the place of WeasyPrint's. Doing it twice changes nothing."""
    inline.split_first_line = split_first_line


def split_first_line(
    text: str,
    style: Any,
    context: Any,
    max_width: float | None,
    justification_spacing: float,
    is_line_start: bool = True,
    minimum: bool = False,
) -> Any:
    """Do what WeasyPrint's function of this name does, without its two faults.

    The result's third value is ``None`` if all of the text fits on the line.
    """

    def split(text: str, width: float | None) -> Any:
        return line_break.split_first_line(
            text, style, context, width, justification_spacing, may_cut, minimum
        )

    may_cut = is_line_start or (len(text) > LONG_WORD and " " not in text[:LONG_WORD])
    line = split(text, max_width)
    if line[2] is None or max_width is None or not text.endswith(" "):
        return line
    if style["white_space"] != "normal" or " " in line[0].text:
        return line
    if split(text.rstrip(" "), max_width)[2] is not None:
        return line
    return split(text, None)
