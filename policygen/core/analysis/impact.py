"""Whether a change of the library changes what is printed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import groupby

from policygen.core.document import (
    AddressBlock,
    Block,
    Document,
    ListBlock,
    Paragraph,
    Piece,
    Run,
)

Printed = Hashable
"""Nested tuples; compare them, do not take them apart."""


def differs(before: Document, after: Document) -> bool:
    """Tell whether two documents print differently."""
    return printed(before) != printed(after)


def printed(document: Document) -> Printed:
    """Return a value that is equal for two documents exactly if they print the same.

    It leaves out what is not printed: slugs, versions, titles of clauses, the answers behind a
    text, the release, and the day, which counts only where a clause prints it.
    """
    sections = tuple(
        (section.id, section.title, tuple(_printed_group(group) for group in section.pieces()))
        for section in document.sections
    )
    return document.title, document.practice, sections


def printed_block(block: Block) -> Printed:
    """Return a value that is equal for two blocks exactly if they print the same."""
    if isinstance(block, ListBlock):
        return "list", block.ordered, tuple(map(_printed_runs, block.items))
    if isinstance(block, AddressBlock):
        entries = ((entry.label, tuple(map(_printed_runs, entry.lines))) for entry in block.entries)
        return "address", tuple(entries)
    if isinstance(block, Paragraph):
        return "paragraph", block.run_in, _printed_runs(block.runs)
    return "heading", _printed_runs(block.runs)


def _printed_group(group: Iterable[Piece]) -> Printed:
    """Return what one group of ``Section.pieces`` prints: its first block cannot run in."""
    first, *others = (piece.block for piece in group)
    if isinstance(first, Paragraph):
        first = Paragraph(first.runs)
    return tuple(printed_block(block) for block in (first, *others))


def _printed_runs(runs: Iterable[Run]) -> Printed:
    """Return runs with neighbours of one style joined, whatever filled them."""
    return tuple(_joined(runs))


def _joined(runs: Iterable[Run]) -> Iterator[Printed]:
    for style, group in groupby(runs, key=lambda run: (run.strong, run.em, run.href)):
        if text := "".join(run.text for run in group):
            yield text, *style
