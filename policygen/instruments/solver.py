"""A solver for formulas of true and false: MiniSat, and RC2 for the cheapest values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pysat.examples.rc2 import RC2
from pysat.formula import WCNF
from pysat.solvers import Solver

MINISAT = "minisat22"


class PysatSolver:
    """Decides whether clauses of literals can all be true at once (``core.analysis.solving``).

    MiniSat first tries every variable as false, so that what it finds says little by itself.
    """

    def __init__(self) -> None:
        self._solver = Solver(name=MINISAT)
        self._clauses: list[list[int]] = []

    def add(self, clause: Sequence[int]) -> None:
        """Demand that one of the literals is true, from now on."""
        self._clauses.append(list(clause))
        self._solver.add_clause(clause)

    def solve(self, assumed: Sequence[int] = ()) -> frozenset[int] | None:
        """Return the true variables of values for which everything holds, or ``None``."""
        if not self._solver.solve(assumptions=list(assumed)):
            return None
        return frozenset(literal for literal in self._solver.get_model() if literal > 0)

    def smallest(self, assumed: Sequence[int], costs: Mapping[int, int]) -> frozenset[int] | None:
        """Return values for which the true literals of ``costs`` cost the least together."""
        formula = WCNF()
        formula.extend(self._clauses)
        formula.extend([[literal] for literal in assumed])
        for literal, cost in costs.items():
            formula.append([-literal], weight=cost)
        with RC2(formula) as cheapest:
            found = cheapest.compute()
        return None if found is None else frozenset(literal for literal in found if literal > 0)
