"""Options that leave no trace: choosing them never changes anything.

An option leaves a trace if, for some answers that the interview accepts, the policy with it differs
from the policy without it: another clause stands, or a clause prints the option. What an option
decides elsewhere counts as well: whether a question is asked, a law applies or a conflict is found.

Where one answer excludes the others, “without it” means without an answer; that a clause is
left out because of an answer (``none``) is a trace of that answer, too.

The policy without the option may be one that the interview refuses. So what never comes up for
anybody, a clause, a question or an element, is no trace: it would differ only there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policygen.core.analysis.inclusion import Inclusion
from policygen.core.analysis.propositions import Propositions, closed, given
from policygen.core.analysis.reachability import Space
from policygen.core.analysis.solving import FALSE, TRUE
from policygen.core.claims import leaves
from policygen.core.clauses import Clause
from policygen.core.conditions import Cases
from policygen.core.library import Library
from policygen.core.vocabulary import LISTED, Kind, Question


@dataclass(frozen=True, slots=True, eq=False)
class OfOption:
    """One option of a question; ``atom`` names it."""

    question: Question
    option: str

    @property
    def atom(self) -> str:
        """The atom that the option was chosen."""
        return f"{self.question.id}:{self.option}"


def options_that_count(library: Library) -> list[OfOption]:
    """Return the options that must leave a trace: all but informative ones and channels."""
    return [
        OfOption(question, option.id)
        for question in library.vocabulary.questions
        if question.kind in LISTED and question.kind is not Kind.CONTACT_POINTS
        for option in question.offered
        if not option.informative
    ]


def without_trace(
    space: Space, inclusion: Inclusion, reached: frozenset[str]
) -> Iterator[OfOption]:
    """Give each option that never changes anything, although it should.

    ``reached`` are the slugs of the clauses that stand in some policy.
    """
    library = inclusion.library
    counting = _Counting(space, inclusion, reached)
    plain = {
        option: space.formula.disj(_plain_traces(option, space, inclusion))
        for option in options_that_count(library)
    }
    shown = space.possible(plain.values())
    for option, literal in plain.items():
        if literal not in shown and not space.possible([_any_trace(option, counting)]):
            yield option


def _plain_traces(option: OfOption, space: Space, inclusion: Inclusion) -> Iterator[int]:
    """Give literals of traces that need no comparison: an option printed, or asked for alone."""
    propositions, conj = space.propositions, space.formula.conj
    ticked = propositions.true(option.atom)
    for clause in inclusion.library.clauses:
        if option.atom in clause.when.all or _prints(clause, option, propositions):
            yield conj((ticked, inclusion.included[clause.slug]))
    for question in propositions.vocabulary.questions:
        if option.atom in question.when.all:
            yield conj((ticked, propositions.applies(question)))


def _prints(clause: Clause, option: OfOption, propositions: Propositions) -> bool:
    """Tell whether a clause prints an option whenever it stands and the option was chosen."""
    vocabulary = propositions.vocabulary
    named = {*clause.paths, *clause.needs}.intersection(vocabulary.atoms)
    return any(
        option.atom in leaves(atom, vocabulary)
        for atom in named
        if atom.partition(":")[0].partition(".")[0] == option.question.id
    )


class _Counting:
    """What counts as a trace when it differs: what comes up for somebody."""

    def __init__(self, space: Space, inclusion: Inclusion, reached: frozenset[str]) -> None:
        self.inclusion = inclusion
        self.propositions = propositions = inclusion.propositions
        self.clauses = sorted(reached)
        self.denying = [one for one in inclusion.library.clauses if one.slug in reached]
        questions = propositions.vocabulary.questions
        laws = list(_law_conditions(inclusion.library))
        possible = space.possible(
            [*map(propositions.applies, questions), *map(propositions.holds, laws)]
        )
        self.questions = [one for one in questions if propositions.applies(one) in possible]
        self.conditions = [one for one in laws if propositions.holds(one) in possible]
        self.conditions += [conflict.when for conflict in inclusion.library.conflicts]


def _any_trace(option: OfOption, counting: _Counting) -> int:
    """Return the literal that anything is different without the option."""
    propositions, formula = counting.propositions, counting.propositions.formula
    question, ticked = option.question, propositions.variables[option.atom]
    changed = {option.atom: FALSE}
    if question.kind is Kind.ONE:
        changed |= {closed(question.id): FALSE, given(question.id): FALSE}
    else:
        others = [tick for tick in propositions.of_options(question) if tick != ticked]
        settled = propositions.variables[closed(question.id)]
        changed[given(question.id)] = formula.disj((settled, *others))
    without = propositions.with_changed(changed)
    differences = [_difference(counting, without)]
    if question.kind is Kind.ONE:
        differences += _denied(option, counting)
    return formula.conj((ticked, propositions.applies(question), formula.disj(differences)))


def _difference(counting: _Counting, without: Propositions) -> int:
    """Return the literal that the policy or what else rests on answers differs in a copy."""
    inclusion, propositions = counting.inclusion, counting.propositions
    formula = propositions.formula
    other = Inclusion(inclusion.library, without)
    found = [
        formula.differ(inclusion.included[slug], other.included[slug]) for slug in counting.clauses
    ]
    found += [
        formula.differ(propositions.applies(question), without.applies(question))
        for question in counting.questions
    ]
    found += [
        formula.differ(propositions.holds(condition), without.holds(condition))
        for condition in counting.conditions
    ]
    return formula.disj(found)


def _law_conditions(library: Library) -> Iterator[Cases]:
    """Give the conditions that decide which laws apply, and what they ask for."""
    for regime in library.regimes:
        yield from (regime.when, regime.held_when)
        yield from (element.when for element in regime.elements)


def _denied(option: OfOption, counting: _Counting) -> Iterator[int]:
    """Give literals that a clause is left out because of an option, and not for another one."""
    inclusion, propositions = counting.inclusion, counting.propositions
    formula, vocabulary = propositions.formula, propositions.vocabulary
    denying = [
        clause
        for clause in counting.denying
        if any(option.atom in leaves(atom, vocabulary) for atom in clause.when.none)
    ]
    if not denying:
        return
    for instead in option.question.offered:
        if instead.id == option.option:
            continue
        changed = {option.atom: FALSE, f"{option.question.id}:{instead.id}": TRUE}
        other = Inclusion(inclusion.library, propositions.with_changed(changed))
        for clause in denying:
            slug = clause.slug
            yield formula.conj((-inclusion.included[slug], other.included[slug]))
