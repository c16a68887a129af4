"""Formulas of true and false, and what is asked of the solver that finds values for them.

A literal is a whole number: a variable, or with a minus its opposite. A solver is handed in by
whoever may load one; a proof here is only ever the answer “there are no such values”.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

Model = Collection[int]
"""The variables that are true in values that were found; all others are false."""


class Solver(Protocol):
    """Something that decides whether clauses of literals can all be true at once."""

    def add(self, clause: Sequence[int]) -> None:
        """Demand that one of the literals is true, from now on."""

    def solve(self, assumed: Sequence[int] = ()) -> Model | None:
        """Return values for which all clauses and the assumed literals hold, or ``None``."""

    def smallest(self, assumed: Sequence[int], costs: Mapping[int, int]) -> Model | None:
        """Return such values for which the true literals of ``costs`` cost the least together."""


NewSolver = Callable[[], Solver]
"""Makes a solver without any clauses."""

TRUE, FALSE = 1, -1
"""Literals with a value of their own; the variable 1 is kept for them."""


class Formula:
    """Builds formulas as clauses, each part of them only once.

    ``conj`` and ``disj`` return a literal that is true exactly if the formula is. The same formula
    has the same literal; so two copies of something share all in which they do not differ.
    """

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self._newest = TRUE
        self._known: dict[frozenset[int], int] = {}
        solver.add([TRUE])

    def fresh(self) -> int:
        """Return a new variable."""
        self._newest += 1
        return self._newest

    def require(self, literals: Iterable[int]) -> None:
        """Demand that one of the literals is true, from now on."""
        self.solver.add(list(literals))

    def one_of(self, literals: Iterable[int]) -> int:
        """Return a new literal that demands one of the literals if it is assumed.

        It says nothing when it is false, so it is cheaper than ``disj`` for a single question.
        """
        demand = self.fresh()
        self.solver.add([-demand, *literals])
        return demand

    def conj(self, literals: Iterable[int], /) -> int:
        """Return the literal that is true if all of the literals are."""
        parts = frozenset(literals) - {TRUE}
        if FALSE in parts or any(-part in parts for part in parts):
            return FALSE
        if len(parts) <= 1:
            return next(iter(parts), TRUE)
        if parts not in self._known:
            whole = self._known[parts] = self.fresh()
            for part in parts:
                self.solver.add([-whole, part])
            self.solver.add([whole, *(-part for part in parts)])
        return self._known[parts]

    def disj(self, literals: Iterable[int], /) -> int:
        """Return the literal that is true if one of the literals is."""
        return -self.conj(-literal for literal in literals)

    def opposite(self, literal: int, /) -> int:
        """Return the literal that is true if this one is not."""
        return -literal

    def differ(self, one: int, other: int) -> int:
        """Return the literal that is true if just one of the two is."""
        if one == other:
            return FALSE
        return self.disj((self.conj((one, -other)), self.conj((-one, other))))


def holds_in(literal: int, model: Model) -> bool:
    """Tell whether a literal is true in values that were found."""
    return literal in model if literal > 0 else -literal not in model
