"""Formulas, the solver that finds values for them, and groups of sections that point in circles."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from policygen.core.analysis.inclusion import knots
from policygen.core.analysis.solving import FALSE, TRUE, Formula, holds_in
from policygen.instruments.solver import PysatSolver
from tests.core.small import often

literals = st.integers(2, 5).flatmap(lambda variable: st.sampled_from([variable, -variable]))


@often
@given(st.lists(st.lists(literals, max_size=3), max_size=6), st.lists(literals, max_size=2))
def test_values_are_found_exactly_if_there_are_any(
    clauses: list[list[int]], assumed: list[int]
) -> None:
    solver = PysatSolver()
    formula = Formula(solver)
    variables = [formula.fresh() for _ in range(4)]
    whole = formula.conj([formula.disj(clause) for clause in clauses])
    fitting = [
        row
        for row in product([True, False], repeat=4)
        if all(any(_true(one, row) for one in clause) for clause in clauses)
        and all(_true(one, row) for one in assumed)
    ]
    model = solver.solve([whole, *assumed])
    cheapest = solver.smallest([whole, *assumed], dict.fromkeys(variables, 1))
    assert (model is not None) == (cheapest is not None) == bool(fitting)
    if model is not None and cheapest is not None:
        assert tuple(holds_in(one, model) for one in variables) in fitting
        ticked = sum(holds_in(one, cheapest) for one in variables)
        assert ticked == min(map(sum, fitting))
    opposite = [row for row in product([True, False], repeat=4) if row not in fitting]
    if not assumed:
        assert (solver.solve([-whole]) is not None) == bool(opposite)


def _true(literal: int, row: tuple[bool, ...]) -> bool:
    return row[abs(literal) - 2] == (literal > 0)


def test_the_same_formula_has_the_same_literal() -> None:
    formula = Formula(PysatSolver())
    one, two = formula.fresh(), formula.fresh()
    assert formula.conj((one, two)) == formula.conj((two, one, one, TRUE))
    assert formula.disj((one, two)) == -formula.conj((-one, -two))
    assert formula.conj(()) == TRUE
    assert formula.disj(()) == FALSE
    assert formula.conj((one, -one)) == FALSE
    assert formula.disj((one, TRUE)) == TRUE
    assert formula.differ(one, one) == FALSE


def test_what_costs_more_is_avoided() -> None:
    solver = PysatSolver()
    solver.add([1, 2])
    assert solver.smallest([], {1: 3, 2: 1}) == {2}
    assert solver.smallest([-2], {1: 3, 2: 1}) == {1}
    assert solver.smallest([-2, -1], {1: 3, 2: 1}) is None


NAMES = "abcde"
arrows = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(NAMES), max_size=3, unique=True) for name in NAMES}
)


@often
@given(arrows)
def test_names_that_lead_to_each_other_stand_together_and_after_what_they_lead_to(
    arrows: dict[str, list[str]],
) -> None:
    found = knots(arrows)
    assert sorted(name for knot in found for name in knot) == sorted(NAMES)
    place = {name: number for number, knot in enumerate(found) for name in knot}
    reached = {name: _reached(name, arrows) for name in NAMES}
    for one, other in product(NAMES, repeat=2):
        together = one == other or (other in reached[one] and one in reached[other])
        assert (place[one] == place[other]) == together
        if other in reached[one]:
            assert place[other] <= place[one]


def _reached(start: str, arrows: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(arrows[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += arrows[name]
    return found
