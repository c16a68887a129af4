"""Answers as propositions: what the interview accepts, written down for a solver.

For every option there is a variable “ticked”, and for every question a variable “closed”: what is
not ticked is definitely not so. An atom has two literals, one for “true” and one for “definitely
false”; if neither holds, it is unknown. A question that does not apply says nothing, whatever is
ticked there. Retired options are never ticked: nobody is offered them any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from policygen.core.analysis.solving import FALSE, TRUE, Formula, Model, holds_in
from policygen.core.answers import Answers, Raw, parse_answers
from policygen.core.claims import leaves
from policygen.core.conditions import Cases, Condition
from policygen.core.conflicts import Conflict, Severity
from policygen.core.vocabulary import (
    CHOICES,
    DONT_KNOW,
    NONE,
    Kind,
    Question,
    Vocabulary,
    atom_parts,
)


class Propositions:
    """The literals of the answers to one vocabulary.

    ``changed`` gives other values for the variables of some questions: a copy with it says what
    would hold if just these answers were different.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        formula: Formula,
        variables: Mapping[str, int] | None = None,
        changed: Mapping[str, int] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.formula = formula
        self.variables: Mapping[str, int] = (
            {**variables, **(changed or {})} if variables else _new_variables(vocabulary, formula)
        )
        self._applies: dict[str, int] = {}
        self._true: dict[str, int] = {}
        self._false: dict[str, int] = {}
        if variables is None:
            for question in vocabulary.questions:
                self._constrain(question)

    def with_changed(self, changed: Mapping[str, int]) -> Propositions:
        """Return the literals that answers have which differ in some variables only."""
        return Propositions(self.vocabulary, self.formula, self.variables, changed)

    def accept(self, conflicts: Iterable[Conflict]) -> None:
        """Demand that answers are such as a policy can be made from.

        What is required and asked is answered, and no conflict that blocks is found.
        """
        for question in self.vocabulary.questions:
            if question.required:
                self.formula.require([-self.applies(question), self.true(question.id)])
        for conflict in conflicts:
            if conflict.severity is Severity.BLOCKS:
                self.formula.require([-self.found(conflict)])

    def found(self, conflict: Conflict) -> int:
        """Return the literal that answers have a conflict, as ``Conflict.found_in`` tells."""
        holds = self.holds(conflict.when)
        if not conflict.unanswered:
            return holds
        questions = [self.vocabulary.by_id[name] for name in conflict.unanswered]
        return self.formula.conj((holds, self.formula.disj(map(self.unsettled, questions))))

    def unsettled(self, question: Question) -> int:
        """Return the literal that a question is asked, and open or not wholly known."""
        return self.formula.conj((self.applies(question), -self.variables[closed(question.id)]))

    def applies(self, question: Question) -> int:
        """Return the literal that a question is asked."""
        if question.id not in self._applies:
            self._applies[question.id] = self.holds(question.when)
        return self._applies[question.id]

    def true(self, atom: str) -> int:
        """Return the literal that an atom is true."""
        if atom not in self._true:
            self._true[atom] = self._truth(atom, of=True)
        return self._true[atom]

    def false(self, atom: str) -> int:
        """Return the literal that an atom is definitely false."""
        if atom not in self._false:
            self._false[atom] = self._truth(atom, of=False)
        return self._false[atom]

    def _truth(self, atom: str, *, of: bool) -> int:
        name, group, option = atom_parts(atom)
        question = self.vocabulary.by_id[name]
        if option in question.retired:
            return FALSE
        chosen = self.formula.disj(self.variables[leaf] for leaf in self.ticks(atom))
        if of:
            return self.formula.conj((self.applies(question), chosen))
        known = closed(name)
        if group and not self.ticks(atom):
            known = given(name)  # no option is left that could still be ticked there
        return self.formula.conj((self.applies(question), self.variables[known], -chosen))

    def ticks(self, atom: str) -> list[str]:
        """Return the leaves of an atom, in order."""
        return sorted(leaves(atom, self.vocabulary))

    def holds(self, condition: Condition | Cases) -> int:
        """Return the literal that a condition holds."""
        if isinstance(condition, Cases):
            cases = condition.conditions
            return self.formula.disj(map(self.holds, cases)) if cases else TRUE
        parts = [*map(self.true, condition.all), *map(self.false, condition.none)]
        if condition.any:
            parts.append(self.formula.disj(map(self.true, condition.any)))
        return self.formula.conj(parts)

    def _constrain(self, question: Question) -> None:
        """Demand that the variables of a question make an answer that can be given."""
        require, ticked = self.formula.require, self.of_options(question)
        settled, answered = self.variables[closed(question.id)], self.variables[given(question.id)]
        require([-settled, answered])
        require([-answered, settled, *ticked])
        if question.required and question.kind not in CHOICES:
            require([-answered, *ticked])
        for tick in ticked:
            require([-tick, answered])
            if question.kind is not Kind.MANY:
                require([-tick, settled])
        if question.kind is Kind.ONE:
            require([-settled, *ticked])
            for place, tick in enumerate(ticked):
                for other in ticked[place + 1 :]:
                    require([-tick, -other])
        if question.kind is Kind.CONTACTS:
            points = [point for q in self._points() for point in self.of_options(q)]
            for tick in ticked:
                require([-tick, *points])

    def _points(self) -> list[Question]:
        questions = self.vocabulary.questions
        return [question for question in questions if question.kind is Kind.CONTACT_POINTS]

    def of_options(self, question: Question) -> list[int]:
        """Return the variables “ticked” of a question, in the order of its options."""
        return [self.variables[leaf] for leaf in _in_order(question)]

    def costs(self) -> dict[int, int]:
        """Return what each variable costs in answers that shall say little.

        An option ticked, a question answered, and “there may be more” cost one each.
        """
        costs: dict[int, int] = {}
        for question in self.vocabulary.questions:
            answered = self.variables[given(question.id)]
            settled = self.variables[closed(question.id)]
            unsure = self.formula.conj((answered, -settled))
            costs |= dict.fromkeys([*self.of_options(question), answered, unsure], 1)
        return {literal: cost for literal, cost in costs.items() if literal not in {TRUE, FALSE}}

    def answers(self, model: Model) -> Answers:
        """Return the answers that a solver's values stand for; idle ones are left out."""
        raw: dict[str, Raw] = {}
        points = self._ticked(self._points(), model)
        for question in self.vocabulary.questions:
            if holds_in(self.variables[given(question.id)], model):
                sure = holds_in(self.variables[closed(question.id)], model)
                picked = self._ticked([question], model)
                raw[question.id] = _raw_answer(question, picked, sure=sure, points=points)
        return parse_answers(self.vocabulary, raw)

    def _ticked(self, questions: Iterable[Question], model: Model) -> list[str]:
        return [
            leaf.rpartition(":")[2]
            for question in questions
            for leaf in _in_order(question)
            if holds_in(self.variables[leaf], model)
        ]


def closed(question: str) -> str:
    """Return the name of the variable that what is not ticked there is definitely not so."""
    return f"{question} closed"


def given(question: str) -> str:
    """Return the name of the variable that something was answered there, if only in part."""
    return f"{question} given"


def _new_variables(vocabulary: Vocabulary, formula: Formula) -> dict[str, int]:
    names = (
        name
        for question in vocabulary.questions
        for name in (*_in_order(question), closed(question.id), given(question.id))
    )
    return {name: formula.fresh() for name in names}


def _in_order(question: Question) -> list[str]:
    """Return the leaves of a question, in the order of its options."""
    if not question.options:
        return [question.id]
    return [f"{question.id}:{option.id}" for option in question.offered]


# ------------------------------------------------------------------ answers

EXAMPLES: Mapping[Kind, Raw] = {
    Kind.NAME: "Example Practice",
    Kind.TEXT: "An example",
    Kind.LINK: "https://www.example.com/",
    Kind.DATE: "2026-01-31",
    Kind.LINES: ["Example"],
    Kind.PLACES: [{"name": "Example Office", "address": ["1 Example Street"]}],
}
CHANNEL_EXAMPLES: Mapping[str, Raw] = {
    "post": ["1 Example Street"],
    "phone": "555-0100",
    "fax": "555-0100",
    "email": "office@example.com",
    "form": "https://www.example.com/contact",
}


def _raw_answer(question: Question, picked: Sequence[str], *, sure: bool, points: list[str]) -> Raw:
    if question.kind in CHOICES:
        return [*picked, *([] if sure else [DONT_KNOW])]
    if not picked:
        return NONE
    match question.kind:
        case Kind.NUMBER:
            return str(min(max(question.minimum, 1), question.maximum))
        case Kind.CONTACT_POINTS:
            return {channel: {channel: CHANNEL_EXAMPLES[channel]} for channel in picked}
        case Kind.CONTACTS:
            return {purpose: {"points": [points[0]]} for purpose in picked}
    return EXAMPLES[question.kind]
