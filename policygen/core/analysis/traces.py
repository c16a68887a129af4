"""Options that leave no trace: choosing them never changes anything.

An option leaves a trace if, for some answers that the interview accepts, the policy with it differs
from the policy without it: another clause stands, or a clause prints the option. What an option
decides elsewhere counts as well: whether a question is asked, a law applies or a conflict is found.

Where one answer excludes the others, “without it” means without an answer; that a clause is
left out because of an answer (``none``) is a trace of that answer, too.
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
from policygen.core.conditions import Cases, Condition
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


def without_trace(space: Space, inclusion: Inclusion) -> Iterator[OfOption]:
    """Give each option that never changes anything, although it should."""
    library = inclusion.library
    plain = {
        option: space.formula.disj(_plain_traces(option, space, inclusion))
        for option in options_that_count(library)
    }
    shown = space.possible(plain.values())
    for option, literal in plain.items():
        if literal not in shown and not space.possible([_any_trace(option, space, inclusion)]):
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


def _any_trace(option: OfOption, space: Space, inclusion: Inclusion) -> int:
    """Return the literal that anything is different without the option."""
    propositions, formula = space.propositions, space.formula
    question, ticked = option.question, propositions.variables[option.atom]
    changed = {option.atom: FALSE}
    if question.kind is Kind.ONE:
        changed |= {closed(question.id): FALSE, given(question.id): FALSE}
    else:
        others = [tick for tick in propositions.of_options(question) if tick != ticked]
        settled = propositions.variables[closed(question.id)]
        changed[given(question.id)] = formula.disj((settled, *others))
    without = propositions.with_changed(changed)
    differences = [_difference(inclusion, without)]
    if question.kind is Kind.ONE:
        differences += _denied(option, inclusion)
    return formula.conj((ticked, propositions.applies(question), formula.disj(differences)))


def _difference(inclusion: Inclusion, without: Propositions) -> int:
    """Return the literal that the policy or what else rests on answers differs in a copy."""
    library, propositions = inclusion.library, inclusion.propositions
    formula = propositions.formula
    other = Inclusion(library, without)
    found = [
        formula.differ(inclusion.included[slug], other.included[slug])
        for slug in inclusion.included
    ]
    found += [
        formula.differ(propositions.applies(question), without.applies(question))
        for question in propositions.vocabulary.questions
    ]
    found += [
        formula.differ(propositions.holds(condition), without.holds(condition))
        for condition in _elsewhere(library)
    ]
    return formula.disj(found)


def _elsewhere(library: Library) -> Iterator[Condition | Cases]:
    """Give the conditions that decide something else than the text."""
    for conflict in library.conflicts:
        yield conflict.when
    for regime in library.regimes:
        yield from (regime.when, regime.held_when)
        yield from (element.when for element in regime.elements)


def _denied(option: OfOption, inclusion: Inclusion) -> Iterator[int]:
    """Give literals that a clause is left out because of an option, and not for another one."""
    propositions, formula = inclusion.propositions, inclusion.propositions.formula
    vocabulary = propositions.vocabulary
    denying = [
        clause
        for clause in inclusion.library.clauses
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
