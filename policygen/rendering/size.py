"""The first gate: a document that is far too long is refused before any work is done on it."""

from __future__ import annotations

from collections.abc import Iterator

from policygen.core.document import AddressBlock, Block, Document, ListBlock, Run
from policygen.rendering.limits import TEXT_LIMIT
from policygen.rendering.rendered import RenderTooLarge


def refuse_too_large(document: Document) -> None:
    """Raise ``RenderTooLarge`` if the document has more than ``TEXT_LIMIT`` characters.

    Each line and each run counts one more than its text, so that empty ones are not free.
    """
    size = len(document.title) + len(document.practice)
    for clause in document.clauses():
        for block in clause.blocks:
            for runs in lines(block):
                size += 1
                for run in runs:
                    size += len(run.text) + len(run.href) + 1
        if size > TEXT_LIMIT:
            raise RenderTooLarge(
                f"This policy has more than {TEXT_LIMIT:,} characters, which is too long to "
                "produce. Shorten the answers that are printed in it."
            )


def lines(block: Block) -> Iterator[tuple[Run, ...]]:
    """Give the lines of runs that a block of any kind is made of."""
    if isinstance(block, ListBlock):
        yield from block.items
    elif isinstance(block, AddressBlock):
        for entry in block.entries:
            yield from entry.lines
    else:
        yield block.runs
