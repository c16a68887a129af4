"""Which regimes apply to an organization, and because of which answers.

Whether a regime applies is derived from the answers: yes, no, or open while an answer is missing.
A person can add a regime or remove one. Another matter is whether the policy is the document that
the law wants; a law that wants a notice of its own is answered there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from policygen.core.answers import Answers, Fact
from policygen.core.conditions import Cases, question_of
from policygen.core.in_words import atoms_in_words, questions_in_words
from policygen.core.library import Library
from policygen.core.regimes import ADDED, REASON, REMOVED, Regime
from policygen.core.selection import still_open


@dataclass(frozen=True)
class Settled:
    """The truths of answers as a law looks at them: what is not asked of somebody is not so.

    An atom is unknown (``None``) only while an answer is missing that could still make it true.
    """

    answers: Answers

    def truth(self, atom: str) -> bool | None:
        """Return whether an atom holds."""
        truth = self.answers.in_force.truth(atom)
        if truth is None and next(still_open(atom, self.answers.in_force), None) is None:
            return False
        return truth

    def waits_for(self, atoms: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the questions whose answers would settle unknown atoms."""
        in_force = self.answers.in_force
        open_atoms = (
            still
            for atom in atoms
            if self.truth(atom) is None
            for still in still_open(atom, in_force)
        )
        return tuple(dict.fromkeys(map(question_of, open_atoms)))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether conditions hold, the atoms that decide, and why as one English sentence.

    ``questions`` are the ids of those that would settle it; there are some only while it is open.
    """

    holds: bool | None
    atoms: tuple[str, ...]
    reason: str
    questions: tuple[str, ...] = ()


class By(StrEnum):
    """Who says whether a regime applies."""

    ANSWERS = "answers"
    ADDED = "added"
    REMOVED = "removed"


class Standing(StrEnum):
    """What a regime means for a policy."""

    HERE = "here"
    """It applies, and this policy must state what it wants."""

    ELSEWHERE = "elsewhere"
    """It applies, and wants a document of its own, which this policy is not."""

    OPEN = "open"
    """It is open whether it applies, or whether this policy is the document that it wants."""

    NOT_APPLICABLE = "not applicable"
    """It does not apply."""


@dataclass(frozen=True)
class Applies:
    """Whether a regime applies, and whether this policy is the document that it is about.

    ``derived`` is what follows from the answers, whatever a person ticked; ``by`` says what
    counts, and ``given_reason`` is the person's, or blank. ``held`` is the verdict on
    ``Regime.held_when``. ``kept`` are the ids of questions that are asked for this law, were
    answered, and are open themselves now: nobody answers them without a reason.
    """

    regime: Regime
    derived: Verdict
    by: By
    given_reason: str
    held: Verdict
    kept: tuple[str, ...] = ()

    @cached_property
    def applies(self) -> bool | None:
        """Whether the regime applies; ``None`` while that is open."""
        return self.derived.holds if self.by is By.ANSWERS else self.by is By.ADDED

    @cached_property
    def standing(self) -> Standing:
        """What it means for this policy."""
        if self.applies is False:
            return Standing.NOT_APPLICABLE
        if self.applies is None or self.held.holds is None:
            return Standing.OPEN
        return Standing.HERE if self.held.holds else Standing.ELSEWHERE

    @cached_property
    def is_pointed_to(self) -> bool:
        """Whether it is open although answers point to it, so that it cannot be left open.

        They point to a law with a document of its own unless this text is said not to be that
        document, and to another law by the answers that were given for it (docs/laws.md).
        """
        if self.standing is not Standing.OPEN:
            return False
        if self.regime.held_when.atoms():
            return self.held.holds is not False
        return bool(self.kept)

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """The ids of the questions that would settle what is open."""
        open_ones = self.derived.questions if self.applies is None else ()
        return tuple(dict.fromkeys((*open_ones, *self.held.questions)))

    @cached_property
    def reason(self) -> str:
        """Why it applies or not, as one or two sentences."""
        if self.by is By.ANSWERS:
            return self.derived.reason
        said = f"You {self.by} it" + (f": {self.given_reason}" if self.given_reason else "")
        stop = "" if said.endswith((".", "!", "?")) else "."
        return f"{said}{stop} By your answers: {_lowered(self.derived.reason)}"


def laws_of(library: Library, answers: Answers) -> tuple[Applies, ...]:
    """Return for each regime of the library whether it applies, in the order of their ids."""
    settled = Settled(answers)
    return tuple(_applies(regime, settled) for regime in library.regimes)


def _applies(regime: Regime, settled: Settled) -> Applies:
    truth = settled.answers.in_force.truth
    by = By.ANSWERS
    if truth(f"{ADDED}:{regime.id}"):
        by = By.ADDED  # if it is removed as well, the stricter of the two counts
    elif truth(f"{REMOVED}:{regime.id}"):
        by = By.REMOVED
    return Applies(
        regime=regime,
        derived=verdict(regime.when, settled),
        by=by,
        given_reason="" if by is By.ANSWERS else given_reason(settled.answers),
        held=verdict(regime.held_when, settled),
        kept=tuple(_kept(regime, settled.answers)),
    )


def _kept(regime: Regime, answers: Answers) -> Iterator[str]:
    """Give the questions asked for a regime that say something and that are open themselves.

    A question is asked for a regime if it is asked of whoever adds that regime. One that is asked
    anyway, because of another law, points to nothing.
    """
    added = f"{ADDED}:{regime.id}"
    for question in answers.vocabulary.questions:
        asked_for_it = added in question.when.atoms() and answers.truth(question.id)
        if asked_for_it and question.when.holds(answers.in_force) is None:
            yield question.id


def given_reason(answers: Answers) -> str:
    """Return the reason that a person gave for adding or removing regimes, or nothing."""
    answer = answers.in_force.given.get(REASON)
    return str(answer.value) if isinstance(answer, Fact) and answer.value is not None else ""


def verdict(cases: Cases, settled: Settled) -> Verdict:
    """Return whether conditions of a regime or an element hold, and why."""
    vocabulary = settled.answers.vocabulary
    if not cases.atoms():
        return Verdict(True, (), "It applies to everybody.")
    holds = cases.holds(settled)
    atoms = cases.deciding(holds, settled)
    if holds is None:
        questions = settled.waits_for(atoms)
        asked = questions_in_words(questions, vocabulary)
        return Verdict(None, atoms, f"It waits for your answer to {asked}.", questions)
    atoms = _telling(atoms, holds, settled)
    because = atoms_in_words(atoms, vocabulary, settled.answers.in_force)
    return Verdict(
        holds, atoms, f"It {'applies' if holds else 'does not apply'} because {because}."
    )


def _telling(atoms: tuple[str, ...], holds: bool, settled: Settled) -> tuple[str, ...]:
    """Return those atoms that a reason names: what was ticked, and what was really asked."""
    in_force = settled.answers.in_force
    ticked = [under for a in atoms if in_force.truth(a) for under in in_force.ticked_under(a)]
    if holds and ticked:
        return tuple(dict.fromkeys(ticked))
    asked = [atom for atom in atoms if in_force.truth(atom) is not None]
    return tuple(dict.fromkeys(asked or atoms))


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def questions_of(laws: Iterable[Applies]) -> tuple[str, ...]:
    """Return the ids of the questions that would settle what is open in any of them."""
    return tuple(dict.fromkeys(question for law in laws for question in law.questions))
