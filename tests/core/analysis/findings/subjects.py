"""Subjects to review: small libraries with answers, and documents that have a certain defect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from policygen.core.amendments import amended, amendment_of
from policygen.core.analysis.findings.finding import Finding, Subject
from policygen.core.analysis.findings.registry import review
from policygen.core.analysis.watch import parse_words
from policygen.core.answers import parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import Block, Document, Paragraph, Run
from policygen.core.library import Library
from policygen.core.selection import select
from policygen.instruments.syllables import syllables
from tests.core.small import DAY, DESK, MAILBOX, OFFICE, QUESTIONS, clause, library, question

DATES = [question("last_updated", "date"), question("effective_date", "date")]
CONTACT = {"contact_points": {**DESK, **MAILBOX, **OFFICE}}
POINTS = {"questions": {"points": ["desk", "mailbox", "office"]}}


def small(*clauses: dict[str, Any], **parts: Any) -> Library:
    """Return a library of these clauses, with two more dates among its questions."""
    return library(*clauses, **{"questions": [*QUESTIONS, *DATES], **parts})


def says(text: str, slug: str = "text", **front: Any) -> dict[str, Any]:
    """Return a clause that says a text."""
    return clause(slug, text, **front)


def subject(
    *clauses: dict[str, Any],
    own: dict[str, str] | None = None,
    words: list[dict[str, Any]] | None = None,
    today: date = DAY,
    parts: dict[str, Any] | None = None,
    **raw: Any,
) -> Subject:
    """Return a subject: clauses, ``own`` wording by slug, lists of words, and answers."""
    lib = small(*clauses, **(parts or {}))
    changes = [amendment_of(lib, slug, text) for slug, text in (own or {}).items()]
    lib = amended(lib, [one for one in changes if one])
    answers = {"practice_name": "Maple Street Dental", **raw}
    given = parse_answers(lib.vocabulary, {name: one for name, one in answers.items() if one})
    chosen = select(lib, given)
    printed = assemble(chosen, given, on=today)
    return Subject(lib, given, chosen, printed, today, syllables, parse_words(words or []))


def with_blocks(of: Subject, *blocks: Block) -> Subject:
    """Return a subject whose first clause prints these blocks, whatever a library would allow."""
    section = of.document.sections[0]
    first = replace(section.clauses[0], blocks=blocks)
    changed = replace(section, clauses=(first, *section.clauses[1:]))
    document: Document = replace(of.document, sections=(changed, *of.document.sections[1:]))
    return replace(of, document=document)


def paragraph(text: str, href: str = "", filled_by: str = "") -> Paragraph:
    """Return a paragraph of one run."""
    return Paragraph((Run(text, href=href, filled_by=filled_by),))


def codes(of: Subject) -> list[str]:
    """Return the codes of all findings about a subject."""
    return [finding.code for finding in review(of)]


def found(of: Subject, code: str) -> list[Finding]:
    """Return the findings with a code."""
    return [finding for finding in review(of) if finding.code == code]
