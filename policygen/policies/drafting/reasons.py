"""Why each clause is in a policy or not, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.in_words import reason_in_words
from policygen.core.library import Library
from policygen.core.plain_text import text_of
from policygen.core.selection import Choice, Selection, select


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
    texts = {clause.slug: text_of(clause) for clause in document.clauses()}
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
                reason_in_words(choice.reason, library, answers.in_force),
                texts.get(choice.clause.slug, ""),
            )
            for choice in group
        )
        yield ExplainedSection(titles[section], clauses)
