"""What clauses and blocks of a document say, without any markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policygen.core.document import AddressBlock, AddressEntry, Block, ClauseText, ListBlock, Run


def text_of(clause: ClauseText) -> str:
    """Return what a clause says on one line."""
    return " ".join(text for block in clause.blocks for text in _sentences(block))


def lines_of(block: Block) -> tuple[str, ...]:
    """Return what a block says, one text for each line that is printed under the other.

    A paragraph and a heading are one line; each item of a list is one, after "• " or its number;
    each line of an address is one, and its label stands before the first.
    """
    if isinstance(block, ListBlock):
        signs = (f"{n}." if block.ordered else "•" for n in range(1, len(block.items) + 1))
        return tuple(
            f"{sign} {joined(item)}" for sign, item in zip(signs, block.items, strict=True)
        )
    if isinstance(block, AddressBlock):
        return tuple(line for entry in block.entries for line in _entry_lines(entry))
    return (joined(block.runs),)


def joined(runs: Iterable[Run]) -> str:
    """Return the text of runs."""
    return "".join(run.text for run in runs)


def _sentences(block: Block) -> Iterator[str]:
    if isinstance(block, ListBlock):
        yield "; ".join(map(joined, block.items))
    elif isinstance(block, AddressBlock):
        for entry in block.entries:
            lines = ", ".join(map(joined, entry.lines))
            yield f"{entry.label}: {lines}." if entry.label else f"{lines}."
    else:
        yield joined(block.runs)


def _entry_lines(entry: AddressEntry) -> Iterator[str]:
    for number, line in enumerate(entry.lines):
        label = f"{entry.label}: " if entry.label and not number else ""
        yield f"{label}{joined(line)}"
