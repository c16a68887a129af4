"""From answers to a document, in the order in which things flow."""

from __future__ import annotations

from datetime import date

from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.core.selection import select


def generate(library: Library, answers: Answers, *, on: date) -> Document:
    """Return the policy that the answers call for.

    Raises ``Refused`` where a fact is missing without which there is no policy.
    """
    if missing := list(answers.missing()):
        raise Refused(missing)
    return assemble(select(library, answers), answers, on=on)
