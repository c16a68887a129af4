"""Clauses of the document that claim opposite things."""

from __future__ import annotations

from collections.abc import Iterator

from policygen.core.analysis.contradictions import Pair, clash_in, exempted, pairs_among
from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.conditions import question_of
from policygen.core.conflicts import Severity
from policygen.core.plain_text import text_of

CLASH = "claims-clash"

CODES = {CLASH: "Two clauses of the text contradict each other."}


def _find(subject: Subject) -> Iterator[Finding]:
    printed = [clause for clause in subject.clauses.values() if clause.slug in subject.texts]
    vocabulary = subject.library.vocabulary
    taken = exempted(printed, vocabulary)
    found: set[frozenset[str]] = set()
    for pair in pairs_among(printed, vocabulary):
        if pair.slugs not in found and clash_in(pair, taken, subject.answers):
            found.add(pair.slugs)
            yield _finding(pair, subject)


def _finding(pair: Pair, subject: Subject) -> Finding:
    truth = subject.answers.in_force.truth
    ticked = {question_of(option) for option in pair.clash.denied if truth(option)}
    named = map(question_of, (*pair.clash.says.atoms, *pair.clash.denies.atoms))
    behind = [question for question in named if question in ticked]
    slugs = (pair.says.slug, pair.denies.slug)
    for slug in slugs:
        behind += subject.questions_behind(slug)
    said, denied = (text_of(subject.texts[slug]) for slug in slugs)
    return Finding(
        CLASH,
        Severity.BLOCKS,
        f"Two sentences contradict each other: “{_short(said)}” and “{_short(denied)}”",
        "Find out which of the two is true, and change the answer behind the other one.",
        clause=pair.denies.slug,
        sentence=denied,
        questions=tuple(dict.fromkeys(behind)),
    )


def _short(text: str, limit: int = 160) -> str:
    """Return a text as it is quoted: whole, or as many words as fit."""
    return text if len(text) <= limit else f"{text[:limit].rpartition(' ')[0]} …"


CHECK = Check(CODES, _find)
