"""Conditions over answers: when a clause is said and when a question is asked.

An atom is the smallest thing that can hold of a set of answers:

- ``marketing`` - something was ticked or given for that question,
- ``data.health`` - something was ticked in that group,
- ``data:dental-records`` - that option was ticked.

It is true, false, or unknown (``None``): unknown when the person does not know yet, or was never
asked. ``all``, ``any`` and ``none`` join atoms by Kleene's strong three-valued logic, so a
condition is true only if it stays true whatever the unknown answers turn out to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from policygen.core.problems import Problem, Refused, nearest, quoted

QUESTION = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
OPTION = r"[a-z0-9]+(?:-[a-z0-9]+)*"
ATOM = re.compile(rf"(?P<question>{QUESTION})(?:\.(?P<group>{QUESTION})|:(?P<option>{OPTION}))?")
KEYS = ("all", "any", "none")
HOW_TO_NAME = "Write question, question.group or question:option."


class Truths(Protocol):
    """Anything that knows the truth of atoms: true, false, or ``None`` for unknown."""

    def truth(self, atom: str) -> bool | None:
        """Return whether the atom holds."""


def question_of(atom: str) -> str:
    """Return the id of the question that an atom is about."""
    return re.split(r"[.:]", atom, maxsplit=1)[0]


def both(truths: Iterable[bool | None]) -> bool | None:
    """Return Kleene's conjunction: false if one is false, else unknown if one is unknown."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def either(truths: Iterable[bool | None]) -> bool | None:
    """Return Kleene's disjunction: true if one is true, else unknown if one is unknown."""
    unknown = False
    for truth in truths:
        if truth is True:
            return True
        unknown = unknown or truth is None
    return None if unknown else False


@dataclass(frozen=True, slots=True)
class Condition:
    """Atoms of which all, any and none must hold; an empty part asks for nothing."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def holds(self, answers: Truths) -> bool | None:
        """Return whether the condition holds: true, false or unknown (``None``)."""
        truth = answers.truth
        every = both(map(truth, self.all)) if self.all else True
        if every is False:
            return False
        some = either(map(truth, self.any)) if self.any else True
        if some is False:
            return False
        found = either(map(truth, self.none)) if self.none else False
        if found is True:
            return False
        return True if every and some and found is False else None

    def atoms(self) -> tuple[str, ...]:
        """Return every atom in it, in the order written."""
        return (*self.all, *self.any, *self.none)

    def deciding(self, outcome: bool | None, answers: Truths) -> tuple[str, ...]:
        """Return the atoms that settle the outcome of ``holds``: those to name in a reason."""
        truth = answers.truth
        if outcome is True:
            return (*self.all, *(a for a in self.any if truth(a)), *self.none)
        if outcome is False:
            failing = [a for a in self.all if truth(a) is False]
            failing += [a for a in self.none if truth(a) is True]
            if not failing:
                failing = list(self.any)
            return tuple(failing)
        waiting = [a for a in (*self.all, *self.none) if truth(a) is None]
        if self.any and either(map(truth, self.any)) is None:
            waiting += [a for a in self.any if truth(a) is None]
        return tuple(waiting)

    def excludes(self, other: Condition) -> bool:
        """Tell whether their atoms show that the two never hold for the same answers."""
        return _denied(self, other) or _denied(other, self)

    def to_json(self) -> dict[str, list[str]]:
        """Return its plain form; parts that ask for nothing are left out."""
        return {key: list(getattr(self, key)) for key in KEYS if getattr(self, key)}


def _denied(condition: Condition, other: Condition) -> bool:
    denied = set(other.none)
    return not denied.isdisjoint(condition.all) or (
        bool(condition.any) and denied.issuperset(condition.any)
    )


ALWAYS = Condition()


@dataclass(frozen=True, slots=True)
class Cases:
    """Several conditions of which one is enough; without any, it always holds."""

    conditions: tuple[Condition, ...] = ()

    def holds(self, answers: Truths) -> bool | None:
        """Return whether one of the conditions holds: true, false or unknown (``None``)."""
        if not self.conditions:
            return True
        return either(condition.holds(answers) for condition in self.conditions)

    def atoms(self) -> tuple[str, ...]:
        """Return every atom in it once, in the order written."""
        named = (atom for condition in self.conditions for atom in condition.atoms())
        return tuple(dict.fromkeys(named))

    def deciding(self, outcome: bool | None, answers: Truths) -> tuple[str, ...]:
        """Return the atoms that settle the outcome of ``holds``: those to name in a reason."""
        found = (c for c in self.conditions if c.holds(answers) is outcome)
        named = (atom for condition in found for atom in condition.deciding(outcome, answers))
        return tuple(dict.fromkeys(named))

    def to_json(self) -> list[dict[str, list[str]]]:
        """Return its plain form."""
        return [condition.to_json() for condition in self.conditions]


EVERY_CASE = Cases()


def parse_cases(raw: object) -> Cases:
    """Read one condition, or a list of conditions of which one is enough. Raises ``Refused``."""
    entries = raw if isinstance(raw, Sequence) and not isinstance(raw, str) else [raw]
    conditions: list[Condition] = []
    problems: list[Problem] = []
    for entry in entries:
        try:
            conditions.append(parse_condition(entry))
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(problems)
    return Cases(tuple(conditions))


def parse_condition(raw: object) -> Condition:
    """Read ``{all: [...], any: [...], none: [...]}``. Raises ``Refused``.

    Names are not looked up here; ``Vocabulary.check_atoms`` does that.
    """
    if not isinstance(raw, Mapping):
        raise Refused([Problem("", "Write a condition as {all: […], any: […], none: […]}.")])
    problems = [
        Problem("", f"{quoted(key)} is no part of a condition. {nearest(str(key), KEYS)}")
        for key in raw
        if key not in KEYS
    ]
    parts: dict[str, tuple[str, ...]] = {}
    for key in KEYS:
        if key not in raw:
            continue
        atoms = raw[key]
        if not isinstance(atoms, Sequence) or isinstance(atoms, str) or not atoms:
            problems.append(Problem("", f"After “{key}:” write a list such as [data:name]."))
            continue
        problems += [
            Problem(
                "",
                f"{quoted(atom)} is no condition. {HOW_TO_NAME}",
            )
            for atom in atoms
            if not isinstance(atom, str) or not ATOM.fullmatch(atom)
        ]
        parts[key] = tuple(str(atom) for atom in atoms)
    if problems:
        raise Refused(problems)
    return Condition(**parts)
