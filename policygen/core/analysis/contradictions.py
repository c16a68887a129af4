"""Clauses that contradict each other in one policy (``claims`` says when two claims do)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from policygen.core.analysis.inclusion import Inclusion
from policygen.core.analysis.reachability import Space
from policygen.core.analysis.solving import FALSE, holds_in
from policygen.core.answers import Answers
from policygen.core.claims import Claim, Clash, contradicts, taken_out
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


def clashing_pairs(library: Library) -> Iterator[Pair]:
    """Give all pairs of clauses whose claims clash as soon as certain things are ticked."""
    claimed = [(clause, claim) for clause in library.clauses for claim in clause.statements]
    against = [(clause, claim) for clause, claim in claimed if _is_against(claim)]
    for clause, claim in claimed:
        for other, denial in against:
            if denial is claim:
                continue
            clash = contradicts(claim, denial, library.vocabulary)
            if clash is not None and clash.denies is denial:
                yield Pair(clause, other, clash)


def _is_against(claim: Claim) -> bool:
    return bool(claim.sign) or claim.verb == "disclaim"


def exempted(library: Library) -> Exempted:
    """Return what is taken out of the claims of which clause, and by which clauses."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for clause in library.clauses:
        for exemption in clause.exemptions:
            leaves = found.setdefault(exemption.slug, {})
            for leaf in taken_out(exemption.atoms, library.vocabulary):
                leaves[leaf] = (*leaves.get(leaf, ()), clause.slug)
    return found


def contradictions(
    space: Space, inclusion: Inclusion, pairs: list[Pair]
) -> Iterator[tuple[Pair, Answers]]:
    """Give each pair of clauses that contradict each other for some answers, and such answers.

    One pair of clauses is given once, however many of their claims clash.
    """
    taken = exempted(inclusion.library)
    open_pairs: dict[int, Pair] = {}
    for pair in pairs:
        literal = _literal(pair, space, inclusion, taken)
        if literal != FALSE:
            open_pairs.setdefault(literal, pair)
    while open_pairs:
        model = space.find(space.formula.one_of(open_pairs))
        if model is None:
            return
        literal = next(one for one in open_pairs if holds_in(one, model))
        pair = open_pairs[literal]
        answers = space.answers(literal)
        if answers is None:
            raise AssertionError(f"The solver takes back what it found: {pair}")
        yield pair, answers
        open_pairs = {
            other_literal: other
            for other_literal, other in open_pairs.items()
            if (other.says, other.denies) != (pair.says, pair.denies)
        }


def _literal(pair: Pair, space: Space, inclusion: Inclusion, taken: Exempted) -> int:
    """Return the literal that both clauses stand in the policy and contradict each other."""
    formula, true = space.formula, space.propositions.true
    out = (taken.get(pair.says.slug, {}), taken.get(pair.denies.slug, {}))

    def counts(leaf: str) -> int:
        exempting = (slug for by_leaf in out for slug in by_leaf.get(leaf, ()))
        return formula.conj((true(leaf), *(-inclusion.included[slug] for slug in exempting)))

    parts = [formula.disj(map(counts, sorted(some))) for some in pair.clash.ticks]
    included = (inclusion.included[pair.says.slug], inclusion.included[pair.denies.slug])
    return formula.conj((*included, *parts))


def contradicts_in(selection: Selection, answers: Answers, pair: Pair) -> bool:
    """Tell whether two clauses contradict each other in the policy that was selected."""
    library = selection.library
    included = {choice.clause.slug for choice in selection.included}
    if not included >= {pair.says.slug, pair.denies.slug}:
        return False
    return pair.clash.holds(
        ticked_leaves(library.vocabulary, answers)
        - _out(library, included, pair.says.slug)
        - _out(library, included, pair.denies.slug)
    )


def ticked_leaves(vocabulary: Vocabulary, answers: Answers) -> frozenset[str]:
    """Return the options that answers tick, as atoms, and the questions that give a value."""
    options = [f"{q.id}:{option.id}" for q in vocabulary.questions for option in q.offered]
    facts = [question.id for question in vocabulary.questions if not question.options]
    in_force = answers.in_force
    return frozenset(leaf for leaf in (*options, *facts) if in_force.truth(leaf))


def _out(library: Library, included: set[str], slug: str) -> frozenset[str]:
    atoms = [
        atom
        for clause in library.clauses
        if clause.slug in included
        for exemption in clause.exemptions
        if exemption.slug == slug
        for atom in exemption.atoms
    ]
    return taken_out(atoms, library.vocabulary)


def in_pairs(pairs: list[Pair]) -> int:
    """Return how many different pairs of clauses there are, whichever way round."""
    names = sorted(tuple(sorted((pair.says.slug, pair.denies.slug))) for pair in pairs)
    return sum(1 for _ in groupby(names))
