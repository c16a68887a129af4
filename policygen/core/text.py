"""One normaliser for every text that a person types, whichever way it comes in.

It keeps what people legitimately write (any script, emoji, joiners) and refuses, with a message,
what would break a format or deceive a reader: control characters, text direction overrides,
halves of surrogate pairs, code points that are no characters.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

LINE_BREAKS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
BLANKS = re.compile(r"[^\S\n]+")

INVISIBLE = frozenset(
    "\u00ad\u115f\u1160\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2800\u3164"
    "\ufeff\uffa0\ufff9\ufffa\ufffb"
)
REGIONAL_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
"""A flag such as Scotland's, which is spelt with characters that are invisible elsewhere."""

DIRECTION_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    "\u206a\u206b\u206c\u206d\u206e\u206f"
)
WITHOUT_INK = frozenset({"Cc", "Cf", "Me", "Mn", "Zl", "Zp", "Zs"})
MARKS_IN_A_ROW = 8
MARKUP = re.compile(r"[][{}<>*`|\\~^\ufffd]|__")

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class TextRefused(ValueError):
    """A text cannot be taken as it is; the message says why and what would be right."""


def clean_line(raw: str, *, limit: int) -> str:
    """Return one line of text in NFC with single blanks, at most ``limit`` characters.

    Raises ``TextRefused``.
    """
    text = clean_text(raw, limit=limit)
    if "\n" in text:
        raise TextRefused("This must be one line. Remove the line breaks.")
    return text


def clean_text(raw: str, *, limit: int) -> str:
    """Return text in NFC, with single blanks and line feeds, at most ``limit`` characters.

    A text in which nothing can be seen is empty. Raises ``TextRefused``.
    """
    if len(raw) > 4 * limit:
        raise TextRefused(_too_long(len(raw), limit))
    text = LINE_BREAKS.sub("\n", raw).replace("\t", " ")
    refuse_unprintable(text)
    text = unicodedata.normalize("NFC", text)
    text = "\n".join(BLANKS.sub(" ", line).strip() for line in text.strip().split("\n"))
    if len(text) > limit:
        raise TextRefused(_too_long(len(text), limit))
    _refuse_piled_marks(text)
    return text if any(map(_has_ink, text)) else ""


def refuse_unprintable(text: str) -> None:
    """Raise ``TextRefused`` for what breaks a format or deceives a reader; line feeds may stay."""
    for character in dict.fromkeys(REGIONAL_FLAG.sub("", text)):  # each once, in their order
        _refuse_unprintable(character)


def refuse_markup(text: str) -> None:
    """Raise ``TextRefused`` for signs that markup leaves when it goes wrong, as in "[NAME]"."""
    if found := MARKUP.search(text):
        raise TextRefused(
            f"The “{found[0]}” would be printed just so. There is no place for HTML, tables, "
            "or notes in brackets."
        )


def _has_ink(character: str) -> bool:
    return unicodedata.category(character) not in WITHOUT_INK


def _too_long(length: int, limit: int) -> str:
    return f"This has {length:,} characters. Shorten it to {limit:,} or fewer."


def _refuse_unprintable(character: str) -> None:
    code = ord(character)
    named = f"U+{code:04X}"
    category = unicodedata.category(character)
    if character in DIRECTION_CONTROLS:
        raise TextRefused(
            f"This holds a hidden text direction character ({named}). "
            "Delete it: type the text again instead of pasting it."
        )
    if character in INVISIBLE or 0xE0000 <= code <= 0xE007F:
        raise TextRefused(f"This holds an invisible character ({named}). Delete it.")
    if category == "Cs" or (code & 0xFFFE) == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        raise TextRefused(f"This holds a code that is no character ({named}). Delete it.")
    if category in {"Cc", "Zl", "Zp"} and character != "\n":
        raise TextRefused(f"This holds a control character ({named}). Delete it.")
    if category == "Co":
        raise TextRefused(
            f"This holds a private character ({named}) that others cannot see. Delete it."
        )


def _refuse_piled_marks(text: str) -> None:
    row = 0
    for character in text:
        row = row + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if row > MARKS_IN_A_ROW:
            raise TextRefused(
                f"This piles more than {MARKS_IN_A_ROW} accents on one letter. Delete some of them."
            )


def day_in_words(day: date) -> str:
    """Return a date as it is printed, whatever the locale of the process: "May 17, 2012"."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


SORTED_CHARACTERS = 200
"""How long a text is that ``sorted_as`` gives, at most."""
DIGITS = 10
"""How long a row of digits may be that counts as a number in the order of names."""


def sorted_as(name: str) -> str:
    """Return the text by which a name is sorted as people expect: “Office 2” before “Office 12”.

    Rows of up to ``DIGITS`` digits count as numbers; case, accents and blanks do not matter. Two
    names may give the same text, so whoever sorts by it needs something else besides.
    """
    plain = unicodedata.normalize("NFKD", name[:SORTED_CHARACTERS]).casefold()
    letters = "".join(one for one in plain if unicodedata.category(one) != "Mn")
    numbered = re.sub(r"\d+", _padded, " ".join(letters.split()))
    return numbered[:SORTED_CHARACTERS]


def _padded(found: re.Match[str]) -> str:
    digits = "".join(str(unicodedata.decimal(one)) for one in found[0])
    return digits.lstrip("0").zfill(DIGITS)
