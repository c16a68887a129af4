"""Mutants of a policy: the same document without one of its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from policygen.core.analysis.ledger import Ledger, Status, ledger
from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.document import ClauseText, Document
from policygen.core.library import Library
from policygen.core.selection import select
from tests.core.small import DAY

READING = 7.0
"""The reading level that every ledger here is given: a block more or less must not decide that."""


@dataclass(frozen=True)
class Mutant:
    """A document without one block of a clause."""

    slug: str
    block: int
    document: Document


@dataclass(frozen=True)
class Judged:
    """What a mutant turned red, and what it should have turned red."""

    mutant: Mutant
    red: frozenset[str]
    expected: frozenset[str]

    @property
    def killed(self) -> bool:
        """Whether exactly the elements of the clause turned red."""
        return self.red == self.expected


def mutants(document: Document) -> Iterator[Mutant]:
    """Give the document once without each of its blocks.

    A clause whose only block is taken goes, and a section whose only clause goes.
    """
    for clause in document.clauses():
        for block in range(len(clause.blocks)):
            yield Mutant(clause.slug, block, _without(document, clause, block))


def _without(document: Document, clause: ClauseText, block: int) -> Document:
    blocks = (*clause.blocks[:block], *clause.blocks[block + 1 :])
    shorter = replace(clause, blocks=blocks)
    sections = []
    for section in document.sections:
        clauses = (shorter if one is clause else one for one in section.clauses)
        kept = tuple(one for one in clauses if one.blocks)
        if kept:
            sections.append(replace(section, clauses=kept))
    return replace(document, sections=tuple(sections))


def judged(library: Library, answers: Answers) -> Iterator[Judged]:
    """Judge every mutant of the policy from these answers."""
    selection = select(library, answers)
    document = assemble(selection, answers, on=DAY)
    before = satisfied(ledger(library, answers, selection, document, READING))
    elements = {clause.slug: frozenset(clause.satisfies) for clause in library.clauses}
    for mutant in mutants(document):
        after = satisfied(ledger(library, answers, selection, mutant.document, READING))
        assert after <= before, "a block less made something satisfied"
        yield Judged(mutant, before - after, before & elements[mutant.slug])


def satisfied(found: Ledger) -> frozenset[str]:
    """Return the elements that are satisfied."""
    return frozenset(
        name for name, status in found.statuses().items() if status is Status.SATISFIED
    )
