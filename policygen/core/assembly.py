"""From a selection to a finished document."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from policygen.core.answers import Answers
from policygen.core.document import ClauseText, Document, Section
from policygen.core.placeholders import PRACTICE, Filling
from policygen.core.selection import Choice, Selection


def assemble(selection: Selection, answers: Answers, *, on: date) -> Document:
    """Fill the selected clauses and put them in sections.

    ``selection`` must come from the same answers. ``on`` is the day that the document is for.
    Sections without clauses do not appear, so no heading is ever without text.
    """
    library = selection.library
    filling = Filling(answers, on)
    titles = {section.id: section.title for section in library.sections}
    sections = tuple(
        Section(identifier, titles[identifier], tuple(_clause_text(c, filling) for c in choices))
        for identifier, choices in groupby(
            selection.included, key=lambda choice: choice.clause.section
        )
    )
    practice = filling.value(PRACTICE)
    return Document(
        title=library.title,
        practice=str(practice.value) if practice else "",
        language=library.language,
        date=on,
        release=library.digest,
        sections=sections,
    )


def _clause_text(choice: Choice, filling: Filling) -> ClauseText:
    clause = choice.clause
    filled = [value for path in clause.paths if (value := filling.value(path)) is not None]
    return ClauseText(
        slug=clause.slug,
        version=clause.version,
        title=clause.title,
        blocks=clause.body.fill(filling, run_in=clause.run_in),
        decided_by=choice.reason.atoms,
        filled_by=tuple(dict.fromkeys(atom for value in filled for atom in value.atoms)),
        amended=clause.amended,
    )
