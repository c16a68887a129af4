"""Why a clause is not in a policy, and the smallest change of the answers that brings it in.

The search is exact as far as it goes (``LOOKED_AT``): of all changes that bring a clause in, it
finds one with the fewest steps. One step ticks an option, takes options of one question away, gives
a fact or takes it away, answers a question that is open, or makes an answer “I don’t know yet”.
From a set of answers it goes on to all that mend the first thing that keeps the clause out, and
every change that brings the clause in has to mend that somehow.

What must hold is mended in one way: its question is asked, and answered so. What only must not hold
(the case of a conflict) is mended in three: the answer says otherwise, or leaves it unknown, or
nobody asks any more, because the question’s own condition does not hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from typing import TypeVar

from policygen.core.analysis.redline import DocumentRedline, redline_documents
from policygen.core.answers import (
    Answer,
    Answers,
    Contact,
    ContactPoint,
    Fact,
    Place,
    Ticked,
    Unknown,
    Value,
)
from policygen.core.assembly import assemble
from policygen.core.clauses import Clause
from policygen.core.conditions import Condition
from policygen.core.conflicts import Conflict, Severity
from policygen.core.in_words import reason_in_words
from policygen.core.library import Library, clause_in
from policygen.core.placeholders import listing
from policygen.core.selection import Reason, select
from policygen.core.vocabulary import CHOICES, Kind, Question, atom_parts

LOOKED_AT = 600
"""How many sets of answers are looked at before the search gives up."""

STAND_IN = "(your answer)"
"""What stands in the text for a fact that only the person knows."""

STAND_IN_LINK = "https://example.com/"
STAND_IN_POINTS: Mapping[str, str] = {
    "phone": "+1 555 010 0100",
    "fax": "+1 555 010 0101",
    "email": "somebody@example.com",
    "form": STAND_IN_LINK,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One change of an answer. ``says`` tells a person what to do, as a sentence.

    ``invented`` tells that the new answer holds a stand-in for a fact that only the person knows.
    """

    question: str
    says: str
    answer: Answer
    invented: bool = False


@dataclass(frozen=True)
class WhyNot:
    """Why a clause is in a policy or not, and what would bring it in.

    ``is_in`` tells that it is there already. ``steps`` are the smallest change that brings it in,
    ``answers`` the answers after it and ``redline`` what it does to the policy; without ``answers``
    no such change was found. ``searched_all`` tells that there is none at all, rather than that the
    search gave up.
    """

    clause: Clause
    is_in: bool
    reason: Reason
    says: str
    steps: tuple[Step, ...] = ()
    answers: Answers | None = None
    redline: DocumentRedline | None = None
    searched_all: bool = False

    @property
    def invented(self) -> bool:
        """Whether the redline holds stand-ins for facts that only the person knows."""
        return any(step.invented for step in self.steps)


def why_not(library: Library, answers: Answers, slug: str, *, on: date) -> WhyNot:
    """Return why a clause is left out, and the smallest change that brings it in.

    ``on`` is the day that the policy is for. A change after which the answers conflict, in a way
    that blocks and that they do not conflict in now, is none. Raises ``LookupError`` for a clause
    that the library does not have.
    """
    clause = clause_in(library, slug)
    if clause is None:
        raise LookupError(slug)
    selection = select(library, answers)
    choices = {one.clause.slug: one for one in (*selection.included, *selection.left_out)}
    reason = choices[slug].reason
    says = reason_in_words(reason, library, answers.in_force)
    if any(one.clause.slug == slug for one in selection.included):
        return WhyNot(clause, True, reason, says)
    found = _Search(library, clause, answers, on).smallest()
    if found.steps is None:
        return WhyNot(clause, False, reason, says, searched_all=found.searched_all)
    changed = _with_steps(answers, found.steps)
    before = assemble(selection, answers, on=on)
    after = assemble(select(library, changed), changed, on=on)
    redline = redline_documents(before, after).changed_only()
    return WhyNot(clause, False, reason, says, found.steps, changed, redline, found.searched_all)


def _with_steps(answers: Answers, steps: Iterable[Step]) -> Answers:
    given = dict(answers.given)
    given.update((step.question, step.answer) for step in steps)
    return Answers(answers.vocabulary, given)


# ---------------------------------------------------------------- the search


@dataclass(frozen=True)
class _Found:
    """The steps of the smallest change, if there is one; and whether everything was looked at."""

    steps: tuple[Step, ...] | None
    searched_all: bool


class _Search:
    """Looks for the smallest change of answers, by the number of steps."""

    def __init__(self, library: Library, clause: Clause, answers: Answers, on: date) -> None:
        self.library = library
        self.clause = clause
        self.answers = answers
        self.grave = [one for one in library.conflicts if one.severity is Severity.BLOCKS]
        self.before = set(map(id, self._conflicts(answers)))
        self.ways = _Ways(on, self._named())

    def smallest(self) -> _Found:
        """Return the smallest change that brings the clause in."""
        queue: deque[tuple[Step, ...]] = deque([()])  # the shortest come first
        seen: set[object] = set()
        while queue:
            steps = queue.popleft()
            changed = frozenset({step.question: step.answer for step in steps}.items())
            if changed in seen:
                continue
            if len(seen) == LOOKED_AT:
                return _Found(None, False)
            seen.add(changed)
            mends = self._mends(_with_steps(self.answers, steps))
            if mends is None:
                return _Found(steps, False)
            queue.extend((*steps, step) for step in mends)
        return _Found(None, True)

    def _named(self) -> frozenset[str]:
        """Return the atoms that count for the clause: all others of a group are alike."""
        conditions = [question.when for question in self.library.vocabulary.questions]
        conditions += [case for conflict in self.grave for case in conflict.when.conditions]
        clauses = self.library.clauses if self.clause.body.references else (self.clause,)
        conditions += [one.when for one in clauses]
        named = {atom for condition in conditions for atom in condition.atoms()}
        return frozenset(named.union(*(one.needs for one in clauses)))

    def _conflicts(self, answers: Answers) -> list[Conflict]:
        return [one for one in self.grave if one.found_in(answers)]

    def _mends(self, answers: Answers) -> Iterator[Step] | None:
        """Give the steps that mend what is wrong first; ``None`` if nothing is."""
        obstacle = self._towards(self.clause, answers)
        if obstacle is None and self.clause.body.references:
            obstacle = self._section_missing(answers)
        if obstacle is not None:
            return obstacle
        new = [one for one in self._conflicts(answers) if id(one) not in self.before]
        return self._without(new[0], answers) if new else None

    def _without(self, conflict: Conflict, answers: Answers) -> Iterator[Step]:
        """Give the steps that mend a conflict: its questions are answered, or its case is gone."""
        for name in conflict.unsettled(answers):
            yield from self.ways.settling(name, answers)
        for case in conflict.when.conditions:
            if case.holds(answers.in_force):
                yield from self.ways.against(case, answers)

    def _towards(self, clause: Clause, answers: Answers) -> Iterator[Step] | None:
        """Give the steps that a clause's own condition or text asks for."""
        if clause.when.holds(answers.in_force) is not True:
            return self.ways.for_condition(clause.when, answers)
        for atom in clause.needs:
            if answers.in_force.truth(atom) is not True:
                return self.ways.for_atom(atom, answers)
        return None

    def _section_missing(self, answers: Answers) -> Iterator[Step] | None:
        """Give the steps towards any clause of a section that has no text and is pointed to.

        A clause there can lack nothing but the text of sections that it points to itself: then the
        steps are those towards the clauses of these, and so on.
        """
        included = {one.clause.slug for one in select(self.library, answers).included}
        if self.clause.slug in included:
            return None
        there = {one.section for one in self.library.clauses if one.slug in included}
        return self._towards_sections(there, answers)

    def _towards_sections(self, there: set[str], answers: Answers) -> Iterator[Step]:
        missing = [name for name in self.clause.body.references if name not in there]
        for name in missing:  # it grows on the way
            for one in (clause for clause in self.library.clauses if clause.section == name):
                steps = self._towards(one, answers)
                if steps is not None:
                    yield from steps
                    continue
                further = (name for name in one.body.references if name not in there)
                missing += [name for name in further if name not in missing]


class _Ways:
    """The steps that make a condition or an atom hold, or not hold, for given answers.

    ``named`` are the atoms that count. Of options of one group that none of them names by itself,
    one stands for all: whatever it brings, each of the others would bring.
    """

    def __init__(self, on: date, named: frozenset[str]) -> None:
        self.on = on
        self.named = named

    def for_condition(self, condition: Condition, answers: Answers) -> Iterator[Step]:
        """Give the steps that mend the first part of a condition that does not hold."""
        truth = answers.in_force.truth
        for atom in condition.all:
            if truth(atom) is not True:
                yield from self.for_atom(atom, answers)
                return
        if condition.any and not any(map(truth, condition.any)):
            for atom in condition.any:
                yield from self.for_atom(atom, answers)
            return
        for atom in condition.none:
            if truth(atom) is not False:
                yield from self.for_atom(atom, answers, holds=False)
                return

    def against(self, condition: Condition, answers: Answers) -> Iterator[Step]:
        """Give the steps each of which keeps a condition that holds from holding."""
        for atom in (*condition.all, *condition.any):
            if answers.in_force.truth(atom):
                yield from self.not_so(atom, answers, holds=True)
        for atom in condition.none:
            yield from self.not_so(atom, answers, holds=False)

    def not_so(self, atom: str, answers: Answers, *, holds: bool) -> Iterator[Step]:
        """Give the steps after which an atom is true (or false) no more: the opposite, or unknown.

        It is unknown, too, as soon as its question is not asked.
        """
        question = answers.vocabulary.by_id[atom_parts(atom)[0]]
        yield from self.for_atom(atom, answers, holds=not holds)
        yield from self.against(question.when, answers)
        if not question.required:
            yield from _unknown(question, self._meant(question, atom), answers)

    def settling(self, name: str, answers: Answers) -> Iterator[Step]:
        """Give the steps after which a question has a whole answer, or is not asked."""
        question, given = answers.vocabulary.by_id[name], answers.given.get(name)
        if isinstance(given, Ticked) and given.options and question.kind is Kind.MANY:
            yield _that_is_all(question, given)
        else:
            yield from self.for_atom(name, answers, holds=False)
        yield from self.for_atom(name, answers)
        yield from self.against(question.when, answers)

    def for_atom(self, atom: str, answers: Answers, *, holds: bool = True) -> Iterator[Step]:
        """Give the steps that make an atom true, or false; first that its question is asked."""
        name, _, option = atom_parts(atom)
        question = answers.vocabulary.by_id[name]
        if question.when.holds(answers.in_force) is not True:
            yield from self.for_condition(question.when, answers)
            return
        if question.kind in CHOICES:
            meant, offered = self._meant(question, atom), self._unlike(question)
            yield from _choices(question, meant, offered, answers.given.get(name), holds=holds)
        elif question.kind is Kind.CONTACTS:
            yield from _contacts(question, option, answers, holds=holds)
        elif question.kind is Kind.CONTACT_POINTS:
            yield from _points(question, option, answers, holds=holds)
        elif holds:
            says = f"Enter something for “{question.ask}”."
            yield Step(name, says, Fact(_stand_in(question, self.on)), invented=True)
        elif not question.required:
            yield Step(name, f"Answer “none” to “{question.ask}”.", Fact(None))

    @staticmethod
    def _meant(question: Question, atom: str) -> list[str]:
        """Return the options of a question through which an atom can hold."""
        _, group, option = atom_parts(atom)
        offered = (o for o in question.offered if option in ("", o.id))
        return [o.id for o in offered if group in ("", o.group)]

    def _unlike(self, question: Question) -> list[str]:
        """Return the options of a question, and of those that are alike only the first."""
        first: dict[str, str] = {}
        for option in question.offered:
            atom = f"{question.id}:{option.id}"
            first.setdefault(atom if atom in self.named else option.group, option.id)
        return list(first.values())


def _choices(
    question: Question,
    meant: Sequence[str],
    offered: Sequence[str],
    given: Answer | None,
    *,
    holds: bool,
) -> Iterator[Step]:
    """Give the steps after which one of the options meant is ticked, or none of them is.

    No step keeps an option that is retired: whoever answers again is not offered it.
    """
    ticked = _still_offered(question, given)
    unsure = isinstance(given, Ticked) and given.unsure
    name, ask = question.id, question.ask
    if question.kind is Kind.ONE:
        wanted = [option for option in offered if (option in meant) is holds]
        for option in wanted:
            says = f"Answer “{question.by_id[option].label}” to “{ask}”."
            yield Step(name, says, Ticked((option,)))
    elif holds:
        for option in (one for one in offered if one in meant):
            says = f"Choose “{question.by_id[option].label}” for “{ask}”."
            chosen = tuple(o.id for o in question.options if o.id in {*ticked, option})
            yield Step(name, says, Ticked(chosen, unsure))
    elif wrong := [option for option in ticked if option in meant]:
        labels = listing([f"“{question.by_id[option].label}”" for option in wrong])
        kept = tuple(option for option in ticked if option not in wrong)
        left = Ticked(kept, unsure) if kept or not unsure else Unknown()
        yield Step(name, f"Take {labels} away from “{ask}”.", left)
    else:
        yield _that_is_all(question, given)


def _still_offered(question: Question, given: Answer | None) -> tuple[str, ...]:
    ticked = given.options if isinstance(given, Ticked) else ()
    return tuple(option for option in ticked if option not in question.retired)


def _that_is_all(question: Question, given: Answer | None) -> Step:
    """Return the step after which nothing is open about what is ticked."""
    ticked = _still_offered(question, given)
    says = f"Say of “{question.ask}” that nothing {'else ' if ticked else ''}applies."
    return Step(question.id, says, Ticked(ticked))


def _unknown(question: Question, meant: Sequence[str], answers: Answers) -> Iterator[Step]:
    """Give the step after which nobody knows whether the options meant are chosen.

    Where several can be chosen, the others stay.
    """
    ticked = _still_offered(question, answers.given.get(question.id))
    kept = tuple(option for option in ticked if option not in meant)
    if question.kind is Kind.MANY and kept:
        taken, about = "Say", f"of “{question.ask}” that there may be more"
        if gone := [question.by_id[option].label for option in ticked if option in meant]:
            labels = listing([f"“{label}”" for label in gone])
            taken = f"Take {labels} away from “{question.ask}”, and say"
            about = "that there may be more"
        yield Step(question.id, f"{taken} {about}.", Ticked(kept, unsure=True))
    elif question.kind is Kind.CONTACT_POINTS and _points_used(answers):
        yield from _without_points((), answers)
    else:
        yield Step(question.id, f"Answer “I don’t know yet” to “{question.ask}”.", Unknown())


def _contacts(question: Question, purpose: str, answers: Answers, *, holds: bool) -> Iterator[Step]:
    """Give the step after which there is a contact for a purpose (or any), or none."""
    given = _entries(answers, question, Contact)
    purposes = [o.id for o in question.offered if purpose in ("", o.id)]
    if not holds:
        gone = question.retired.union(purposes)
        kept = tuple(contact for contact in given if contact.purpose not in gone)
        says = "Name no contact" + (f" for “{question.by_id[purpose].label}”." if purpose else ".")
        yield Step(question.id, says, Fact(kept or None))
        return
    points = next((q for q in answers.vocabulary.questions if q.kind is Kind.CONTACT_POINTS), None)
    known = _entries(answers, points, ContactPoint) if points else ()
    if not known:
        yield from _points(points, "", answers, holds=True) if points else ()
        return
    for one in purposes:
        made = {contact.purpose: contact for contact in (*given, Contact(one, (known[0].id,)))}
        ordered = tuple(made[o.id] for o in question.options if o.id in made)
        says = f"Name a contact for “{question.by_id[one].label}”."
        yield Step(question.id, says, Fact(ordered))


def _points(question: Question, channel: str, answers: Answers, *, holds: bool) -> Iterator[Step]:
    """Give the step after which there is a way to reach the practice, or none of a channel."""
    given = _entries(answers, question, ContactPoint)
    channels = [o.id for o in question.offered if channel in ("", o.id)]
    if holds:
        taken = {point.id for point in given}
        free = next(name for n in count(1) if (name := f"point-{n}") not in taken)
        for one in channels:
            says = f"Give a way to reach you: “{question.by_id[one].label}”."
            point = ContactPoint(free, one, (STAND_IN_POINTS.get(one, STAND_IN),))
            yield Step(question.id, says, Fact((*given, point)), invented=True)
        return
    kept = tuple(point for point in given if point.channel not in question.retired.union(channels))
    if _points_used(answers) <= {point.id for point in kept}:
        says = f"Take away every way to reach you that is “{listing(channels, 'or')}”."
        yield Step(question.id, says, Fact(kept or None))
    else:
        yield from _without_points(kept, answers)


def _points_used(answers: Answers) -> set[str]:
    """Return the ids of the ways to reach the practice that a contact names."""
    contacts = [q for q in answers.vocabulary.questions if q.kind is Kind.CONTACTS]
    entries = (contact for q in contacts for contact in _entries(answers, q, Contact))
    return {point for contact in entries for point in contact.points}


def _without_points(kept: Sequence[ContactPoint], answers: Answers) -> Iterator[Step]:
    """Give the step after which contacts name only some of the ways to reach the practice.

    A contact that would be left without any has the first of those; without ways, none is left.
    """
    known = [point.id for point in kept]
    for question in answers.vocabulary.questions:
        given = _entries(answers, question, Contact) if question.kind is Kind.CONTACTS else ()
        if any(not set(contact.points) <= set(known) for contact in given):
            left = (
                (c, tuple(p for p in c.points if p in known) or tuple(known[:1])) for c in given
            )
            named = tuple(replace(contact, points=points) for contact, points in left if points)
            says = f"Name no way to reach you that goes away in “{question.ask}”."
            yield Step(question.id, says, Fact(named or None))


Entry = TypeVar("Entry", Contact, ContactPoint)


def _entries(answers: Answers, question: Question, kind: type[Entry]) -> tuple[Entry, ...]:
    answer = answers.given.get(question.id)
    value = answer.value if isinstance(answer, Fact) else None
    return tuple(one for one in value if isinstance(one, kind)) if isinstance(value, tuple) else ()


def _stand_in(question: Question, on: date) -> Value:
    """Return what stands for a fact that only the person knows."""
    match question.kind:
        case Kind.LINK:
            return STAND_IN_LINK
        case Kind.DATE:
            return on
        case Kind.NUMBER:
            return min(max(question.minimum, 1), question.maximum)
        case Kind.LINES:
            return (STAND_IN,)
        case Kind.PLACES:
            return (Place(STAND_IN, (STAND_IN,)),)
    return STAND_IN
