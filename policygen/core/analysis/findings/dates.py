"""Dates that are over, out of date, or cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from policygen.core.analysis.findings.finding import Check, Finding, Subject
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

CODES = {
    PAST: "A day from which something applies is over.",
    STALE: "The text was last updated, or took effect, more than 12 months ago.",
    FUTURE: "The text is said to have been updated on a day that is still to come.",
    FAR: "The text is to take effect only in more than a year.",
    EARLY: "A date lies before there were websites.",
    ORDER: "The text takes effect before the day on which it was last updated.",
}

LAST_UPDATED = "last_updated"
"""The question whose date lies in the past, as it should; any other date is one to come."""

EFFECTIVE = "effective_date"
FIRST_WEBSITES = date(1991, 8, 6)


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


def a_year_after(day: date) -> date:
    """Return the same day a year later; March 1 for February 29."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


CHECK = Check(CODES, _find)
