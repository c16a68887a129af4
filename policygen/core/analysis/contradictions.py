"""Clauses that contradict each other in one policy (``claims`` says when two claims do)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from policygen.core.analysis.inclusion import Inclusion
from policygen.core.analysis.reachability import Space
from policygen.core.analysis.solving import FALSE
from policygen.core.answers import Answers
from policygen.core.claims import (
    Claim,
    Clash,
    asserted_verbs,
    contradicts,
    denied_verbs,
    taken_out,
)
from policygen.core.clauses import Clause
from policygen.core.library import Library
from policygen.core.selection import Selection
from policygen.core.vocabulary import Vocabulary

Exempted = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By clause and leaf: the clauses that take the leaf out of what the clause claims."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clauses (or one that contradicts itself) with claims that clash.

    ``says`` is the clause that asserts, ``denies`` the one that denies or limits.
    """

    says: Clause
    denies: Clause
    clash: Clash

    @property
    def slugs(self) -> frozenset[str]:
        """The slugs of the two; just one if a clause contradicts itself."""
        return frozenset({self.says.slug, self.denies.slug})


def clashing_pairs(library: Library) -> Iterator[Pair]:
    """Give all pairs of clauses of a library whose claims clash, for some answers or for all."""
    return pairs_among(library.clauses, library.vocabulary)


def pairs_among(clauses: Iterable[Clause], vocabulary: Vocabulary) -> Iterator[Pair]:
    """Give all pairs among some clauses whose claims clash, for some answers or for all."""
    claimed = [(clause, claim) for clause in clauses for claim in clause.statements]
    against: dict[str, list[tuple[Clause, Claim]]] = {}
    for clause, claim in claimed:
        for verb in denied_verbs(claim):
            against.setdefault(verb, []).append((clause, claim))
    for clause, claim in claimed:
        for verb in sorted(asserted_verbs(claim)):
            for other, denial in against.get(verb, ()):
                clash = contradicts(claim, denial, vocabulary)
                if clash is not None:
                    yield Pair(clause, other, clash)


def exempted(clauses: Iterable[Clause], vocabulary: Vocabulary) -> Exempted:
    """Return what some clauses take out of the claims of which clause, and which of them do."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for clause in clauses:
        for exemption in clause.exemptions:
            leaves = found.setdefault(exemption.slug, {})
            for leaf in taken_out(exemption.atoms, vocabulary):
                leaves[leaf] = (*leaves.get(leaf, ()), clause.slug)
    return found


def contradictions(
    space: Space, inclusion: Inclusion, pairs: list[Pair]
) -> Iterator[tuple[Pair, Answers]]:
    """Give each pair of clauses that contradict each other for some answers, and such answers.

    One pair of clauses is given once, however many of their claims clash, and whichever asserts.
    """
    taken = exempted(inclusion.library.clauses, inclusion.library.vocabulary)
    clashes: dict[frozenset[str], dict[int, Pair]] = {}
    for pair in pairs:
        literal = _literal(pair, space, inclusion, taken)
        if literal != FALSE:
            clashes.setdefault(pair.slugs, {}).setdefault(literal, pair)
    open_ones = {literal for of_two in clashes.values() for literal in of_two}
    possible = space.possible(open_ones)
    for of_two in clashes.values():
        literal = next((one for one in of_two if one in possible), FALSE)
        if literal == FALSE:
            continue
        answers = space.answers(literal)
        if answers is None:
            raise AssertionError(f"The solver takes back what it found: {of_two[literal]}")
        yield of_two[literal], answers


def _literal(pair: Pair, space: Space, inclusion: Inclusion, taken: Exempted) -> int:
    """Return the literal that both clauses stand in the policy and contradict each other."""
    formula, included = space.formula, inclusion.included

    def kept(slug: str) -> Callable[[str], int]:
        out = taken.get(slug, {})
        return lambda leaf: formula.conj(-included[one] for one in out.get(leaf, ()))

    says, denies = pair.says.slug, pair.denies.slug
    clash = pair.clash.when(formula, space.propositions.true, kept(says), kept(denies))
    return formula.conj((included[says], included[denies], clash))


def contradicts_in(selection: Selection, answers: Answers, pair: Pair) -> bool:
    """Tell whether two clauses contradict each other in the policy that was selected."""
    included = [choice.clause for choice in selection.included]
    if not {clause.slug for clause in included} >= pair.slugs:
        return False
    return clash_in(pair, exempted(included, selection.library.vocabulary), answers)


def clash_in(pair: Pair, taken: Exempted, answers: Answers) -> bool:
    """Tell whether two clauses of a document contradict each other.

    ``taken`` is what the clauses of that document take out (``exempted``).
    """
    truth = answers.in_force.truth
    says, denies = pair.says.slug, pair.denies.slug
    out, spared = taken.get(says, {}), taken.get(denies, {})
    return pair.clash.holds(lambda leaf: truth(leaf) is True, out, spared)


def in_pairs(pairs: list[Pair]) -> int:
    """Return how many pairs of two clauses there are, whichever way round."""
    return sum(len(slugs) == 2 for slugs in {pair.slugs for pair in pairs})
