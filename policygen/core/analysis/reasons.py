"""Why each clause is in a policy or not, for people and as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from policygen.core.analysis.ledger import Status, ledger
from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.in_words import reason_in_words
from policygen.core.library import Library
from policygen.core.plain_text import text_of
from policygen.core.regimes import Element
from policygen.core.selection import Choice, Selection, Why, select


@dataclass(frozen=True)
class Explained:
    """A clause with its reason.

    ``decided_by`` are the atoms behind the reason (ids of sections for a clause that points
    nowhere). ``text`` is what it says, and is empty if it was left out. ``satisfies`` are the
    elements of laws that it states for these answers; for one that was left out, all that it could
    state.
    """

    slug: str
    section: str
    version: int
    title: str
    why: Why
    decided_by: tuple[str, ...]
    reason: str
    text: str = ""
    satisfies: tuple[Element, ...] = ()
    amended: bool = False


@dataclass(frozen=True)
class ExplainedSection:
    """The clauses of a section with their reasons."""

    title: str
    clauses: tuple[Explained, ...]


@dataclass(frozen=True)
class Reasons:
    """All clauses of a library with the reason why each is in a policy or not.

    ``release`` is the digest of the library.
    """

    release: str
    included: tuple[ExplainedSection, ...]
    left_out: tuple[ExplainedSection, ...]

    @property
    def count_included(self) -> int:
        """How many clauses are in the policy."""
        return sum(len(section.clauses) for section in self.included)

    @property
    def count_left_out(self) -> int:
        """How many clauses are not."""
        return sum(len(section.clauses) for section in self.left_out)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "release": self.release,
            "included": [_to_json(one) for section in self.included for one in section.clauses],
            "left_out": [_to_json(one) for section in self.left_out for one in section.clauses],
        }


def explained(library: Library, answers: Answers, *, on: date) -> Reasons:
    """Return the clauses that are in and those that are out, by section.

    ``on`` is the day that the policy is for; some clauses print it.
    """
    selection = select(library, answers)
    document = assemble(selection, answers, on=on)
    texts = {clause.slug: text_of(clause) for clause in document.clauses()}
    stated: dict[str, list[Element]] = {}
    for line in ledger(library, answers, selection, document).lines():
        for one in line.stated if line.status is Status.SATISFIED else ():
            stated.setdefault(one.slug, []).append(line.element)
    return Reasons(
        release=library.digest,
        included=tuple(_sections(selection.included, selection, answers, texts, stated)),
        left_out=tuple(_sections(selection.left_out, selection, answers, {}, _statable(library))),
    )


def _statable(library: Library) -> dict[str, list[Element]]:
    """Return all elements that each clause could state."""
    elements = {one.id: one for regime in library.regimes for one in regime.elements}
    return {
        clause.slug: [elements[name] for name in clause.satisfies if name in elements]
        for clause in library.clauses
    }


def _sections(
    choices: Iterable[Choice],
    selection: Selection,
    answers: Answers,
    texts: dict[str, str],
    stated: dict[str, list[Element]],
) -> Iterator[ExplainedSection]:
    library = selection.library
    titles = {section.id: section.title for section in library.sections}
    for section, group in groupby(choices, key=lambda choice: choice.clause.section):
        clauses = tuple(
            Explained(
                slug=choice.clause.slug,
                section=section,
                version=choice.clause.version,
                title=choice.clause.title,
                why=choice.reason.why,
                decided_by=choice.reason.atoms,
                reason=reason_in_words(choice.reason, library, answers.in_force),
                text=texts.get(choice.clause.slug, ""),
                satisfies=tuple(stated.get(choice.clause.slug, ())),
                amended=choice.clause.amended,
            )
            for choice in group
        )
        yield ExplainedSection(titles[section], clauses)


def _to_json(one: Explained) -> dict[str, Any]:
    return {
        "clause": one.slug,
        "section": one.section,
        "version": one.version,
        "why": str(one.why),
        "decided_by": list(one.decided_by),
        "reason": one.reason,
        "text": one.text,
        "satisfies": [element.id for element in one.satisfies],
        "own_wording": one.amended,
    }
