"""Which clauses, conditions, questions and options can ever count, and answers that show it.

A solver looks for answers that make conditions hold (``propositions``) and clauses stand
(``inclusion``); that it finds none is the proof that there are none. Questions that are required
are taken as answered wherever they are asked: without them there is no policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policygen.core.analysis.inclusion import Inclusion
from policygen.core.analysis.propositions import Propositions
from policygen.core.analysis.solving import Formula, Model, NewSolver, holds_in
from policygen.core.answers import Answers
from policygen.core.clauses import Clause
from policygen.core.conditions import ALWAYS, Condition
from policygen.core.conflicts import Conflict, Severity
from policygen.core.library import Library
from policygen.core.problems import Problem, quoted
from policygen.core.vocabulary import Vocabulary

ALWAYS_HOLDS = "This condition always holds. Take it out."
NO_ANSWERS = "No answers are accepted, so there can be no policy."


class Space:
    """All answers that the interview accepts, and a solver that looks among them."""

    def __init__(
        self, vocabulary: Vocabulary, new_solver: NewSolver, conflicts: Iterable[Conflict] = ()
    ) -> None:
        self.solver = new_solver()
        self.formula = Formula(self.solver)
        self.propositions = Propositions(vocabulary, self.formula)
        self.propositions.accept(conflicts)
        self._costs = self.propositions.costs()

    def find(self, *literals: int) -> Model | None:
        """Return values for which the literals hold, or ``None`` if no answers give any."""
        return self.solver.solve(literals)

    def answers(self, *literals: int) -> Answers | None:
        """Return answers that say as little as possible and make the literals hold."""
        model = self.solver.smallest(literals, self._costs)
        return None if model is None else self.propositions.answers(model)

    def possible(self, literals: Iterable[int]) -> set[int]:
        """Return those literals that hold for some answers, each of them by itself."""
        open_ones, found = set(literals), set[int]()
        while open_ones:
            model = self.find(self.formula.one_of(open_ones))
            if model is None:
                return found
            now = {literal for literal in open_ones if holds_in(literal, model)}
            found |= now
            open_ones -= now
        return found

    def why_never(self, condition: Condition, needs: Sequence[str]) -> str:
        """Return the sentence that names a smallest set of demands that never meet.

        It is empty if some answers make the condition hold and its needs true.
        """
        true, false = self.propositions.true, self.propositions.false
        demands = [(true(a), f"{quoted(a)} holds") for a in condition.all]
        demands += [(false(a), f"{quoted(a)} does not hold") for a in condition.none]
        if condition.any:
            named = " or ".join(map(quoted, condition.any))
            demands.append((self.formula.disj(map(true, condition.any)), f"{named} holds"))
        demands += [(true(a), f"{quoted(a)} is there to be printed") for a in needs]
        if self.find(*(literal for literal, _ in demands)) is not None:
            return ""
        for demand in list(demands):
            rest = [other for other in demands if other is not demand]
            if self.find(*(literal for literal, _ in rest)) is None:
                demands = rest
        if not demands:
            return "no answers are accepted at all."
        named = ", and that ".join(words for _, words in demands)
        return f"no answers make it so that {named}."

    def always(self, condition: Condition) -> bool:
        """Tell whether a condition is there and holds whatever is answered, or left unknown.

        One that rests on a question which is not asked of everybody, or which may stay open, is no
        such condition: it waits for the answer.
        """
        return condition != ALWAYS and self.find(-self.propositions.holds(condition)) is None


def witness(
    *conditions: Condition, vocabulary: Vocabulary, new_solver: NewSolver
) -> Answers | None:
    """Return the fewest answers under which all the conditions hold, or ``None``."""
    space = Space(vocabulary, new_solver)
    return space.answers(*map(space.propositions.holds, conditions))


def always_holds(condition: Condition, vocabulary: Vocabulary, new_solver: NewSolver) -> bool:
    """Tell whether a condition is there and holds whatever is answered (``Space.always``)."""
    return Space(vocabulary, new_solver).always(condition)


def why_never(
    condition: Condition, needs: Sequence[str], vocabulary: Vocabulary, new_solver: NewSolver
) -> str:
    """Return why a condition never holds, or an empty text if some answers make it hold.

    ``needs`` are atoms that must be true besides, for placeholders to have values.
    """
    return Space(vocabulary, new_solver).why_never(condition, needs)


def reached(space: Space, inclusion: Inclusion) -> frozenset[str]:
    """Return the slugs of the clauses that some answers bring into a policy."""
    possible = space.possible(inclusion.included.values())
    return frozenset(slug for slug, literal in inclusion.included.items() if literal in possible)


def shut(space: Space, library: Library, new_solver: NewSolver) -> Problem | None:
    """Return why the interview accepts no answers at all, or ``None`` if it accepts some.

    Then nothing can be said of clauses and options: whatever is asked of them is vacuous. One
    conflict is named; those that it needs for that are named with it.
    """
    if space.find() is not None:
        return None
    guilty = [one for one in library.conflicts if one.severity is Severity.BLOCKS]
    for conflict in list(guilty):
        rest = [other for other in guilty if other is not conflict]
        if Space(library.vocabulary, new_solver, rest).find() is None:
            guilty = rest
    if not guilty:
        return Problem("questions", f"{NO_ANSWERS} What is required cannot all be answered.")
    named = " and ".join(f"“{conflict.id}”" for conflict in guilty)
    which = "This conflict" if len(guilty) == 1 else f"One of the conflicts {named}"
    message = f"{NO_ANSWERS} {which} is always found. Narrow its “when”, or let it only warn."
    return Problem(f"conflicts.{guilty[0].id}.when", message)


def unreachable(space: Space, inclusion: Inclusion) -> Iterator[Problem]:
    """Give each clause that no answers bring into a policy, and each question never asked.

    Conditions that always hold are given as well: they only make a clause look rarer than it is.
    """
    library, asked = inclusion.library, space.propositions.applies
    possible = space.possible(
        [*map(asked, library.vocabulary.questions), *inclusion.included.values()]
    )
    for question in library.vocabulary.questions:
        where = f"questions.{question.id}.when"
        if asked(question) not in possible:
            why = space.why_never(question.when, ())
            yield Problem(where, f"This question is never asked: {why}")
        elif space.always(question.when):
            yield Problem(where, ALWAYS_HOLDS)
    for clause in library.clauses:
        where = f"clauses.{clause.slug}.when"
        if inclusion.included[clause.slug] not in possible:
            why = _why_out(clause, space, inclusion)
            yield Problem(where, f"This clause can never be said: {why}")
        elif space.always(clause.when):
            yield Problem(where, ALWAYS_HOLDS)


def _why_out(clause: Clause, space: Space, inclusion: Inclusion) -> str:
    """Return the sentence that says what keeps a clause out of every policy."""
    if why := space.why_never(clause.when, clause.needs):
        return why
    titles = {section.id: section.title for section in inclusion.library.sections}
    eligible = inclusion.eligible(clause)
    alone = [
        section
        for section in clause.body.references
        if space.find(eligible, inclusion.there[section]) is None
    ]
    named = " and ".join(f"“{titles[s]}”" for s in alone[:1] or clause.body.references)
    return f"it points to {named}, and no clause there can stand in the same policy."
