"""A policy as plain text, for e-mails and for places that take nothing else.

Lines hold at most 78 characters, except that a word is never cut: addresses stay whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import TextWrapper

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
from policygen.rendering.links import address_to_print, safe_href
from policygen.rendering.rendered import Rendered
from policygen.rendering.size import refuse_too_large

CONTENT_TYPE = "text/plain; charset=utf-8"
WIDTH = 78


def render(document: Document) -> Rendered:
    """Return the policy as plain text. Raises ``RenderTooLarge``."""
    refuse_too_large(document)
    text = "\n\n".join(_blocks(document)) + "\n"
    return Rendered(filename(document.practice, "txt"), CONTENT_TYPE, text.encode())


def _blocks(document: Document) -> list[str]:
    lines = front(document)
    blocks = [_underlined(lines.title, "=")]
    if lines.practice:
        blocks.insert(0, _wrapped(lines.practice))
    for number, section in enumerate(document.sections, start=1):
        blocks.extend(_section(number, section))
    return blocks


def _section(number: int, section: Section) -> list[str]:
    heading = _underlined(section_title(number, section.title), "-")
    # A section's heading stands apart by one more empty line.
    return ["\n" + heading, *(_group(group) for group in section.pieces())]


def _group(group: tuple[Piece, ...]) -> str:
    if len(group) == 1:
        return _block(group[0].block)
    texts = [plain(piece.block.runs) for piece in group if isinstance(piece.block, Paragraph)]
    return _wrapped(" ".join(texts))


def _block(block: Block) -> str:
    if isinstance(block, ListBlock):
        signs = [f"{n}." if block.ordered else "-" for n in range(1, len(block.items) + 1)]
        items = zip(signs, block.items, strict=True)
        return "\n".join(_hanging(f"{sign} ", plain(item)) for sign, item in items)
    if isinstance(block, AddressBlock):
        return "\n\n".join(_entry(entry) for entry in block.entries)
    if isinstance(block, Heading):
        return _underlined(plain(block.runs), "~")
    return _wrapped(plain(block.runs))


def _entry(entry: AddressEntry) -> str:
    lines = [plain(line) for line in entry.lines]
    if not entry.label:
        return "\n".join(_hanging("", line) for line in lines)
    if len(lines) == 1:
        return _hanging(f"{entry.label}: ", lines[0], indent="  ")
    return "\n".join([f"{entry.label}:", *(_hanging("  ", line) for line in lines)])


def plain(runs: Sequence[Run]) -> str:
    """Return the text of runs; an address that the text does not say follows it in ``<>``."""
    return " ".join("".join(_run(run) for run in runs).split())


def _run(run: Run) -> str:
    address = address_to_print(run.text, safe_href(run.href))
    return f"{run.text} <{address}>" if address else run.text


def _underlined(text: str, sign: str) -> str:
    wrapped = _wrapped(text)
    return f"{wrapped}\n{sign * max(len(line) for line in wrapped.splitlines() or [''])}"


def _wrapped(text: str) -> str:
    return _hanging("", text)


def _hanging(start: str, text: str, *, indent: str | None = None) -> str:
    """Wrap a text whose first line begins with ``start`` and the others with as many blanks."""
    wrapper = TextWrapper(
        width=WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start) if indent is None else indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.fill(" ".join(text.split())) or start.rstrip()
