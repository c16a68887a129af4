"""What is left of a text before it goes to a log or to another site: no personal data.

Our own messages name numbers and kinds of errors. What others raise may quote what somebody typed:
a mail server quotes addresses, PostgreSQL the values of a row, Python the text it cannot read.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from itertools import pairwise

MOST = 500
"""How many characters of what an exception says are kept."""

ABOUT_CODE = (AttributeError, ImportError, NameError, TypeError, AssertionError, KeyError)
"""Exceptions that quote names in the code; KeyError too, whose keys are names nearly always."""

_PART = r"""[^\s@<>"'(),;:=]"""
_ADDRESS = re.compile(rf"(?<!{_PART}){_PART}++@{_PART}+")  # each sign is looked at once
_NUMBER = re.compile(r"(?<![\w-])\+?\(?\d(?:[ ().\-/]{0,2}\d){6,}(?![\w-])")
_QUOTED = re.compile(
    r"""
    (?<!\w)[bBrRuUfF]{0,2} '(?: \\. | [^'\\] | '(?=\w) )*+ '
    | (?<!\w)[bBrRuUfF]{0,2} "(?: \\. | [^"\\] | "(?=\w) )*+ "
    | “(?: [^”] | ”(?=\w) )*+ ”
    | ‘(?: [^’] | ’(?=\w) )*+ ’
    """,
    re.VERBOSE | re.DOTALL,
)
"""A quotation: its mark opens where no word goes on, and closes where none goes on after it."""
_LONE = re.compile(r"""(?P<opens>(?<!\w)['’"“„‚‘«»‹›]) | ['’](?!\w) | ["“”„‚‘«»‹›]""", re.VERBOSE)
"""A mark without another one: any but the apostrophe inside of a word."""
_MARK = re.compile(r"""[\0'’"“”„‚‘«»‹›]""")
_VALUES = re.compile(r"\n\s*(?:DETAIL|CONTEXT|HINT|LINE \d+|QUERY|STATEMENT)\b.*", re.DOTALL)
_IN_BRACKETS = re.compile(r"=\s*\([^)\n]*\)")


def without_addresses(text: str) -> str:
    """Return a text with an ellipsis for each e-mail address."""
    return _ADDRESS.sub("…@…", text) if "@" in text else text


def said_by(error: BaseException) -> str:
    """Return what an exception says, with an ellipsis for whatever may be somebody's words."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception whose text cannot be made has none
        return "(cannot be shown)"
    return without_words(text, about_code=isinstance(error, ABOUT_CODE))


def without_words(text: str, *, about_code: bool = False) -> str:
    """Return what an exception said, without addresses, telephone numbers and what it quotes.

    What is ``about_code`` keeps its quotes: they are names in it. At most ``MOST`` characters.
    """
    text = without_addresses(_VALUES.sub("", text[: MOST * 2]))
    if not about_code:
        text = _IN_BRACKETS.sub("=(…)", _without_quotes(text))
    return _NUMBER.sub("…", text)[:MOST]


def _without_quotes(text: str) -> str:
    """Return a text with an ellipsis for what it quotes.

    Where a quotation does not end, all that follows is cut off; where one ends that did not begin,
    all from the first mark on, since quotations inside of others hide where they end.
    """
    text = _QUOTED.sub("\0", text)
    if lone := _LONE.search(text):
        first = lone if lone["opens"] else _MARK.search(text) or lone
        text = f"{text[: first.start()]}\0"
    return text.replace("\0", "“…”")


def told(error: BaseException) -> str:
    """Return the traceback of an exception and of those that led to it, the first one first."""
    parts = []
    for before, after in pairwise([None, *reversed(list(_chain(error)))]):
        if before is not None and after is not None:
            parts.append("This led to:" if after.__cause__ is before else "Then, meanwhile:")
        if after is not None:
            parts += [line.rstrip("\n") for line in traceback.format_tb(after.__traceback__)]
            parts.append(_headline(after))
    return "\n".join(parts)


def _headline(error: BaseException) -> str:
    kind = type(error)
    room = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    name = f"{room}{kind.__qualname__}"
    said = said_by(error)
    return f"{name}: {said}" if said else name


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
