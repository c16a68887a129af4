"""The ledger: what each law wants stated, and the very sentences that state it.

An element of a regime is satisfied only by what is really in the document. It must be claimed by a
clause that the document holds, and every clause that the answers select for it must stand there
with all its blocks: who takes a block away takes a part of the statement away. Whether a practice's
own wording still says it, nobody here can tell: that has a status of its own. While somebody does
not know all of an answer that the statement is made from, it may not be all that there is to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from policygen.core.analysis.laws import Applies, Settled, Standing, Verdict, laws_of, verdict
from policygen.core.answers import Answers
from policygen.core.answers import Standing as Answered
from policygen.core.conditions import question_of
from policygen.core.document import ClauseText, Document
from policygen.core.in_words import questions_in_words, reason_in_words
from policygen.core.library import Library
from policygen.core.plain_text import lines_of
from policygen.core.regimes import Element, MetBy, Regime
from policygen.core.selection import Choice, Selection, Why

READS_WELL = 10.0
"""The highest grade (Flesch-Kincaid) of a text that counts as plain language. No law that the
library has names a grade; docs/laws.md says where the figure comes from."""

BLANK = re.compile(r"\[[^\]]*\]")
STRAIGHT = str.maketrans("“”‘’", "\"\"''")


class Status(StrEnum):
    """Where an element stands."""

    SATISFIED = "satisfied"
    REWORDED = "own wording"
    """The practice's own wording stands where the library's would state it. Nobody has said that
    it still does, so it never counts as satisfied."""
    MISSING = "missing"
    NOT_APPLICABLE = "not applicable"
    OPEN = "open"
    """It is not decided whether it is wanted, or whether the text says all. It never counts as
    satisfied."""
    REMINDER = "reminder"
    """It is met by an act, not by a text."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A clause that states an element, with each line that it prints.

    ``amended`` tells that the practice has put its own wording in place of the library's.
    """

    slug: str
    version: int
    title: str
    lines: tuple[str, ...]
    amended: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A clause that would state an element and is not there, or not whole.

    ``reason`` says in a sentence what keeps it out; ``questions`` are the ids of the questions
    whose answers decide that. ``waits`` tells that an answer is missing.
    """

    slug: str
    title: str
    reason: str
    questions: tuple[str, ...] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An element with its status; ``reason`` says in a sentence how it comes about.

    ``stated`` are the sentences of one that is satisfied or in the practice's own wording, and of
    one that says a part; ``gaps`` what a missing one lacks; ``questions`` the ids of the questions
    that would settle one that is open.
    """

    element: Element
    status: Status
    reason: str
    stated: tuple[Stated, ...] = ()
    gaps: tuple[Gap, ...] = ()
    questions: tuple[str, ...] = ()

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The ids of the questions without whose answer it cannot be satisfied or settled."""
        waiting = (question for gap in self.gaps if gap.waits for question in gap.questions)
        return tuple(dict.fromkeys((*self.questions, *waiting)))


@dataclass(frozen=True, slots=True)
class Account:
    """A regime with all its elements, in its order."""

    law: Applies
    lines: tuple[Line, ...]

    @property
    def regime(self) -> Regime:
        """The regime."""
        return self.law.regime

    def count(self, status: Status) -> int:
        """Return how many elements have a status."""
        return sum(line.status is status for line in self.lines)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All regimes of a library over one document."""

    accounts: tuple[Account, ...]

    def only(self, regimes: Iterable[str]) -> Ledger:
        """Return it with these regimes only."""
        wanted = set(regimes)
        return Ledger(tuple(one for one in self.accounts if one.regime.id in wanted))

    def lines(self) -> Iterator[Line]:
        """Give the elements of all regimes."""
        for account in self.accounts:
            yield from account.lines

    def statuses(self) -> dict[str, Status]:
        """Return the status of each element by its id."""
        return {line.element.id: line.status for line in self.lines()}


def ledger(
    library: Library,
    answers: Answers,
    selection: Selection,
    document: Document,
    reading: float | None = None,
) -> Ledger:
    """Return what each law wants of a document, and where the document states it.

    ``library`` has the practice's own wording laid over it. ``selection`` comes from it and from
    ``answers``, and so did ``document``, unless somebody changed it: what is no longer there
    satisfies nothing. ``reading`` is the document's grade (Flesch-Kincaid), if it was measured.
    """
    evidence = _evidence(library, answers, selection, document, reading)
    settled = Settled(answers)
    return Ledger(tuple(_account(law, settled, evidence) for law in laws_of(library, answers)))


def _account(law: Applies, settled: Settled, evidence: Evidence) -> Account:
    elements = law.regime.elements
    if law.standing is Standing.NOT_APPLICABLE:
        return _alike(law, Status.NOT_APPLICABLE, f"The law does not apply. {law.reason}")
    if law.held.holds is False:
        return _alike(law, Status.NOT_APPLICABLE, "The law wants a document of its own for this.")
    if law.standing is Standing.OPEN:
        first = law.derived if law.applies is None else law.held
        return _alike(law, Status.OPEN, first.reason, law.questions)
    lines = (_line(element, verdict(element.when, settled), evidence) for element in elements)
    return Account(law, tuple(lines))


def _alike(law: Applies, status: Status, reason: str, questions: tuple[str, ...] = ()) -> Account:
    """Return a regime of which the same is to be said for each element."""
    return Account(
        law,
        tuple(Line(one, status, reason, questions=questions) for one in law.regime.elements),
    )


def _line(element: Element, wanted: Verdict, evidence: Evidence) -> Line:
    if wanted.holds is None:
        return Line(element, Status.OPEN, wanted.reason, questions=wanted.questions)
    if not wanted.holds:
        return Line(element, Status.NOT_APPLICABLE, wanted.reason)
    match element.met_by:
        case MetBy.OUTSIDE:
            return Line(element, Status.REMINDER, "No text can do this. See that it is done.")
        case MetBy.READING:
            return _by_reading(element, evidence)
    return _by_clauses(element, evidence)


def _by_reading(element: Element, evidence: Evidence) -> Line:
    grade = evidence.reading
    if not evidence.printed:
        return Line(element, Status.MISSING, "There is no text.")
    if grade is None:
        return Line(element, Status.OPEN, "The text was not measured.")
    measured = f"The text reads at grade {grade:.1f}"
    if grade <= READS_WELL:
        return Line(element, Status.SATISFIED, f"{measured}.")
    reason = f"{measured}, which is harder than grade {READS_WELL:.0f}."
    return Line(element, Status.MISSING, reason)


def _by_clauses(element: Element, evidence: Evidence) -> Line:
    gaps = tuple(evidence.broken(element))
    found = tuple(evidence.stated(element))
    if found and not gaps:
        return _whole(element, found, evidence)
    gaps = (*gaps, *evidence.not_selected(element))
    if not gaps:
        return Line(element, Status.MISSING, "The library has no clause that states this.")
    return Line(element, Status.MISSING, "The text does not state this.", gaps=gaps)


def _whole(element: Element, found: tuple[Stated, ...], evidence: Evidence) -> Line:
    """Judge an element of which everything stands there that the answers select for it."""
    if not worded(element.wording, [line for one in found for line in one.lines]):
        reason = "The law prescribes the wording, and the text says it in other words."
        return Line(element, Status.MISSING, reason, stated=found)
    more = tuple(evidence.not_known(element))
    if more:
        asked = questions_in_words(more, evidence.library.vocabulary)
        reason = f"You may have more to say here. It waits for your whole answer to {asked}."
        return Line(element, Status.OPEN, reason, stated=found, questions=more)
    if any(one.amended for one in found):
        reason = "Your own wording stands here. Have it checked that it still says this."
        return Line(element, Status.REWORDED, reason, stated=found)
    return Line(element, Status.SATISFIED, "It is stated.", stated=found)


# ---------------------------------------------------------------- evidence


@dataclass(frozen=True)
class Evidence:
    """What a document says, looked up by element.

    ``printed`` are the document's clauses by slug; ``included`` and ``left_out`` are what the
    answers select and do not select, by each element that it states.
    """

    library: Library
    answers: Answers
    printed: Mapping[str, ClauseText]
    included: Mapping[str, Sequence[Choice]]
    left_out: Mapping[str, Sequence[Choice]]
    reading: float | None

    def stated(self, element: Element) -> Iterator[Stated]:
        """Give the clauses of the document that state an element."""
        for choice in self.included.get(element.id, ()):
            printed = self.printed.get(choice.clause.slug)
            if printed is not None:
                yield stated_by(printed)

    def broken(self, element: Element) -> Iterator[Gap]:
        """Give the clauses that the answers select and that do not stand there as a whole."""
        for choice in self.included.get(element.id, ()):
            printed = self.printed.get(choice.clause.slug)
            if printed is None or len(printed.blocks) < len(choice.clause.body.blocks):
                reason = "A part of it is missing in the text." if printed else "It is not there."
                yield Gap(choice.clause.slug, choice.clause.title, reason)

    def not_known(self, element: Element) -> Iterator[str]:
        """Give the questions of which more may be said, since somebody does not know all of them.

        A clause of the element prints such an answer or speaks of it as a whole, or another one
        would come in by it.
        """
        atoms: list[str] = []
        for choice in self.included.get(element.id, ()):
            printed = self.printed.get(choice.clause.slug)
            atoms += printed.filled_by if printed else ()
            deciding_it = choice.clause.when.deciding(True, self.answers.in_force)
            atoms += (atom for atom in deciding_it if ":" not in atom)
        for choice in self.left_out.get(element.id, ()):
            atoms += choice.reason.atoms if choice.reason.why is Why.WAITS else ()
        for name in dict.fromkeys(map(question_of, atoms)):
            question = self.library.vocabulary.by_id[name]
            if self.answers.standing(question) is Answered.UNKNOWN:
                yield name

    def not_selected(self, element: Element) -> Iterator[Gap]:
        """Give the clauses that the answers leave out; first those that wait for an answer."""
        left_out = self.left_out.get(element.id, ())
        for choice in sorted(left_out, key=lambda choice: choice.reason.why is not Why.WAITS):
            reason = reason_in_words(choice.reason, self.library, self.answers.in_force)
            clause, why = choice.clause, choice.reason.why
            yield Gap(clause.slug, clause.title, reason, deciding(choice), why is Why.WAITS)


def _evidence(
    library: Library,
    answers: Answers,
    selection: Selection,
    document: Document,
    reading: float | None,
) -> Evidence:
    return Evidence(
        library=library,
        answers=answers,
        printed={clause.slug: clause for clause in document.clauses()},
        included=_by_element(selection.included),
        left_out=_by_element(selection.left_out),
        reading=reading,
    )


def _by_element(choices: Iterable[Choice]) -> dict[str, list[Choice]]:
    found: dict[str, list[Choice]] = {}
    for choice in choices:
        for element in choice.clause.satisfies:
            found.setdefault(element, []).append(choice)
    return found


def deciding(choice: Choice) -> tuple[str, ...]:
    """Return the ids of the questions that decide whether a clause is in or out."""
    if choice.reason.why is Why.POINTS_NOWHERE:
        return ()  # its atoms are sections
    return tuple(dict.fromkeys(map(question_of, choice.reason.atoms)))


def stated_by(clause: ClauseText) -> Stated:
    """Return a clause of a document with the lines that it prints."""
    lines = tuple(line for block in clause.blocks for line in lines_of(block))
    return Stated(clause.slug, clause.version, clause.title, lines, clause.amended)


# ---------------------------------------------------------------- prescribed wording


def worded(wording: Sequence[str], lines: Iterable[str]) -> bool:
    """Tell whether lines say what a law prescribes: each of its lines, in its order.

    White space and the form of quotation marks do not count. Text in square brackets stands for
    what an organization fills in, and matches anything.
    """
    said, position = _flat(" ".join(lines)), 0
    for part in _fixed_parts(tuple(wording)):
        found = said.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return True


@lru_cache(maxsize=256)
def _fixed_parts(wording: tuple[str, ...]) -> tuple[str, ...]:
    parts = (_flat(part) for line in wording for part in BLANK.split(line))
    return tuple(part for part in parts if part)


def _flat(text: str) -> str:
    return " ".join(text.translate(STRAIGHT).split())
