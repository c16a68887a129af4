"""What is to be said of a draft before it is published, and what keeps it from being published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policygen.core.amendments import Standing, laid_over, standing
from policygen.core.answers import Answer, Answers, Fact, Ticked, Unknown
from policygen.core.answers import Standing as AnswerStanding
from policygen.core.problems import Refused
from policygen.core.selection import Why, select
from policygen.core.text import day_in_words
from policygen.core.vocabulary import Kind, Question
from policygen.policies.drafting.drafts import Opened
from policygen.policies.stored import read_amendments, retired_in


class Severity(StrEnum):
    """How grave a finding is."""

    BLOCKS = "blocks"
    WARNS = "warns"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """Something about a draft that somebody should know.

    ``page`` and ``question`` are where in the interview it is mended, or blank; ``clause`` is the
    slug of the clause that it is about, or blank.
    """

    code: str
    severity: Severity
    message: str
    page: str = ""
    clause: str = ""
    question: str = ""


def findings_of(opened: Opened) -> tuple[Finding, ...]:
    """Return what is to be said of a draft, what blocks it first."""
    order = list(Severity)
    return tuple(sorted(_findings(opened), key=lambda finding: order.index(finding.severity)))


def blocking(opened: Opened) -> tuple[Finding, ...]:
    """Return what keeps a draft from being published."""
    return tuple(one for one in findings_of(opened) if one.severity is Severity.BLOCKS)


def _findings(opened: Opened) -> Iterator[Finding]:
    yield from _displaced(opened)
    yield from _answers(opened)
    yield from _selected(opened)
    yield from _wording(opened)


def _displaced(opened: Opened) -> Iterator[Finding]:
    if opened.is_displaced:
        yield Finding(
            "release-unreadable",
            Severity.BLOCKS,
            "The release that this draft was answered for can no longer be read. Open a page of "
            "the answers and save it: from then on the draft uses the release in force.",
        )


def _answers(opened: Opened) -> Iterator[Finding]:
    vocabulary, reading = opened.library.vocabulary, opened.reading
    for problem in reading.problems:
        question = vocabulary.by_id.get(problem.where.partition(".")[0])
        if question is None:
            yield Finding("answer-left-over", Severity.NOTE, f"{problem.where}: {problem.message}")
        else:
            yield Finding(
                "answer-unreadable",
                Severity.BLOCKS,
                f"The answer to “{question.ask}” cannot be used. {problem.message}",
                question.page,
                question=question.id,
            )
    missing = {problem.where for problem in reading.answers.missing()}
    for question in vocabulary.questions:
        stands = reading.answers.standing(question)
        if question.id in missing:
            text = f"“{question.ask}” has no answer, and there is no policy without it."
            yield Finding(
                "fact-missing", Severity.BLOCKS, text, question.page, question=question.id
            )
        elif stands is AnswerStanding.OPEN:
            text = f"“{question.ask}” has no answer. The policy says nothing of it."
            yield Finding(
                "question-open", Severity.WARNS, text, question.page, question=question.id
            )
        elif stands is AnswerStanding.UNKNOWN:
            yield from _unknown(question, reading.answers.given[question.id])
    yield from _past_days(reading.answers, opened.today())


def _unknown(question: Question, answer: Answer) -> Iterator[Finding]:
    """Say why an answer counts as unknown: it was given as such, or names a retired option."""
    retired = retired_in(question, answer)
    if retired:
        labels = ", ".join(one.label for one in question.options if one.id in retired)
        text = (
            f"The answer to “{question.ask}” names something that is no longer offered ({labels}). "
            "The policy says nothing of it."
        )
        yield Finding("option-retired", Severity.WARNS, text, question.page, question=question.id)
    unsure = isinstance(answer, Unknown) or (isinstance(answer, Ticked) and answer.unsure)
    if unsure or not retired:
        text = f"“{question.ask}” is answered “I don’t know yet”, in whole or in part."
        yield Finding("answer-unknown", Severity.WARNS, text, question.page, question=question.id)


def _past_days(answers: Answers, today: date) -> Iterator[Finding]:
    """Give the dates that are over: an answer that an earlier version was made from may be one."""
    for question in answers.vocabulary.questions:
        answer = answers.in_force.given.get(question.id)
        if question.kind is not Kind.DATE or not isinstance(answer, Fact):
            continue
        if isinstance(answer.value, date) and answer.value < today:
            text = (
                f"“{question.ask}” is answered {day_in_words(answer.value)}. "
                "That day is over: check that it still fits."
            )
            yield Finding("date-past", Severity.WARNS, text, question.page, question=question.id)


def _selected(opened: Opened) -> Iterator[Finding]:
    library = laid_over(opened.library, opened.amendments)
    selection = select(library, opened.reading.answers)
    if not selection.included:
        text = "The answers bring no sentence into the policy. Answer some more questions."
        yield Finding("nothing-said", Severity.BLOCKS, text)
    waiting = [one for one in selection.left_out if one.reason.why is Why.WAITS]
    for choice in waiting:
        text = f"“{choice.clause.title}” is left out until an open question is answered."
        yield Finding("clause-waits", Severity.NOTE, text, clause=choice.clause.slug)


def _wording(opened: Opened) -> Iterator[Finding]:
    try:
        found = read_amendments(opened.draft.amendments)
    except Refused:
        text = "The practice’s own wording in this draft cannot be read. Write it again."
        yield Finding("wording-unreadable", Severity.BLOCKS, text)
        return
    titles = {clause.slug: clause.title for clause in opened.library.clauses}
    for amendment in found:
        stands = standing(amendment, opened.library)
        title = titles.get(amendment.slug, amendment.slug)
        if stands is Standing.DECIDE and amendment.rival is not None:
            both = f"this draft and in version {opened.draft.base}, which it replaces,"
            text = f"The wording of “{title}” differs in {both} Decide which one holds."
        elif stands is Standing.DECIDE:
            text = f"The library’s text of “{title}” changed. Decide which wording holds."
        elif stands is Standing.GONE:
            text = f"“{title}” is no longer in the library. Decide about your own wording of it."
        else:
            continue
        yield Finding("wording-undecided", Severity.BLOCKS, text, clause=amendment.slug)
