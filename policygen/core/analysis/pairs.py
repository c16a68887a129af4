"""Which clause of a later document is which clause of an earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policygen.core.analysis.alignment import side_by_side
from policygen.core.analysis.impact import Printed, printed_block
from policygen.core.document import ClauseText, Document, Section


@dataclass(frozen=True, slots=True)
class ClausePair:
    """A clause in both documents, in one, or in the other.

    ``section`` is where it stands in the later document; for one that is gone, where it stood.
    ``moved`` tells that it stands in another place among the others, or in another section.
    """

    section: Section
    before: ClauseText | None
    after: ClauseText | None
    moved: bool = False


def printed_clause(clause: ClauseText) -> Printed:
    """Return a value that is equal for two clauses exactly if they print the same."""
    return tuple(printed_block(block) for block in clause.blocks)


def clause_pairs(before: Document, after: Document) -> Iterator[ClausePair]:
    """Give every clause of both documents once, in the reading order of the later one.

    What is gone stands where it stood. A clause that prints the same under another slug is the
    same clause.
    """
    old = {clause.slug: clause for clause in before.clauses()}
    names = _names(before, after)
    kept = set(names.values())
    for one, other in side_by_side(before.sections, after.sections, lambda section: section.id):
        section = other or one
        if section is None:
            continue
        clauses = side_by_side(
            one.clauses if one else (),
            other.clauses if other else (),
            lambda clause: names.get(clause.slug, clause.slug),
        )
        for was, is_now in clauses:
            if is_now is not None:
                earlier = was or old.get(names.get(is_now.slug, ""))
                yield ClausePair(section, earlier, is_now, moved=earlier is not was)
            elif was is not None and was.slug not in kept:
                yield ClausePair(section, was, None)


def _names(before: Document, after: Document) -> dict[str, str]:
    """Return the earlier slug of each clause of the later document that was there before."""
    old = {clause.slug: clause for clause in before.clauses()}
    new = {clause.slug: clause for clause in after.clauses()}
    names = {slug: slug for slug in new if slug in old}
    gone = {printed_clause(clause): slug for slug, clause in old.items() if slug not in new}
    for slug, clause in new.items():
        if slug not in old and (earlier := gone.pop(printed_clause(clause), None)):
            names[slug] = earlier
    return names
