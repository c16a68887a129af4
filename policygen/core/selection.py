"""Which clauses a set of answers selects, and why each one is in or out.

``select`` is total and deterministic: any answers and any library give a selection. A clause is
included if and only if

1. its condition definitely holds (an unknown answer never makes a clause true),
2. every placeholder in it has a value, and
3. every section that it points to has text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policygen.core.answers import Answers
from policygen.core.clauses import Clause
from policygen.core.conditions import question_of
from policygen.core.library import Library


class Why(StrEnum):
    """Why a clause is in the document, or not."""

    ALWAYS = "always"
    HOLDS = "holds"
    FAILS = "fails"
    WAITS = "waits"
    NOT_ASKED = "not asked"
    NOTHING_TO_PRINT = "nothing to print"
    POINTS_NOWHERE = "points nowhere"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, and the atoms (or, for ``POINTS_NOWHERE``, the section ids) that decided it."""

    why: Why
    atoms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A clause with the reason why it is in or out."""

    clause: Clause
    reason: Reason


@dataclass(frozen=True)
class Selection:
    """All clauses of a library, in reading order: those included and those left out."""

    library: Library
    included: tuple[Choice, ...]
    left_out: tuple[Choice, ...]

    def waiting(self) -> tuple[Choice, ...]:
        """Return what an answer that is not known yet would decide."""
        return tuple(choice for choice in self.left_out if choice.reason.why is Why.WAITS)


def select(library: Library, answers: Answers) -> Selection:
    """Choose the clauses that the answers call for."""
    in_force = answers.in_force
    included: list[Choice] = []
    left_out: list[Choice] = []
    for clause in library.clauses:
        holds = clause.when.holds(in_force)
        obstacle = _obstacle(clause, holds, in_force)
        if obstacle is None:
            included.append(Choice(clause, _grounds(clause, in_force)))
        else:
            left_out.append(Choice(clause, obstacle))
    kept, dropped = _without_dangling(included)
    if dropped:
        position = {clause.slug: number for number, clause in enumerate(library.clauses)}
        left_out = sorted([*left_out, *dropped], key=lambda choice: position[choice.clause.slug])
    return Selection(library, tuple(kept), tuple(left_out))


def _obstacle(clause: Clause, holds: bool | None, answers: Answers) -> Reason | None:
    """Return why a clause cannot be said, or ``None`` if it can."""
    if holds is not True:
        deciding = clause.when.deciding(holds, answers)
        return Reason(Why.FAILS, deciding) if holds is False else _unknown(deciding, answers)
    absent = [atom for atom in clause.needs if answers.truth(atom) is False]
    if absent:
        return Reason(Why.NOTHING_TO_PRINT, tuple(absent))
    unknown = [atom for atom in clause.needs if answers.truth(atom) is None]
    return _unknown(unknown, answers) if unknown else None


def _grounds(clause: Clause, answers: Answers) -> Reason:
    """Return why a clause is said: what made its condition hold, or the facts that it prints."""
    atoms = clause.when.deciding(True, answers) or clause.needs
    ticked = dict.fromkeys(ticked for atom in atoms for ticked in answers.ticked_under(atom))
    return Reason(Why.HOLDS, tuple(ticked)) if ticked else Reason(Why.ALWAYS)


def _unknown(atoms: Iterable[str], answers: Answers) -> Reason:
    """Tell what waits for an answer from what belongs to questions that do not apply."""
    atoms = tuple(atoms)
    waiting = dict.fromkeys(still for atom in atoms for still in still_open(atom, answers))
    return Reason(Why.WAITS, tuple(waiting)) if waiting else Reason(Why.NOT_ASKED, atoms)


def still_open(atom: str, answers: Answers) -> Iterator[str]:
    """Give what would settle an unknown atom: itself, or what decides if its question applies.

    It gives nothing for an atom of a question that does not apply. ``answers`` are in force.
    """
    question = answers.vocabulary.by_id[question_of(atom)]
    applies = question.when.holds(answers)
    if applies:
        yield atom
    elif applies is None:
        for earlier in question.when.deciding(None, answers):
            yield from still_open(earlier, answers)


def _without_dangling(included: Sequence[Choice]) -> tuple[list[Choice], list[Choice]]:
    """Drop clauses that point to a section without text, until none does."""
    kept, dropped = list(included), []
    while True:
        there = {choice.clause.section for choice in kept}
        still: list[Choice] = []
        for choice in kept:
            missing = tuple(s for s in choice.clause.body.references if s not in there)
            if missing:
                dropped.append(Choice(choice.clause, Reason(Why.POINTS_NOWHERE, missing)))
            else:
                still.append(choice)
        if len(still) == len(kept):
            return kept, dropped
        kept = still
