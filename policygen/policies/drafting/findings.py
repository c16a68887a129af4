"""What is to be said of a draft before it is published, and what keeps it from being published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from policygen.core.amendments import Amendment, Standing, standing
from policygen.core.analysis.findings import dates
from policygen.core.analysis.findings.finding import Finding
from policygen.core.analysis.findings.registry import review
from policygen.core.conflicts import Severity
from policygen.core.document import Document
from policygen.core.problems import Refused
from policygen.core.vocabulary import Question
from policygen.policies.drafting.drafts import Opened
from policygen.policies.drafting.subjects import subject_of
from policygen.policies.drafting.wording import worded_library
from policygen.policies.stored import read_amendments

DISPLACED = "release-unreadable"
LEFT_OVER = "answer-left-over"
UNREADABLE = "answer-unreadable"
WORDING_UNREADABLE = "wording-unreadable"
UNDECIDED = "wording-undecided"

DRAFT_CODES = {
    DISPLACED: "The release that a draft was answered for can no longer be read.",
    LEFT_OVER: "A stored answer belongs to no question.",
    UNREADABLE: "A stored answer cannot be used.",
    WORDING_UNREADABLE: "The practice’s own wording cannot be read.",
    UNDECIDED: "Two wordings of a clause differ, and somebody has to decide.",
}
"""Codes of what is said of drafts only. All others stand in ``core.analysis.findings.registry``."""


@dataclass(frozen=True)
class Reviewed:
    """What is to be said of a draft on a day, what blocks it first, and the document it is said of.

    If nothing blocks, the document is the one that ``published.publishing.document_in`` makes for
    that day. Otherwise it may lack what it needs.
    """

    findings: tuple[Finding, ...]
    document: Document

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What keeps the draft from being published."""
        return tuple(one for one in self.findings if one.severity is Severity.BLOCKS)


def reviewed(opened: Opened, *, today: date) -> Reviewed:
    """Review a draft as it would be on a day."""
    subject = subject_of(worded_library(opened), opened.reading.answers, on=today)
    found = [*_displaced(opened), *_answers(opened), *_wording(opened)]
    found += map(_for_a_new_version, review(subject))
    order = list(Severity)
    found.sort(key=lambda finding: order.index(finding.severity))
    return Reviewed(tuple(found), subject.document)


def findings_of(opened: Opened, *, today: date | None = None) -> tuple[Finding, ...]:
    """Return what is to be said of a draft, what blocks it first."""
    return reviewed(opened, today=today or opened.today()).findings


def blocking(opened: Opened) -> tuple[Finding, ...]:
    """Return what keeps a draft from being published."""
    return reviewed(opened, today=opened.today()).blocking


def question_of(finding: Finding, opened: Opened) -> Question | None:
    """Return the question of the interview where a finding is mended, if it is mended there."""
    known = opened.library.vocabulary.by_id
    return next((known[name] for name in finding.questions if name in known), None)


def _for_a_new_version(finding: Finding) -> Finding:
    """A day that is over is worth a note in a text that stands; in a new one it is a slip."""
    return replace(finding, severity=Severity.WARNS) if finding.code == dates.PAST else finding


def _displaced(opened: Opened) -> Iterator[Finding]:
    if opened.is_displaced:
        yield Finding(
            DISPLACED,
            Severity.BLOCKS,
            "The release that this draft was answered for can no longer be read.",
            "Open a page of the answers and save it: from then on the draft uses the release in "
            "force.",
        )


def _answers(opened: Opened) -> Iterator[Finding]:
    for problem in opened.reading.problems:
        question = opened.library.vocabulary.by_id.get(problem.where.partition(".")[0])
        if question is None:
            yield Finding(
                LEFT_OVER,
                Severity.NOTE,
                f"{problem.where}: {problem.message}",
                "Nothing is to be done: the policy does not use it.",
            )
        else:
            yield Finding(
                UNREADABLE,
                Severity.BLOCKS,
                f"The answer to “{question.ask}” cannot be used. {problem.message}",
                "Answer the question anew.",
                questions=(question.id,),
            )


def _wording(opened: Opened) -> Iterator[Finding]:
    try:
        found = read_amendments(opened.draft.amendments)
    except Refused:
        yield Finding(
            WORDING_UNREADABLE,
            Severity.BLOCKS,
            "The practice’s own wording in this draft cannot be read.",
            "Write it again.",
        )
        return
    titles = {clause.slug: clause.title for clause in opened.library.clauses}
    for amendment in found:
        said = _undecided(amendment, titles.get(amendment.slug, amendment.slug), opened)
        if said:
            yield Finding(UNDECIDED, Severity.BLOCKS, *said, clause=amendment.slug)


def _undecided(amendment: Amendment, title: str, opened: Opened) -> tuple[str, str] | None:
    """Say what is open about a wording and what to do, or return ``None`` if nothing is."""
    match standing(amendment, opened.library):
        case Standing.DECIDE if amendment.rival is not None:
            both = f"this draft and in version {opened.draft.base}, which it replaces."
            return f"The wording of “{title}” differs in {both}", "Decide which one holds."
        case Standing.DECIDE:
            return f"The library’s text of “{title}” changed.", "Decide which wording holds."
        case Standing.GONE:
            says = f"“{title}” is no longer in the library."
            return says, "Decide about your own wording of it."
        case _:
            return None
