"""Which clauses ``select`` includes, as literals over the answers.

A clause that points to a section stands only if that section has text, which may rest on other
clauses that point on. ``select`` drops clauses until nothing dangles; here the same rounds are
written down, so that a literal is true exactly if the clause is included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from policygen.core.analysis.propositions import Propositions
from policygen.core.clauses import Clause
from policygen.core.library import Library


class Inclusion:
    """Literals of a library's clauses (``included``, by slug) and sections (``there``, by id)."""

    def __init__(self, library: Library, propositions: Propositions) -> None:
        self.library = library
        self.propositions = propositions
        self.included: dict[str, int] = {}
        self.there: dict[str, int] = {}
        self._in: dict[str, list[Clause]] = {section.id: [] for section in library.sections}
        for clause in library.clauses:
            self._in[clause.section].append(clause)
        for knot in knots(_references(self._in)):
            self._settle(knot)

    def eligible(self, clause: Clause) -> int:
        """Return the literal that a clause's condition holds and its placeholders have values."""
        propositions = self.propositions
        needed = map(propositions.true, clause.needs)
        return propositions.formula.conj((propositions.holds(clause.when), *needed))

    def _settle(self, knot: Sequence[str]) -> None:
        """Write down the clauses of sections that point to each other, round after round.

        Each round but the last takes the text from one of the sections at least.
        """
        conj, disj = self.propositions.formula.conj, self.propositions.formula.disj
        inside = frozenset(knot)
        clauses = [clause for section in knot for clause in self._in[section]]
        first = {
            clause.slug: conj(
                (
                    self.eligible(clause),
                    *(self.there[s] for s in clause.body.references if s not in inside),
                )
            )
            for clause in clauses
        }
        kept, there = first, dict[str, int]()
        for _ in range(len(knot) + 1):
            before = there
            there = {s: disj(kept[clause.slug] for clause in self._in[s]) for s in knot}
            if there == before:
                break
            kept = {
                clause.slug: conj(
                    (first[clause.slug], *(there[s] for s in clause.body.references if s in inside))
                )
                for clause in clauses
            }
        self.included |= kept
        self.there |= there


def _references(clauses: Mapping[str, Iterable[Clause]]) -> dict[str, list[str]]:
    """Return for each section the sections that its clauses point to."""
    return {
        section: sorted({s for clause in inside for s in clause.body.references})
        for section, inside in clauses.items()
    }


def knots(arrows: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the groups of names that lead to each other, those led to before those that lead.

    A name that no circle goes through is a group of its own (Tarjan's algorithm, without
    recursion, since a library may have any number of sections).
    """
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    waiting: list[str] = []
    found: list[list[str]] = []
    for start in arrows:
        if start in number:
            continue
        way = [(start, iter(arrows[start]))]
        number[start] = lowest[start] = len(number)
        waiting.append(start)
        while way:
            name, onward = way[-1]
            follower = next(onward, None)
            if follower is None:
                way.pop()
                if way:
                    before = way[-1][0]
                    lowest[before] = min(lowest[before], lowest[name])
                if lowest[name] == number[name]:
                    place = waiting.index(name)
                    found.append(waiting[place:])
                    del waiting[place:]
            elif follower not in number:
                number[follower] = lowest[follower] = len(number)
                waiting.append(follower)
                way.append((follower, iter(arrows[follower])))
            elif follower in waiting:
                lowest[name] = min(lowest[name], number[follower])
    return found
