"""The proof about a library: what holds of every policy that can be made from it.

Proved for all answers that the interview accepts, by a solver and not by trying some:

1. no two clauses that contradict each other stand in one policy,
2. every clause stands in some policy, every question is asked of somebody, and no condition is
   there that always holds,
3. every option leaves a trace, unless it is marked as informative,
4. every section that must exist (``needed``) has text whenever it must.

The interview accepts answers in which nothing is missing that is required and asked, and no
conflict is found that blocks. Where a proof fails, the fewest answers that show it are given; they
are tried for real, by ``select``, before anybody sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from policygen.core.analysis.contradictions import (
    Pair,
    clashing_pairs,
    contradictions,
    contradicts_in,
    in_pairs,
)
from policygen.core.analysis.inclusion import Inclusion
from policygen.core.analysis.reachability import ALWAYS_HOLDS, Space, reached, shut, unreachable
from policygen.core.analysis.solving import NewSolver
from policygen.core.analysis.traces import OfOption, options_that_count, without_trace
from policygen.core.answers import (
    Answer,
    Answers,
    Contact,
    Fact,
    Standing,
    Ticked,
    Unknown,
    parse_answers,
)
from policygen.core.assembly import assemble
from policygen.core.conflicts import Severity
from policygen.core.document import Block, Document
from policygen.core.library import Library, SectionTitle
from policygen.core.problems import Problem, quoted
from policygen.core.selection import select
from policygen.core.vocabulary import Kind

ANY_DAY = date(2026, 1, 1)
"""Documents are compared as of one day; which one does not matter."""


SHOWN_BY = "These answers show it:"
"""What stands in a problem before the answers that show it, which end with a period."""


class Fault(StrEnum):
    """What a proof can fail at."""

    NO_ANSWERS = "no-answers"
    CONTRADICTION = "contradiction"
    UNREACHABLE = "unreachable"
    IDLE_CONDITION = "idle-condition"
    NO_TRACE = "no-trace"
    NO_TEXT = "no-text"


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that does not hold of every policy, and the fewest answers that show it.

    There are no answers to show what never happens. ``name`` is unique in its proof and fit for
    the name of a file. ``about`` are the clauses (by slug), the question, the option (as an atom)
    or the section that it is about.
    """

    fault: Fault
    name: str
    problem: Problem
    about: tuple[str, ...]
    answers: Answers | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and what does not hold; without failures, all of it is proved.

    ``pairs`` are all pairs of two clauses, ``clashing`` those whose claims clash as soon as certain
    options are ticked; ``sections`` are those that must exist. ``failing`` counts what fails.
    """

    failures: tuple[Failure, ...]
    clauses: int
    pairs: int
    clashing: int
    questions: int
    options: int
    sections: int

    def failing(self, fault: Fault, kind: str = "") -> int:
        """Return at how many things the proof fails; ``kind`` is “clauses” or “questions”.

        A contradiction is about two clauses; see ``contradicting_themselves`` for the others.
        """
        found = [failure for failure in self.failures if failure.fault is fault]
        if fault is Fault.CONTRADICTION:
            return sum(len(set(failure.about)) == 2 for failure in found)
        return sum(failure.problem.where.startswith(kind) for failure in found)

    @property
    def contradicting_themselves(self) -> int:
        """How many clauses contradict themselves."""
        found = (one for one in self.failures if one.fault is Fault.CONTRADICTION)
        return sum(len(set(failure.about)) == 1 for failure in found)


class Unconfirmed(Exception):
    """What the solver found is not so when it is tried: a fault of this program."""


def prove(library: Library, new_solver: NewSolver) -> Proof:
    """Prove what must hold of every policy of a library. Raises ``Unconfirmed``.

    If no answers are accepted at all, that is the only failure: nothing else means anything then.
    """
    space = Space(library.vocabulary, new_solver, library.conflicts)
    pairs = list(clashing_pairs(library))
    if nothing := shut(space, library, new_solver):
        where = nothing.where.removesuffix(".when")
        failures = [Failure(Fault.NO_ANSWERS, str(Fault.NO_ANSWERS), nothing, (where,))]
    else:
        failures = list(_failures(space, library, pairs))
    count = len(library.clauses)
    return Proof(
        failures=tuple(failures),
        clauses=count,
        pairs=count * (count - 1) // 2,
        clashing=in_pairs(pairs),
        questions=len(library.vocabulary.questions),
        options=len(options_that_count(library)),
        sections=sum(section.needed is not None for section in library.sections),
    )


def _failures(space: Space, library: Library, pairs: list[Pair]) -> Iterator[Failure]:
    """Give what does not hold of every policy; some answers are accepted."""
    inclusion = Inclusion(library, space.propositions)
    stand = reached(space, inclusion)
    for found in contradictions(space, inclusion, pairs):
        yield _contradiction(found, library)
    yield from _unreachable(space, inclusion)
    for option in without_trace(space, inclusion, stand):
        yield _no_trace(option, space, library, stand)
    yield from _no_text(space, inclusion)


def proof_problems(library: Library, new_solver: NewSolver) -> Iterator[Problem]:
    """Give what does not hold of every policy of a library, each with answers that show it."""
    for failure in prove(library, new_solver).failures:
        shown = in_brief(failure.answers) if failure.answers is not None else ""
        more = f" {SHOWN_BY} {shown}." if shown else ""
        yield replace(failure.problem, message=f"{failure.problem.message}{more}")


def in_brief(answers: Answers) -> str:
    """Return the answers as atoms, as they are written in conditions: “sale:yes, data:orders”."""
    named = [
        f"{question.id}:{option.id}" if option else question.id
        for question in answers.vocabulary.questions
        for option in (question.offered or (None,))
        if not question.required
        and answers.in_force.truth(f"{question.id}:{option.id}" if option else question.id)
    ]
    none = [
        f"none of {question.id}"
        for question in answers.vocabulary.questions
        if answers.in_force.truth(question.id) is False
    ]
    return ", ".join((*named, *none))


def accepts(library: Library, answers: Answers) -> bool:
    """Tell whether the interview lets a policy be made from answers.

    What is required and asked must be answered, and no conflict that blocks may be found.
    """
    given = answers.in_force
    required = (question for question in library.vocabulary.questions if question.required)
    grave = (conflict for conflict in library.conflicts if conflict.severity is Severity.BLOCKS)
    return all(
        given.truth(question.id) or answers.standing(question) is Standing.SKIPPED
        for question in required
    ) and not any(conflict.found_in(given) for conflict in grave)


def _confirmed(library: Library, answers: Answers, *, shown: bool, what: str) -> None:
    """Raise ``Unconfirmed`` unless answers are accepted, can be read again, and show it."""
    again = parse_answers(library.vocabulary, answers.to_raw())
    if not shown or again != answers or not accepts(library, answers):
        raise Unconfirmed(f"{what} is not so for {answers.to_raw()}. Please report this.")


def _contradiction(found: tuple[Pair, Answers], library: Library) -> Failure:
    pair, answers = found
    what = f"That {quoted(pair.says.slug)} contradicts {quoted(pair.denies.slug)}"
    shown = contradicts_in(select(library, answers), answers, pair)
    _confirmed(library, answers, shown=shown, what=what)
    itself = pair.says.slug == pair.denies.slug
    other = "it says as well" if itself else f"“{pair.denies.slug}” says"
    message = (
        f"This clause says “{pair.clash.says}”, and {other} “{pair.clash.denies}”. One policy can "
        "hold both. Change a condition or a text, let one clause take out what the other says "
        "(“except”), or make people choose (“conflicts.yaml”)."
    )
    return Failure(
        Fault.CONTRADICTION,
        f"{Fault.CONTRADICTION}-{pair.says.slug}-{pair.denies.slug}",
        Problem(f"clauses.{pair.says.slug}.claims", message),
        (pair.says.slug, pair.denies.slug),
        answers,
    )


def _unreachable(space: Space, inclusion: Inclusion) -> Iterator[Failure]:
    for problem in unreachable(space, inclusion):
        kind, name, *_ = problem.where.split(".")
        idle = problem.message == ALWAYS_HOLDS
        fault = Fault.IDLE_CONDITION if idle else Fault.UNREACHABLE
        yield Failure(fault, f"{fault}-{kind}-{name}", problem, (name,))


def _no_trace(option: OfOption, space: Space, library: Library, stand: frozenset[str]) -> Failure:
    """Say that an option never changes anything, with answers that choose it.

    ``stand`` are the slugs of the clauses that stand in some policy.
    """
    where = f"questions.{option.question.id}.options.{option.option}"
    message = (
        "No policy is any different because this option is chosen. "
        "Write a clause about it, or mark it “informative: true”."
    )
    answers = space.answers(space.propositions.true(option.atom))
    if answers is not None:
        without = Answers(library.vocabulary, {**answers.given, **_without(option, answers)})
        documents = (_document(library, each) for each in (answers, without))
        before, after = (_texts(document, stand) for document in documents)
        shown = before == after
        _confirmed(library, answers, shown=shown, what=f"That {quoted(option.atom)} counts nowhere")
    name = f"{Fault.NO_TRACE}-{option.question.id}-{option.option}"
    return Failure(Fault.NO_TRACE, name, Problem(where, message), (option.atom,), answers)


def _no_text(space: Space, inclusion: Inclusion) -> Iterator[Failure]:
    """Give each section that must exist and is without text for some answers."""
    library = inclusion.library
    for section in library.sections:
        if section.needed is None:
            continue
        lacks = (space.propositions.holds(section.needed), -inclusion.there[section.id])
        answers = space.answers(*lacks) if space.find(*lacks) is not None else None
        if answers is not None:
            shown = _is_missing(section, library, answers)
            what = f"That {quoted(section.id)} lacks text"
            _confirmed(library, answers, shown=shown, what=what)
            message = (
                f"The section “{section.title}” must exist for some people whose policy has no "
                "text there. Write a clause that they get, or change “needed”."
            )
            name = f"{Fault.NO_TEXT}-{section.id}"
            problem = Problem(f"sections.{section.id}", message)
            yield Failure(Fault.NO_TEXT, name, problem, (section.id,), answers)


def _is_missing(section: SectionTitle, library: Library, answers: Answers) -> bool:
    needed = section.needed is not None and section.needed.holds(answers.in_force) is True
    document = _document(library, answers)
    return needed and section.id not in {there.id for there in document.sections}


def _document(library: Library, answers: Answers) -> Document:
    return assemble(select(library, answers), answers, on=ANY_DAY)


def _without(option: OfOption, answers: Answers) -> dict[str, Answer]:
    """Return the answer to an option's question as it would be without the option."""
    match answers.given.get(option.question.id):
        case Ticked(options, unsure) if option.question.kind is Kind.MANY:
            rest = tuple(ticked for ticked in options if ticked != option.option)
            return {option.question.id: Ticked(rest, unsure) if rest or not unsure else Unknown()}
        case Fact(tuple() as contacts):
            left = tuple(
                contact
                for contact in contacts
                if not (isinstance(contact, Contact) and contact.purpose == option.option)
            )
            return {option.question.id: Fact(left or None)}
    return {option.question.id: Unknown()}


def _texts(document: Document, stand: frozenset[str]) -> list[tuple[str, tuple[Block, ...]]]:
    """Return what some clauses of a document print, whatever brought them in."""
    return [(clause.slug, clause.blocks) for clause in document.clauses() if clause.slug in stand]
