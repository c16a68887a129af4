"""A law that a person adds by hand can be followed, also by somebody far from it.

The clean law practice in the United States has people of no state with a law of its own. Whatever
law it adds, the interview asks what that law wants to know, and the clauses come in.
"""

from __future__ import annotations

from functools import cache

import pytest

from policygen.core.analysis.ledger import Ledger, Status, ledger
from policygen.core.answers import Answers, parse_answers
from policygen.core.assembly import assemble
from policygen.core.conditions import Cases, Condition, question_of
from policygen.core.regimes import ADDED, Duty, Element, MetBy, Regime
from policygen.core.selection import select
from policygen.core.vocabulary import Kind
from policygen.wizard.steps import STEPS
from tests.content.library import example, library
from tests.content.test_regimes import REGIMES, space
from tests.core.small import DAY

PRACTICE = example("small-practice").answers.to_raw()
WHO = ("organization", "country", "people_in")
"""What the practice cannot change in order to follow a law: what it is, and where."""

BEYOND = {
    # laws of one state or province, which nobody else follows: they want people there
    *("us-state-co-contact-date", "us-state-co-contact", "us-state-co-signals"),
    *("us-state-or-identity", "us-state-or-contact", "us-state-ct-llm"),
    *("us-state-mn-retention", "us-state-mn-contact", "us-state-mn-date"),
    *("us-state-tx-sensitive", "us-state-tx-biometric"),
    *("us-state-ri-named", "us-state-ri-categories", "us-state-ri-contact"),
    *("nv-603a-495", "shine-the-light-1798-83", "phipa-16", "quebec-8-2"),
    # duties of those who give care, or handle patient data
    *("uk-dpo-nhs", "ccpa-1798-130-deid"),
}
"""Elements that a law practice without people in the place can never be asked for."""


def _wants(element: Element) -> bool:
    return element.met_by is MetBy.CLAUSES and element.duty is not Duty.RECOMMENDED


def _fixed(regime: Regime) -> list[int]:
    """Return what holds of the law practice once it has added a law."""
    where, _ = space()
    true, false = where.propositions.true, where.propositions.false
    answers = parse_answers(library().vocabulary, PRACTICE).in_force
    by_id = library().vocabulary.by_id
    atoms = [f"{name}:{option.id}" for name in WHO for option in by_id[name].options]
    return [
        *(true(atom) if answers.truth(atom) else false(atom) for atom in atoms),
        true(f"{ADDED}:{regime.id}"),
        where.propositions.holds(regime.held_when),
    ]


def _stated(element: Element) -> list[int]:
    """Return that each clause which states an element stands in the policy, if selected: one does.

    The ledger wants every selected clause whole, so one that is there is enough for the search.
    """
    where, inclusion = space()
    clauses = [one.slug for one in library().clauses if element.id in one.satisfies]
    return [where.propositions.formula.disj(inclusion.included[slug] for slug in clauses)]


def _fails(when: Cases) -> int:
    """Return that a condition fails as a law sees it: what is not asked of somebody is not so."""
    where, _ = space()
    propositions, formula = where.propositions, where.propositions.formula
    by_id = library().vocabulary.by_id

    def not_so(atom: str) -> int:
        asked_when = by_id[question_of(atom)].when
        never = [_fails(Cases((asked_when,)))] if asked_when.atoms() else []
        return formula.disj([propositions.false(atom), *never])

    def fails(one: Condition) -> int:
        neither = [formula.conj(map(not_so, one.any))] if one.any else []
        some = [*map(not_so, one.all), *map(propositions.true, one.none)]
        return formula.disj([*some, *neither])

    return formula.conj(map(fails, when.conditions))


def _ledger(answers: Answers) -> Ledger:
    selection = select(library(), answers)
    return ledger(library(), answers, selection, assemble(selection, answers, on=DAY))


def _following(regime: Regime) -> Answers | None:
    """Return answers under which all is stated that a law wants of the practice in any case.

    Where an element is wanted under a condition only, it is stated or not wanted.
    """
    where, _ = space()
    formula = where.propositions.formula
    literals = _fixed(regime)
    for element in filter(_wants, regime.elements):
        (stated,) = _stated(element)
        if element.when.atoms():
            wanted = where.propositions.holds(element.when)
            stated = formula.disj([formula.conj([wanted, stated]), _fails(element.when)])
        literals.append(stated)
    return where.answers(*literals)


@pytest.mark.parametrize("name", REGIMES)
def test_a_law_added_by_hand_can_be_followed(name: str) -> None:
    answers = _following(REGIMES[name])
    assert answers is not None, "No answers state what the law wants."
    account = next(one for one in _ledger(answers).accounts if one.law.regime.id == name)
    wrong = {
        line.element.id: line.reason
        for line in account.lines
        if _wants(line.element) and line.status not in (Status.SATISFIED, Status.NOT_APPLICABLE)
    }
    assert wrong == {}


@cache
def _possible(name: str) -> set[str]:
    """Return the elements of a law that the practice can be asked for, once it added the law."""
    where, _ = space()
    regime = REGIMES[name]
    return {
        element.id
        for element in filter(_wants, regime.elements)
        if where.find(*_fixed(regime), where.propositions.holds(element.when)) is not None
    }


@pytest.mark.parametrize("name", REGIMES)
def test_only_duties_of_other_places_and_callings_stay_out_of_a_law_added_by_hand(
    name: str,
) -> None:
    wanted = {element.id for element in filter(_wants, REGIMES[name].elements)}
    assert wanted - _possible(name) == wanted & BEYOND


def test_nothing_stays_out_that_no_law_has() -> None:
    ids = {one.id for regime in REGIMES.values() for one in regime.elements}
    assert sorted(BEYOND - ids) == []


@pytest.mark.parametrize("name", REGIMES)
def test_each_element_of_a_law_added_by_hand_can_be_stated(name: str) -> None:
    regime = REGIMES[name]
    where, _ = space()
    for element in regime.elements:
        if element.id not in _possible(name):
            continue
        answers = where.answers(
            *_fixed(regime), where.propositions.holds(element.when), *_stated(element)
        )
        assert answers is not None, element.id
        line = next(one for one in _ledger(answers).lines() if one.element.id == element.id)
        assert line.status is Status.SATISFIED, line.reason


def test_laws_are_added_before_anything_that_depends_on_it_is_asked() -> None:
    pages = [step.name for step in STEPS]
    vocabulary = library().vocabulary
    added = pages.index(vocabulary.by_id[ADDED].page)
    after = [
        question
        for question in vocabulary.questions
        if any(atom.startswith(ADDED) for atom in question.when.atoms())
    ]
    assert len(after) > 40
    assert all(pages.index(question.page) > added for question in after)
    assert vocabulary.by_id[ADDED].kind is Kind.MANY
