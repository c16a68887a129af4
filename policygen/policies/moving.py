"""What changes in one policy if its draft moves to a newer release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from policygen.core.analysis.redline import Change, DocumentRedline, redline, redline_documents
from policygen.core.answers import Answers, Standing, Ticked, contact_points, in_words
from policygen.core.assembly import assemble
from policygen.core.document import Document
from policygen.core.library import Library
from policygen.core.problems import Problem
from policygen.core.selection import select
from policygen.core.vocabulary import Option, Question
from policygen.library.store import library_of
from policygen.policies.drafts import Opened, Reading, read_answers
from policygen.policies.stored import retired_in


@dataclass(frozen=True)
class Offer:
    """A question with options that it did not have before."""

    question: Question
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Unfit:
    """An answer that counts no longer, as it was given, and why; it stays stored all the same."""

    question: Question
    lines: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """All that changes: in the policy, in what is asked, and in what answers are worth.

    ``redline`` has what prints differently. ``questions`` are open after the move and were not
    before; ``reworded`` are the questions and ticked options that say something else than when they
    were answered.
    """

    redline: DocumentRedline
    questions: tuple[Question, ...]
    offers: tuple[Offer, ...]
    unfit: tuple[Unfit, ...]
    reworded: tuple[tuple[Change, ...], ...]


@dataclass(frozen=True)
class Side:
    """A library, and what a draft holds for it."""

    library: Library
    reading: Reading

    @property
    def answers(self) -> Answers:
        """The answers that can be read."""
        return self.reading.answers

    def open_questions(self) -> Iterator[Question]:
        """Give the questions that wait for an answer."""
        for question in self.library.vocabulary.questions:
            if self.answers.standing(question) is Standing.OPEN:
                yield question

    def document(self, on: date) -> Document:
        """Return the policy as it stands, even if a fact is missing that it needs."""
        return assemble(select(self.library, self.answers), self.answers, on=on)


def move_of(opened: Opened, *, on: date) -> Move:
    """Compare what a draft is with its own release and would be with the one in force."""
    stored, newest = opened.draft.answers, library_of(opened.in_force)
    before = Side(opened.library, read_answers(opened.library.digest, stored))
    after = Side(newest, read_answers(newest.digest, stored))
    unfit = tuple(_unfit(before, after))
    return Move(
        redline=redline_documents(before.document(on), after.document(on)).changed_only(),
        questions=tuple(_newly_open(before, after, {one.question.id for one in unfit})),
        offers=tuple(_offers(before, after)),
        unfit=unfit,
        reworded=tuple(_reworded(before, after)),
    )


def _newly_open(before: Side, after: Side, unfit: set[str]) -> Iterator[Question]:
    was_open = {question.id for question in before.open_questions()}
    for question in after.open_questions():
        if question.id not in was_open | unfit:
            yield question


def _offers(before: Side, after: Side) -> Iterator[Offer]:
    for was, question in _in_both(before, after):
        known = {option.id for option in was.offered}
        fresh = tuple(option for option in question.offered if option.id not in known)
        if fresh and after.answers.standing(question) is not Standing.SKIPPED:
            yield Offer(question, fresh)


def _unfit(before: Side, after: Side) -> Iterator[Unfit]:
    """Give the answers that could be read before, and cannot be or say less afterwards."""
    given = before.answers.given
    points = contact_points(given)
    for was in before.library.vocabulary.questions:
        if was.id in given and (reasons := tuple(_why_unfit(was, before, after))):
            yield Unfit(was, in_words(was, given[was.id], points), reasons)


def _why_unfit(was: Question, before: Side, after: Side) -> Iterator[str]:
    question = after.library.vocabulary.by_id.get(was.id)
    if question is None:
        yield "This is no longer asked."
        return
    yield from (p.message for p in after.reading.problems if _question_of(p) == was.id)
    answer = after.answers.given.get(was.id)
    retired = retired_in(question, answer) if answer else frozenset()
    for option in question.options:
        if option.id in retired - was.retired:
            yield f"“{option.label}” is no longer offered, and the policy says nothing of it."


def _question_of(problem: Problem) -> str:
    return problem.where.partition(".")[0]


def _reworded(before: Side, after: Side) -> Iterator[tuple[Change, ...]]:
    for was, question in _in_both(before, after):
        answer = before.answers.in_force.given.get(was.id)
        if answer is None:
            continue
        texts = [(_text(was.ask, was.help), _text(question.ask, question.help))]
        for name in answer.options if isinstance(answer, Ticked) else ():
            old, new = was.by_id[name], question.by_id.get(name)
            if new is not None and not new.retired:
                texts.append((_text(old.label, old.help), _text(new.label, new.help)))
        yield from (redline(old, new) for old, new in texts if old != new)


def _text(*parts: str) -> str:
    return " – ".join(part for part in parts if part)


def _in_both(before: Side, after: Side) -> Iterator[tuple[Question, Question]]:
    known = before.library.vocabulary.by_id
    for question in after.library.vocabulary.questions:
        if question.id in known:
            yield known[question.id], question
