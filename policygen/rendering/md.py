r"""A policy as Markdown (CommonMark), for websites that are written in it.

Whatever the text says comes out literally: each character that could mean something to a Markdown
reader gets a backslash. Each paragraph is one line, so only its beginning can look like a list.
Emphasis that CommonMark could not express next to its neighbours (``**a**b``) is left out; the
text never is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Piece,
    Run,
    Section,
)
from policygen.rendering.filenames import filename
from policygen.rendering.front import front, section_title
from policygen.rendering.links import safe_href
from policygen.rendering.rendered import Rendered
from policygen.rendering.size import refuse_too_large

CONTENT_TYPE = "text/markdown; charset=utf-8"

# A "!" at the end of a run could turn the link after it into a picture.
SPECIAL = re.compile(r"[\\`*_\[\]<>#~|$]|&(?=[#A-Za-z])|!\Z")
# What begins a list, a rule or an underlined heading when it stands first on a line.
LEADING = re.compile(r"(?P<before>[0-9]{1,9})?(?P<sign>(?(before)[.)]|[-+=]))")
BACKSLASHED = r"\\\g<0>"
IN_ADDRESS = re.compile(r"[\\`*_\[\]<>()&~|]")


def render(document: Document) -> Rendered:
    """Return the policy as Markdown. Raises ``RenderTooLarge``."""
    refuse_too_large(document)
    text = "\n\n".join(_blocks(document)) + "\n"
    return Rendered(filename(document.practice, "md"), CONTENT_TYPE, text.encode())


def escaped(text: str) -> str:
    """Return text so that a Markdown reader takes it literally, anywhere but first on a line."""
    return SPECIAL.sub(BACKSLASHED, text)


def line(markdown: str) -> str:
    """Return finished inline Markdown so that it can stand first on a line."""
    collapsed = " ".join(markdown.split())
    if LEADING.match(collapsed):
        return LEADING.sub(r"\g<before>\\\g<sign>", collapsed, count=1)
    return collapsed


def _blocks(document: Document) -> list[str]:
    lines = front(document)
    blocks = [f"# {inline([Run(lines.title)])}"]
    if lines.practice:
        blocks.insert(0, line(escaped(lines.practice)))
    for number, section in enumerate(document.sections, start=1):
        blocks.extend(_section(number, section))
    return blocks


def _section(number: int, section: Section) -> list[str]:
    title = inline([Run(section_title(number, section.title))])
    groups = [_group(group, place) for place, group in enumerate(section.pieces())]
    return [f"## {title}", *groups]


def _group(group: tuple[Piece, ...], place: int) -> str:
    """Print a group of pieces; ``place`` tells two lists that follow each other apart."""
    if len(group) == 1:
        return _block(group[0].block, place)
    texts = [inline(piece.block.runs) for piece in group if isinstance(piece.block, Paragraph)]
    return line(" ".join(texts))


def _block(block: Block, place: int) -> str:
    if isinstance(block, Heading):
        return f"### {inline(block.runs)}"
    if isinstance(block, ListBlock):
        return "\n".join(_items(block, place))
    if isinstance(block, AddressBlock):
        return "\n\n".join(_entry(entry) for entry in block.entries)
    return line(inline(block.runs))


def _items(block: ListBlock, place: int) -> list[str]:
    # Another sign begins another list; the same sign would continue the list before.
    bullet, after = ("-", ".") if place % 2 == 0 else ("*", ")")
    signs = [f"{n}{after}" if block.ordered else bullet for n in range(1, len(block.items) + 1)]
    return [f"{sign} {line(inline(item))}" for sign, item in zip(signs, block.items, strict=True)]


def _entry(entry: AddressEntry) -> str:
    lines = [line(inline(runs)) for runs in entry.lines]
    label = line(escaped(f"{entry.label}:")) if entry.label else ""
    if label and len(lines) == 1:
        return f"{label} {lines[0]}"
    return "\\\n".join([label, *lines] if label else lines)


def inline(runs: Sequence[Run]) -> str:
    """Return runs as inline Markdown on one line, to stand anywhere but first on a line."""
    joined = _joined(runs)
    parts = []
    for place, run in enumerate(joined):
        before = joined[place - 1].text[-1:] if place else ""
        after = joined[place + 1].text[:1] if place + 1 < len(joined) else ""
        marked = place > 0 and _marks(joined[place - 1]) and not _link(joined[place - 1])
        parts.append(_run(run, "*" if marked and before.strip() else before, after))
    return " ".join("".join(parts).split())


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Join neighbours of the same style, and leave out empty runs."""

    def style(run: Run) -> tuple[bool, bool, str]:
        return run.strong, run.em, _link(run)

    return [
        replace(first, text="".join([first.text, *(run.text for run in rest)]))
        for _, (first, *rest) in groupby((run for run in runs if run.text), key=style)
    ]


def _link(run: Run) -> str:
    """Return a run's address; a section's is left out: Markdown has no ids that hold everywhere."""
    href = safe_href(run.href)
    return "" if href.startswith("#") else href


def _marks(run: Run) -> str:
    return "**" * run.strong + "*" * run.em


def _run(run: Run, before: str, after: str) -> str:
    """Print a run between two characters (empty at the ends of the line)."""
    text = run.text.strip()
    if not text:
        return " "
    href, marks = _link(run), _marks(run)
    opening = "" if href or run.text[0].isspace() else before
    closing = "" if href or run.text[-1].isspace() else after
    if not (_holds(opening, text[0]) and _holds(closing, text[-1])):
        marks = ""
    inner = f"{marks}{escaped(text)}{marks}"
    if href:
        inner = f"[{inner}]({IN_ADDRESS.sub(BACKSLASHED, href)})"
    lead = " " if run.text[0].isspace() else ""
    return f"{lead}{inner}{' ' if run.text[-1].isspace() else ''}"


def _holds(outer: str, inner: str) -> bool:
    """Tell whether CommonMark takes asterisks between two characters for a mark of emphasis."""
    if outer == "*":
        return False
    return inner.isalnum() or not outer.strip()
