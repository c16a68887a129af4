"""The laws of the library: what they want can be said, and all of it fits together."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import pytest

from policygen.core.analysis.inclusion import Inclusion
from policygen.core.analysis.laws import Standing, laws_of
from policygen.core.analysis.ledger import Status, ledger
from policygen.core.analysis.reachability import Space
from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.regimes import ADDED, REASON, REMOVED, Confidence, Element, MetBy, Regime
from policygen.core.selection import select
from policygen.instruments.solver import PysatSolver
from tests.content.library import EXAMPLES, example, library
from tests.core.small import DAY

REGIMES = {regime.id: regime for regime in library().regimes}
ELEMENTS = {
    element.id: (regime, element) for regime in library().regimes for element in regime.elements
}
STATED = {name: both for name, both in ELEMENTS.items() if both[1].met_by is MetBy.CLAUSES}


@cache
def space() -> tuple[Space, Inclusion]:
    found = Space(library().vocabulary, PysatSolver, library().conflicts)
    return found, Inclusion(library(), found.propositions)


def answers_that_satisfy(regime: Regime, element: Element) -> Answers | None:
    """Return the fewest answers under which the law wants an element and a clause states it."""
    where, inclusion = space()
    clauses = [one.slug for one in library().clauses if element.id in one.satisfies]
    propositions = where.propositions
    wanted = [propositions.holds(case) for case in (regime.when, regime.held_when, element.when)]
    stated = propositions.formula.disj(inclusion.included[slug] for slug in clauses)
    return where.answers(*wanted, stated)


@pytest.mark.parametrize("name", STATED)
def test_every_element_can_be_satisfied(name: str) -> None:
    """The solver finds answers, and the ledger of the policy from them says the same."""
    regime, element = STATED[name]
    answers = answers_that_satisfy(regime, element)
    assert answers is not None, "No answers bring in what the law wants stated."
    selection = select(library(), answers)
    document = assemble(selection, answers, on=DAY)
    found = ledger(library(), answers, selection, document)
    line = next(line for line in found.lines() if line.element.id == name)
    assert line.status is Status.SATISFIED, line.reason


def test_every_element_that_clauses_meet_has_a_clause() -> None:
    claimed = {name for clause in library().clauses for name in clause.satisfies}
    assert sorted(STATED.keys() - claimed) == []


def test_no_clause_claims_what_no_clause_can_meet() -> None:
    claimed = {name for clause in library().clauses for name in clause.satisfies}
    assert sorted(claimed - STATED.keys()) == []


@pytest.mark.parametrize("question", [ADDED, REMOVED])
def test_every_law_can_be_added_and_removed(question: str) -> None:
    offered = {option.id: option.label for option in library().vocabulary.by_id[question].offered}
    assert offered.keys() == REGIMES.keys()


def test_a_reason_can_be_given() -> None:
    assert REASON in library().vocabulary.by_id


@pytest.mark.parametrize("name", REGIMES)
def test_a_law_says_where_it_stands_and_when_it_was_read(name: str) -> None:
    regime = REGIMES[name]
    assert date(2020, 1, 1) < date.fromisoformat(regime.law_as_of) <= DAY
    for text in (regime.name, regime.jurisdiction, regime.authority):
        assert text == text.strip()
        assert len(text) > 1
    assert regime.elements


@pytest.mark.parametrize("name", ELEMENTS)
def test_an_element_is_written_in_whole_sentences_with_a_citation(name: str) -> None:
    _, element = ELEMENTS[name]
    assert element.states.endswith((".", "!", "?", "”"))
    assert not element.title.endswith(".")
    assert not element.citation.endswith(".")
    assert re.search(r"[A-Z]", element.citation)
    assert "  " not in element.states
    if element.doubt:
        assert element.doubt.endswith(".")


def test_what_is_doubted_says_so() -> None:
    doubtful = [one for _, one in ELEMENTS.values() if one.confidence is not Confidence.HIGH]
    assert all(one.doubt for one in doubtful)


@pytest.mark.parametrize("name", REGIMES)
def test_every_law_applies_to_somebody(name: str) -> None:
    regime = REGIMES[name]
    where, _ = space()
    literals = [where.propositions.holds(case) for case in (regime.when, regime.held_when)]
    answers = where.answers(*literals)
    assert answers is not None
    law = next(law for law in laws_of(library(), answers) if law.regime.id == name)
    assert law.standing is Standing.HERE


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_complete_example_leaves_no_law_open(name: str) -> None:
    """The model companies do not say where people live; everybody else does."""
    answers = example(name).answers
    if answers.in_force.truth("people_in") is not None:
        assert [law.regime.id for law in laws_of(library(), answers) if law.questions] == []
