"""Answers that are missing, not known yet, or name something that is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.answers import Answer, Standing, Ticked, Unknown, retired_in
from policygen.core.conditions import question_of
from policygen.core.conflicts import Severity
from policygen.core.vocabulary import Question

MISSING = "fact-missing"
OPEN = "question-open"
UNKNOWN = "answer-unknown"
RETIRED = "option-retired"
NOTHING = "nothing-said"

CODES = {
    MISSING: "There is no policy without an answer to this question.",
    OPEN: "A question has no answer.",
    UNKNOWN: "A question is answered “I don’t know yet”, in whole or in part.",
    RETIRED: "An answer names something that is no longer offered.",
    NOTHING: "The answers bring no sentence into the policy.",
}

NAMED = 3
"""How many waiting clauses are named by their titles; the others are counted."""


def _find(subject: Subject) -> Iterator[Finding]:
    missing = {problem.where for problem in subject.answers.missing()}
    waiting = _waiting(subject)
    for question in subject.library.vocabulary.questions:
        stands = subject.answers.standing(question)
        waits = _in_words(waiting.get(question.id, []))
        if question.id in missing:
            yield Finding(
                MISSING,
                Severity.BLOCKS,
                f"“{question.ask}” has no answer, and there is no policy without it.",
                "Answer the question.",
                questions=(question.id,),
            )
        elif stands is Standing.OPEN:
            yield Finding(
                OPEN,
                Severity.WARNS,
                f"“{question.ask}” has no answer. {waits or 'The policy says nothing of it.'}",
                "Answer the question.",
                questions=(question.id,),
            )
        elif stands is Standing.UNKNOWN:
            yield from _unknown(question, subject.answers.given[question.id], waits)
    if not subject.selection.included:
        yield Finding(
            NOTHING,
            Severity.BLOCKS,
            "The answers bring no sentence into the policy.",
            "Answer some more questions.",
        )


def _waiting(subject: Subject) -> Mapping[str, list[str]]:
    """Return, by question, the titles of the clauses that wait for its answer."""
    waiting: dict[str, list[str]] = {}
    for choice in subject.selection.waiting():
        for question in dict.fromkeys(map(question_of, choice.reason.atoms)):
            waiting.setdefault(question, []).append(choice.clause.title)
    return waiting


def _in_words(titles: list[str]) -> str:
    """Say which clauses wait: “One text waits for it: “Payment”.”, or nothing if none does."""
    if not titles:
        return ""
    named = ", ".join(f"“{title}”" for title in titles[:NAMED])
    more = len(titles) - NAMED
    count = "One text waits" if len(titles) == 1 else f"{len(titles)} texts wait"
    return f"{count} for it: {named}{f' and {more} more' if more > 0 else ''}."


def _unknown(question: Question, answer: Answer, waits: str) -> Iterator[Finding]:
    """Say why an answer counts as unknown: it was given as such, or names a retired option."""
    if retired := retired_in(question, answer):
        labels = ", ".join(one.label for one in question.options if one.id in retired)
        yield Finding(
            RETIRED,
            Severity.WARNS,
            f"The answer to “{question.ask}” names something that is no longer offered ({labels}). "
            "The policy says nothing of it.",
            "Answer the question anew.",
            questions=(question.id,),
        )
    unsure = isinstance(answer, Unknown) or (isinstance(answer, Ticked) and answer.unsure)
    if unsure or not retired:
        yield Finding(
            UNKNOWN,
            Severity.WARNS,
            f"“{question.ask}” is answered “I don’t know yet”, in whole or in part. "
            f"{waits or 'The policy says nothing of it.'}",
            "Find out and answer the question.",
            questions=(question.id,),
        )


CHECK = Check(CODES, _find)
