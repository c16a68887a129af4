"""What is reviewed, put together: a document with all that it came from."""

from __future__ import annotations

from datetime import date

from policygen.core.analysis.findings.finding import Subject
from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.library import Library
from policygen.core.selection import select
from policygen.instruments.syllables import syllables
from policygen.library.word_lists import words_at_hand


def subject_of(
    library: Library,
    answers: Answers,
    *,
    on: date,
    today: date | None = None,
    document: Document | None = None,
) -> Subject:
    """Return what findings and the ledger are made from.

    ``library`` has the practice's own wording laid over it. ``on`` is the day that the policy is
    for, and ``today`` that of the review, if it is another one. A stored ``document`` is reviewed
    as it stands; without one, the policy is made from the answers, even where a fact is missing.
    """
    selection = select(library, answers)
    return Subject(
        library=library,
        answers=answers,
        selection=selection,
        document=document or assemble(selection, answers, on=on),
        today=today or on,
        syllables=syllables,
        words=words_at_hand(),
    )
