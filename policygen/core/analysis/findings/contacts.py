"""Whether people can reach somebody where the text tells them to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policygen.core.analysis.findings.conflicts import questions_to_look_at
from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import Place, Sentence
from policygen.core.answers import ContactPoint, Fact
from policygen.core.conditions import question_of
from policygen.core.conflicts import Severity
from policygen.core.vocabulary import Kind

MISSING = "contact-missing"
RIGHTS = "contact-for-rights"
NOBODY = "contact-nobody"
SINGLE = "contact-single"
WEB_ONLY = "contact-web-only"

CODES = {
    MISSING: "The text asks people to make contact, and names no way to do so.",
    RIGHTS: "The text gives people rights, and names no way to use them.",
    NOBODY: "The text names nobody whom people can contact.",
    SINGLE: "There is only one way to reach the practice.",
    WEB_ONLY: "The practice can be reached through a web page only.",
}

RIGHTS_QUESTION, CONTACTS_QUESTION = "rights", "contacts"
"""The questions by which a practice gives rights, and says whom to ask."""

REACHING = re.compile(
    r"\b(?:contact|call|reach|write to|write|e-?mail|phone|fax)\s+us\b|\bget in touch\b"
    r"|\bour\s+contact\s+(?:details|information)\b"
    r"|\bcontact\s+(?:details|information)\s+(?:provided|given|listed)\b",
    re.IGNORECASE,
)
PRINTED = {
    "email": re.compile(r"\S+@\S+\.\w+"),
    "phone": re.compile(r"^tel:|(?<![\d/])\+?\d[\d ().\-]{5,}\d"),
}
"""How a way to reach the practice looks in its own wording."""


def _find(subject: Subject) -> Iterator[Finding]:
    ways = ways_in(subject)
    if not ways:
        right = _right(subject)
        yield from _nobody(subject) if right is None else _unusable(right, subject)
    elif ways == {"form"}:
        yield Finding(
            WEB_ONLY,
            Severity.WARNS,
            "People can reach you through a web page only. Many laws want a postal address, an "
            "email address or a phone number.",
            "Add another way to reach you.",
            questions=tuple(reversed(_questions(subject))),
        )
    elif len(ways) == 1:
        yield Finding(
            SINGLE,
            Severity.WARNS,
            "There is only one way to reach you. Not everybody can use it.",
            "Add a second way, such as a phone number beside an address.",
            questions=tuple(reversed(_questions(subject))),
        )


def _right(subject: Subject) -> Sentence | None:
    """Return the first sentence that gives people a right which somebody ticked, if any does."""
    truth = subject.answers.in_force.truth
    giving = {
        slug
        for slug, clause in subject.texts.items()
        for atom in (*clause.decided_by, *clause.filled_by)
        if question_of(atom) == RIGHTS_QUESTION and truth(atom)
    }
    return next(
        (
            one
            for one in subject.sentences
            if one.clause.slug in giving and one.place is not Place.HEADING
        ),
        None,
    )


def _unusable(right: Sentence, subject: Subject) -> Iterator[Finding]:
    """Say that nobody can use a right, unless the answers' own conflict says the same."""
    answers = subject.answers.in_force
    pair = {RIGHTS_QUESTION, CONTACTS_QUESTION}
    told = (
        conflict.severity is Severity.BLOCKS
        and conflict.found_in(answers)
        and pair <= set(questions_to_look_at(conflict, answers))
        for conflict in subject.library.conflicts
    )
    if not any(told):
        yield Finding(
            RIGHTS,
            Severity.BLOCKS,
            "The policy gives people rights, and names no address, phone number or email by "
            "which they can use them.",
            "Say how people can reach you, and choose a contact for their rights.",
            clause=right.clause.slug,
            sentence=right.text,
            questions=(*_questions(subject), RIGHTS_QUESTION),
        )


def _nobody(subject: Subject) -> Iterator[Finding]:
    asking = [one for one in subject.sentences if REACHING.search(one.text)]
    for sentence in asking[:1]:
        yield Finding(
            MISSING,
            Severity.BLOCKS,
            "The policy asks people to contact you, and names no address, phone number or email.",
            "Say how people can reach you.",
            clause=sentence.clause.slug,
            sentence=sentence.text,
            questions=_questions(subject),
        )
    if not asking and subject.selection.included:
        yield Finding(
            NOBODY,
            Severity.WARNS,
            "The policy names nobody whom people can contact with a question.",
            "Say how people can reach you.",
            questions=_questions(subject),
        )


def ways_in(subject: Subject) -> frozenset[str]:
    """Return the channels by which the document says how to reach the practice.

    The practice's website alone is none: only a page that is given as a contact counts.
    """
    ways: set[str] = set()
    for printed in subject.runs:
        run = printed.run
        if run.filled_by.startswith("contacts."):
            ways |= {p.channel for p in _points(subject) if p.lines[0] in run.text}
        elif run.filled_by.startswith("locations"):
            ways.add("post")
        elif printed.clause.amended:
            ways |= {way for way, form in PRINTED.items() if form.search(run.href or run.text)}
    return frozenset(ways)


def _points(subject: Subject) -> tuple[ContactPoint, ...]:
    return tuple(
        point
        for answer in subject.answers.in_force.given.values()
        if isinstance(answer, Fact) and isinstance(answer.value, tuple)
        for point in answer.value
        if isinstance(point, ContactPoint)
    )


def _questions(subject: Subject) -> tuple[str, ...]:
    """Return the questions by which contacts are named: first what each is for."""
    asked = subject.library.vocabulary.questions
    kinds = (Kind.CONTACTS, Kind.CONTACT_POINTS)
    return tuple(one.id for kind in kinds for one in asked if one.kind is kind)


CHECK = Check(CODES, _find)
