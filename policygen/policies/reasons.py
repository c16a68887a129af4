"""Why each clause is in a policy or not, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.document import AddressBlock, Block, ClauseText, ListBlock, Run
from policygen.core.library import Library
from policygen.core.selection import Choice, Selection, in_words, select


@dataclass(frozen=True)
class Explained:
    """A clause with its reason; ``text`` is what it says, and is empty if it was left out."""

    slug: str
    title: str
    reason: str
    text: str = ""


@dataclass(frozen=True)
class ExplainedSection:
    """The clauses of a section with their reasons."""

    title: str
    clauses: tuple[Explained, ...]


def explained(library: Library, answers: Answers, *, on: date) -> dict[str, object]:
    """Return the clauses that are in and those that are out, by section."""
    selection = select(library, answers)
    document = assemble(selection, answers, on=on)
    texts = {clause.slug: plain_text(clause) for clause in document.clauses()}
    return {
        "included": tuple(_sections(selection.included, selection, answers, texts)),
        "left_out": tuple(_sections(selection.left_out, selection, answers, {})),
        "count_included": len(selection.included),
        "count_left_out": len(selection.left_out),
    }


def _sections(
    choices: Iterable[Choice], selection: Selection, answers: Answers, texts: dict[str, str]
) -> Iterator[ExplainedSection]:
    library = selection.library
    titles = {section.id: section.title for section in library.sections}
    for section, group in groupby(choices, key=lambda choice: choice.clause.section):
        clauses = tuple(
            Explained(
                choice.clause.slug,
                choice.clause.title,
                in_words(choice.reason, library, answers.in_force),
                texts.get(choice.clause.slug, ""),
            )
            for choice in group
        )
        yield ExplainedSection(titles[section], clauses)


def plain_text(clause: ClauseText) -> str:
    """Return what a clause says on one line, without any markup."""
    return " ".join(text for block in clause.blocks for text in _lines(block))


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, ListBlock):
        yield "; ".join(map(_text, block.items))
    elif isinstance(block, AddressBlock):
        for entry in block.entries:
            lines = ", ".join(map(_text, entry.lines))
            yield f"{entry.label}: {lines}." if entry.label else f"{lines}."
    else:
        yield _text(block.runs)


def _text(runs: Iterable[Run]) -> str:
    return "".join(run.text for run in runs)
