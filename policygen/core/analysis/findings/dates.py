"""Dates that are over, out of date, or cannot be: in answers, and in a practice’s own wording."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from datetime import date

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import Sentence
from policygen.core.analysis.written_dates import written_dates
from policygen.core.answers import Fact
from policygen.core.conflicts import Severity
from policygen.core.text import day_in_words
from policygen.core.vocabulary import Kind, Question

PAST = "date-past"
STALE = "date-stale"
FUTURE = "date-future"
FAR = "date-far"
EARLY = "date-too-early"
ORDER = "date-order"
IMPOSSIBLE = "date-impossible"

CODES = {
    PAST: "A day from which something applies is over.",
    STALE: "The text was last updated, or took effect, more than 12 months ago.",
    FUTURE: "The text is said to have been updated on a day that is still to come.",
    FAR: "The text is to take effect only in more than a year.",
    EARLY: "A date lies before there were websites.",
    ORDER: "The text takes effect before the day on which it was last updated.",
    IMPOSSIBLE: "A date is written that no calendar has.",
}

LAST_UPDATED = "last_updated"
"""The question whose date lies in the past, as it should; any other date is one to come."""

EFFECTIVE = "effective_date"
FIRST_WEBSITES = date(1991, 8, 6)

UPDATED = re.compile(
    r"\b(?:updated|revised|amended|reviewed|modified|last (?:update|change|revision|review))"
    r"(?: (?:is|was|on|in|as of))*:?\s*$",
    re.IGNORECASE,
)
APPLIES = re.compile(
    r"\b(?:appl(?:y|ies|ied)|effective(?: date)?|t(?:akes?|ook) effect|in (?:force|effect)|valid)"
    r"(?: (?:is|was|on|in|of|from|since|as))*:?\s*$",
    re.IGNORECASE,
)
"""What stands before a date on which the text was changed, or from which it applies."""

OF_LAW = re.compile(r"\b(?:[Ll]aws?|Acts?|Rules?|[Rr]egulations?|[Ss]tatutes?|GDPR|CCPA|CPRA)\b")
"""A sentence with such a word tells since when a law applies, not this text."""


def _find(subject: Subject) -> Iterator[Finding]:
    dates = _dates(subject)
    for question, day in dates.values():
        yield from _about(question, day, subject.today)
    if LAST_UPDATED in dates and EFFECTIVE in dates:
        updated, effective = dates[LAST_UPDATED][1], dates[EFFECTIVE][1]
        if effective < updated:
            yield Finding(
                ORDER,
                Severity.WARNS,
                f"The policy is said to apply from {day_in_words(effective)}, and to have been "
                f"updated later, on {day_in_words(updated)}. A change should not reach back.",
                "Correct one of the two dates.",
                questions=(EFFECTIVE, LAST_UPDATED),
            )
    yield from _in_wording(subject, frozenset(day for _, day in dates.values()))


def _dates(subject: Subject) -> dict[str, tuple[Question, date]]:
    """Return the dates that were given, by question."""
    given = subject.answers.in_force.given
    found: dict[str, tuple[Question, date]] = {}
    for question in subject.library.vocabulary.questions:
        answer = given.get(question.id)
        value = answer.value if isinstance(answer, Fact) else None
        if question.kind is Kind.DATE and isinstance(value, date):
            found[question.id] = (question, value)
    return found


def _about(question: Question, day: date, today: date) -> Iterator[Finding]:
    said = f"“{question.ask}” is answered {day_in_words(day)}."
    if day < FIRST_WEBSITES:
        yield _finding(EARLY, question, f"{said} There were no websites then.", "Correct the date.")
    elif a_year_after(day) < today:
        yield _finding(
            STALE,
            question,
            f"{said} That is more than 12 months ago, and much may have changed since.",
            "Check the whole policy against what you do today, then enter the new date.",
        )
    elif question.id == LAST_UPDATED:
        if day > today:
            yield _finding(
                FUTURE,
                question,
                f"{said} That day is still to come.",
                "Enter the day of the last change, or today’s date.",
            )
    elif day < today:
        text = f"{said} That day is over: check that it still fits."
        mend = "Enter the day from which this text applies."
        yield _finding(PAST, question, text, mend, Severity.NOTE)
    elif day > a_year_after(today):
        yield _finding(
            FAR,
            question,
            f"{said} That is more than a year from now.",
            "Check the year.",
        )


def _finding(
    code: str, question: Question, says: str, mend: str, severity: Severity = Severity.WARNS
) -> Finding:
    return Finding(code, severity, says, mend, questions=(question.id,))


def _in_wording(subject: Subject, answered: Container[date]) -> Iterator[Finding]:
    """Judge the dates that stand in somebody’s own words; those of answers are judged already."""
    leading = ""
    for sentence in subject.own_sentences:
        if sentence.clause.slug not in subject.typed:
            leading = ""
            continue
        for written in written_dates(sentence.text):
            before = leading + sentence.text[: written.start]
            if written.day is None:
                says, mend = f"No calendar has a “{written.text}”.", "Correct the date."
                yield _of(sentence, IMPOSSIBLE, says, mend, subject)
            elif written.day not in answered:
                yield from _about_written(written.text, written.day, before, sentence, subject)
        leading = f"{sentence.text} " if sentence.text.endswith(":") else ""


def _about_written(
    text: str, day: date, before: str, sentence: Sentence, subject: Subject
) -> Iterator[Finding]:
    """Judge a date by what stands before it; one that is not about the text itself can be any."""
    updated = UPDATED.search(before) is not None
    if not updated and (APPLIES.search(before) is None or OF_LAW.search(sentence.text)):
        return
    said = f"The wording says “{text}” of " + ("its last change." if updated else "its beginning.")
    if day < FIRST_WEBSITES:
        says = f"{said} There were no websites then."
        yield _of(sentence, EARLY, says, "Correct the date.", subject)
    elif a_year_after(day) < subject.today:
        says = f"{said} That is more than 12 months ago, and much may have changed since."
        mend = "Check the whole policy against what you do today, then write the new date."
        yield _of(sentence, STALE, says, mend, subject)
    elif updated and day > subject.today:
        says, mend = f"{said} That day is still to come.", "Write the day of the last change."
        yield _of(sentence, FUTURE, says, mend, subject)
    elif day > a_year_after(subject.today):
        says = f"{said} That is more than a year from now."
        yield _of(sentence, FAR, says, "Check the year.", subject)


def _of(sentence: Sentence, code: str, says: str, mend: str, subject: Subject) -> Finding:
    slug = sentence.clause.slug
    behind = subject.questions_behind(slug)
    return Finding(code, Severity.WARNS, says, mend, slug, sentence.text, behind)


def a_year_after(day: date) -> date:
    """Return the same day a year later; March 1 for February 29."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


CHECK = Check(CODES, _find)
