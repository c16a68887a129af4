"""From answers to a document, in the order in which things flow."""

from __future__ import annotations

from datetime import date
from typing import Any

from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.in_words import reason_in_words
from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.core.selection import Choice, Selection, select


def generate(library: Library, answers: Answers, *, on: date) -> Document:
    """Return the policy that the answers call for.

    Raises ``Refused`` where a fact is missing without which there is no policy.
    """
    if missing := list(answers.missing()):
        raise Refused(missing)
    return assemble(select(library, answers), answers, on=on)


def explain(library: Library, answers: Answers) -> dict[str, Any]:
    """Return which clauses are in and out and why, as plain values for JSON."""
    selection = select(library, answers)
    return {
        "release": library.digest,
        "included": [_explained(choice, selection, answers) for choice in selection.included],
        "left_out": [_explained(choice, selection, answers) for choice in selection.left_out],
    }


def _explained(choice: Choice, selection: Selection, answers: Answers) -> dict[str, Any]:
    return {
        "clause": choice.clause.slug,
        "section": choice.clause.section,
        "version": choice.clause.version,
        "why": str(choice.reason.why),
        "decided_by": list(choice.reason.atoms),
        "reason": reason_in_words(choice.reason, selection.library, answers.in_force),
    }
