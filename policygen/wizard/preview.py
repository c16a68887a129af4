"""What the answers of one page say in the policy, while they are being given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from policygen.core.answers import Answer, Answers
from policygen.core.assembly import assemble
from policygen.core.conditions import question_of
from policygen.core.library import Library
from policygen.core.plain_text import text_of
from policygen.core.selection import select
from policygen.wizard.interview import Interview

SHOWN = 12
"""How many clauses are shown before the rest is counted."""


@dataclass(frozen=True)
class Said:
    """The texts of clauses, and how many more there are."""

    texts: tuple[str, ...]
    more: int


def said_by(
    interview: Interview, library: Library, page: str, given: Mapping[str, Answer], *, on: date
) -> Said:
    """Return what the policy would say because of a page, if it were saved with these answers.

    ``library`` is the interview's own, with the practice's wording in it.
    """
    vocabulary = interview.library.vocabulary
    answers = Answers(vocabulary, {**interview.answers.given, **given})
    document = assemble(select(library, answers), answers, on=on)
    asked = {question.id for question in interview.pages[page]}
    texts = [
        text_of(clause)
        for clause in document.clauses()
        if any(question_of(atom) in asked for atom in (*clause.decided_by, *clause.filled_by))
    ]
    return Said(tuple(texts[:SHOWN]), max(0, len(texts) - SHOWN))
