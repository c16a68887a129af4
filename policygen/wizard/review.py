"""The review: every answer, what waits, and the policy as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from policygen.core.answers import Answers, Standing, contact_points, in_words
from policygen.core.conditions import question_of
from policygen.core.in_words import atoms_in_words, reason_in_words
from policygen.core.library import Library
from policygen.core.problems import Refused
from policygen.core.selection import Reason, Selection, Why, select, still_open
from policygen.core.vocabulary import Question
from policygen.policies.drafting.generation import generate
from policygen.policies.stored import DAMAGED
from policygen.rendering import RenderingFailed
from policygen.rendering.html import body
from policygen.wizard.inherited import Above, Inherited
from policygen.wizard.interview import Interview
from policygen.wizard.steps import STEPS, Step


@dataclass(frozen=True)
class Answered:
    """A question with its answer in words. ``warnings`` are about an answer that cannot be read.

    ``above`` is what is inherited, where that is shown; nobody answers a ``fixed`` one here.
    """

    question: Question
    standing: Standing
    lines: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    above: Above | None = None
    fixed: bool = False


@dataclass(frozen=True)
class AnsweredPage:
    """A page with its questions."""

    step: Step
    answers: tuple[Answered, ...]


@dataclass(frozen=True)
class SkippedPage:
    """A page that does not apply, and why."""

    step: Step
    reason: str


@dataclass(frozen=True)
class Waiting:
    """A question that has no whole answer yet, and the titles of the clauses that wait for it.

    ``is_retired`` says that the answer names an option that is no longer offered.
    """

    question: Question
    is_open: bool
    is_retired: bool
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Lost:
    """A stored answer to a question that the library no longer asks."""

    name: str
    answer: str


@dataclass(frozen=True)
class Preview:
    """The policy as markup; or, where there is none, the reasons."""

    markup: str = ""
    missing: tuple[Question, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Review:
    """All that the review page shows."""

    pages: tuple[AnsweredPage, ...]
    skipped: tuple[SkippedPage, ...]
    waiting: tuple[Waiting, ...]
    nothing_to_print: tuple[tuple[str, str], ...]
    lost: tuple[Lost, ...]
    preview: Preview


def review_of(
    interview: Interview, library: Library, *, on: date, inherited: Inherited | None = None
) -> Review:
    """Look at an interview as a whole.

    ``library`` is the interview's own, with the practice's wording in it; ``inherited`` tells of
    what the draft of a level inherits.
    """
    selection = select(library, interview.answers)
    return Review(
        pages=tuple(_pages(interview, inherited or Inherited())),
        skipped=tuple(_skipped(interview)),
        waiting=tuple(_waiting(interview, selection)),
        nothing_to_print=tuple(_nothing_to_print(interview, selection)),
        lost=tuple(_lost(interview)),
        preview=_preview(library, interview.answers, on),
    )


def _pages(interview: Interview, inherited: Inherited) -> Iterator[AnsweredPage]:
    answers = interview.answers
    points = contact_points(answers.given)
    for step in interview.shown:
        rows = []
        for question in interview.pages[step.name]:
            given = answers.given.get(question.id)
            rows.append(
                Answered(
                    question=question,
                    standing=answers.standing(question),
                    lines=in_words(question, given, points) if given is not None else (),
                    warnings=interview.unreadable.get(question.id, ()),
                    above=inherited.beside.get(question.id),
                    fixed=question.id in inherited.fixed,
                )
            )
        yield AnsweredPage(step, tuple(rows))


def _skipped(interview: Interview) -> Iterator[SkippedPage]:
    for step in STEPS:
        questions = [q for q in interview.library.vocabulary.questions if q.page == step.name]
        if questions and step.name not in interview.pages:
            yield SkippedPage(step, _why_skipped(interview, questions))


def _why_skipped(interview: Interview, questions: list[Question]) -> str:
    """Say what decided that none of a page's questions is asked."""
    answers, library = interview.answers.in_force, interview.library
    for outcome in (None, False):
        conditions = [q.when for q in questions if q.when.holds(answers) is outcome]
        deciding = dict.fromkeys(a for when in conditions for a in when.deciding(outcome, answers))
        waiting = dict.fromkeys(a for atom in deciding for a in still_open(atom, answers))
        if waiting and outcome is None:
            return reason_in_words(Reason(Why.WAITS, tuple(waiting)), library, answers)
        if deciding and outcome is None:
            return "Skipped because pages before it do not apply."
        if deciding:
            return f"Skipped because {atoms_in_words(deciding, library.vocabulary, answers)}."
    return ""


def _waiting(interview: Interview, selection: Selection) -> Iterator[Waiting]:
    clauses: dict[str, dict[str, None]] = {}
    for choice in selection.waiting():
        for atom in choice.reason.atoms:
            clauses.setdefault(question_of(atom), {})[choice.clause.title] = None
    for questions in interview.pages.values():
        for question in questions:
            standing = interview.answers.standing(question)
            if standing in {Standing.OPEN, Standing.UNKNOWN}:
                yield Waiting(
                    question=question,
                    is_open=standing is Standing.OPEN,
                    is_retired=interview.names_retired(question),
                    clauses=tuple(clauses.get(question.id, ())),
                )


def _nothing_to_print(interview: Interview, selection: Selection) -> Iterator[tuple[str, str]]:
    answers = interview.answers.in_force
    for choice in selection.left_out:
        if choice.reason.why in {Why.NOTHING_TO_PRINT, Why.POINTS_NOWHERE}:
            yield choice.clause.title, reason_in_words(choice.reason, interview.library, answers)


def _lost(interview: Interview) -> Iterator[Lost]:
    known = interview.library.vocabulary.by_id
    for name, raw in interview.stored.items():
        if name not in known:
            yield Lost("" if name == DAMAGED else name, str(raw)[:1000])


def _preview(library: Library, answers: Answers, on: date) -> Preview:
    questions = library.vocabulary.by_id
    try:
        return Preview(markup=body(generate(library, answers, on=on)))
    except Refused as refused:
        return Preview(missing=tuple(questions[problem.where] for problem in refused.problems))
    except RenderingFailed as error:
        return Preview(failure=str(error))
