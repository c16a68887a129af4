"""Answers that are missing, not known yet, or name something that is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.answers import Answer, Standing, Ticked, Unknown, retired_in
from policygen.core.conditions import question_of
from policygen.core.conflicts import Severity
from policygen.core.in_words import counted
from policygen.core.placeholders import listing
from policygen.core.vocabulary import Question

MISSING = "fact-missing"
OPEN = "question-open"
UNKNOWN = "answer-unknown"
RETIRED = "option-retired"
NOTHING = "nothing-said"

CODES = {
    MISSING: "There is no policy without an answer to this question.",
    OPEN: "A question has no answer.",
    UNKNOWN: "A question is answered “I don’t know yet”, alone or beside what is ticked.",
    RETIRED: "An answer names something that is no longer offered.",
    NOTHING: "The answers bring no sentence into the policy.",
}

NAMED = 3
"""How many waiting clauses are named by their titles; the others are counted."""


def _find(subject: Subject) -> Iterator[Finding]:
    missing = {problem.where for problem in subject.answers.missing()}
    waiting = _waiting(subject)
    laws = _laws_waiting(subject)
    for question in subject.library.vocabulary.questions:
        stands = subject.answers.standing(question)
        waits = _in_words(waiting.get(question.id, [])) or _laws_in_words(laws.get(question.id, []))
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


def _laws_waiting(subject: Subject) -> Mapping[str, list[str]]:
    """Return, by question, the names of the laws that wait for its answer."""
    waiting: dict[str, list[str]] = {}
    for account in subject.ledger.accounts:
        asked = (*account.law.questions, *(q for line in account.lines for q in line.waits_for))
        for question in dict.fromkeys(asked):
            waiting.setdefault(question, []).append(account.regime.name)
    return waiting


def _laws_in_words(names: list[str]) -> str:
    """Say which laws wait, where no text does, or nothing if none does."""
    if not names:
        return ""
    listed = listing(counted([f"“{name}”" for name in names], NAMED))
    return f"No text waits for it, but what {listed} {'wants' if len(names) == 1 else 'want'} does."


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
            Severity.WARNS if waits else Severity.NOTE,
            f"{unknown_in_words(question, answer)} {waits or 'No text and no law waits for it.'}",
            "Find out and answer the question.",
            questions=(question.id,),
        )


def unknown_in_words(question: Question, answer: Answer) -> str:
    """Say that a question is answered “I don’t know yet”; of a list, some may be ticked."""
    part = ", besides what is ticked" if isinstance(answer, Ticked) and answer.options else ""
    return f"“{question.ask}” is answered “I don’t know yet”{part}."


CHECK = Check(CODES, _find)
