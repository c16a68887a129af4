"""The sentences of a document, parsed once for everything that is said of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policygen.core.document import (
    AddressBlock,
    Block,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Run,
)

WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
SENTENCE_END = re.compile(r"(?<![ .][A-Z])\.(?=\s+[“\"]?[A-Z_0-9]|\s*$)|[!?:;](?=\s|$)")
UNCOUNTED = re.compile(r"https?:\S+|www\.\S+|\S+@\S+|\+?[\d(][\d ().\-/]{4,}")

NAMES = frozenset(
    {
        *("practice", "practice_name", "short_name", "website", "app"),
        *("certificate_provider", "transfer_countries"),
    }
)
"""Placeholders that print names, which the reading level does not count."""

NAMING = ("contacts.", "locations")
"""How placeholders begin that print names and addresses."""

BLANK = "_"


class Place(StrEnum):
    """Where a sentence stands."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as printed; an item of a list and what leads to one are sentences of their own.

    ``section`` is the id of its section. ``unnamed`` is the text with what answers name blanked
    out; in ``masked`` links and long numbers are blanked out, too, and ``words`` are the words that
    are left in it, as printed.
    """

    clause: ClauseText
    section: str
    place: Place
    text: str
    unnamed: str
    masked: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrintedRun:
    """A run with the clause that it stands in, and the label of the address it belongs to."""

    clause: ClauseText
    run: Run
    label: str = ""


def runs_of(document: Document) -> Iterator[PrintedRun]:
    """Give every run of a document in reading order."""
    for clause in document.clauses():
        for block in clause.blocks:
            if isinstance(block, AddressBlock):
                for entry in block.entries:
                    for line in entry.lines:
                        yield from (PrintedRun(clause, run, entry.label) for run in line)
            else:
                for runs in _lines(block)[1]:
                    yield from (PrintedRun(clause, run) for run in runs)


def sentences_of(document: Document) -> tuple[Sentence, ...]:
    """Return all sentences of a document in reading order; addresses have none."""
    return tuple(
        sentence
        for section in document.sections
        for clause in section.clauses
        for sentence in sentences_in(clause, section.id)
    )


def sentences_in(clause: ClauseText, section: str = "") -> Iterator[Sentence]:
    """Give the sentences of one clause."""
    for block in clause.blocks:
        place, lines = _lines(block)
        for runs in lines:
            text, unnamed = "".join(run.text for run in runs), _unnamed(runs)
            masked = UNCOUNTED.sub(lambda found: _blank(found[0]), unnamed)
            for start, end in _spans(masked):
                words = tuple(WORD.findall(masked, start, end))
                if said := text[start:end].strip():
                    named, counted = unnamed[start:end].strip(), masked[start:end].strip()
                    yield Sentence(clause, section, place, said, named, counted, words)


def _lines(block: Block) -> tuple[Place, Sequence[tuple[Run, ...]]]:
    if isinstance(block, AddressBlock):
        return Place.PARAGRAPH, ()
    if isinstance(block, ListBlock):
        return Place.ITEM, block.items
    return Place.HEADING if isinstance(block, Heading) else Place.PARAGRAPH, (block.runs,)


def is_name(run: Run) -> bool:
    """Tell whether a run prints the name of somebody or something, or an address."""
    return run.filled_by in NAMES or run.filled_by.startswith(NAMING)


def _unnamed(runs: Iterable[Run]) -> str:
    """Return the text of runs with names blanked out, sign for sign."""
    return "".join(_blank(run.text) if is_name(run) else run.text for run in runs)


def _blank(text: str) -> str:
    """Return blanks for a text; its full stop stays, since it may be that of the sentence."""
    return BLANK * (len(text) - 1) + (text[-1] if text[-1:] in ".!?:;" else BLANK) if text else ""


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Give the start and the end of each sentence of a line."""
    start = 0
    for end in SENTENCE_END.finditer(text):
        yield start, end.end()
        start = end.end()
    if start < len(text):
        yield start, len(text)
