"""Defined terms: defined and never used, or used and never defined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import Place, Sentence
from policygen.core.analysis.watch import Hit, Kind
from policygen.core.conflicts import Severity

UNUSED = "term-unused"
UNDEFINED = "term-undefined"

CODES = {
    UNUSED: "The text defines a word that it never uses again.",
    UNDEFINED: "A word with a capital letter looks like a defined term, and nothing defines it.",
}

DEFINITIONS = re.compile(r"\((?P<terms>[^()]*[“\"][^()]*[”\"][^()]*)\)")
"""Words in quotation marks inside brackets, as in “our website (the “Site”)”."""

TERM = re.compile(r"[“\"](?P<term>[^“”\"]+)[”\"]")


def _find(subject: Subject) -> Iterator[Finding]:
    defined = _defined(subject)
    yield from _unused(defined, subject)
    yield from _undefined(frozenset(defined), subject)


def _defined(subject: Subject) -> dict[str, Sentence]:
    """Return the terms that are defined, with the sentence that does it."""
    found: dict[str, Sentence] = {}
    for sentence in subject.own_sentences:
        for bracket in DEFINITIONS.finditer(sentence.text):
            for term in TERM.finditer(bracket["terms"]):
                found.setdefault(term["term"].strip(" ,.;"), sentence)
    return found


def _unused(defined: dict[str, Sentence], subject: Subject) -> Iterator[Finding]:
    for term, where in defined.items():
        once = re.compile(rf"(?<!\w){re.escape(term)}(?!\w)", re.IGNORECASE)
        uses = sum(len(once.findall(sentence.text)) for sentence in subject.sentences)
        if uses - len(TERM.findall(where.text)) < 1 and uses < 2:
            yield _finding(
                UNUSED,
                Severity.NOTE,
                f"“{term}” is defined, and never used after that.",
                "Leave the definition out.",
                where,
                subject,
            )


def _undefined(defined: frozenset[str], subject: Subject) -> Iterator[Finding]:
    titles = tuple(section.title for section in subject.document.sections)
    named: set[str] = set()
    for hit in subject.hits:
        if (
            hit.watch.kind is Kind.TERM
            and hit.text not in named | defined
            and _stands_alone(hit, titles)
        ):
            named.add(hit.text)
            yield _finding(
                UNDEFINED,
                hit.watch.severity,
                f"“{hit.text}” looks like a defined term, and nothing says what it means.",
                f"Write “{hit.watch.plain or hit.text.lower()}”, or say what it means.",
                hit.sentence,
                subject,
                hit.watch.id,
            )


def _stands_alone(hit: Hit, titles: tuple[str, ...]) -> bool:
    """Tell whether the capital letter means something.

    It does inside a sentence, but neither in the title of a section nor in a longer name such as
    “Department of Health and Human Services”.
    """
    if hit.sentence.place is Place.HEADING:
        return False
    text = hit.sentence.unnamed
    for title in titles:
        text = text.replace(title, "")
    alone = rf"\b[a-z’'-]+,? {re.escape(hit.text)}(?!\w)(?! (?:of|and|for) [A-Z]| [A-Z])"
    return re.search(alone, text) is not None


def _finding(
    code: str,
    severity: Severity,
    says: str,
    mend: str,
    sentence: Sentence,
    subject: Subject,
    rule: str = "",
) -> Finding:
    slug = sentence.clause.slug
    behind = subject.questions_behind(slug)
    return Finding(code, severity, says, mend, slug, sentence.text, behind, rule=rule)


CHECK = Check(CODES, _find)
