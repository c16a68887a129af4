"""One party or thing that goes by two names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.watch import Hit, Kind
from policygen.core.answers import Fact
from policygen.core.conflicts import Severity
from policygen.core.placeholders import listing

PARTY = "party-two-names"
MIXED = "names-mixed"

CODES = {
    PARTY: "The practice goes by a name that nobody explained.",
    MIXED: "One thing goes by several names.",
}

SHORT_NAME = "short_name"
NAME_QUESTIONS = ("practice_name", SHORT_NAME)
NAME_PATHS = frozenset({"practice", *NAME_QUESTIONS})
NAME = re.compile(r"[A-Z][\w’'-]*(?: (?:&|of|[A-Z][\w’'-]*))+")
"""Two or more words with capital letters."""


def _find(subject: Subject) -> Iterator[Finding]:
    yield from _unexplained(subject)
    yield from _misspelt(subject)
    yield from _mixed(subject)


def _names(subject: Subject) -> list[str]:
    """Return the names that the answers give the practice, the full one first."""
    given = subject.answers.in_force.given
    facts = (given.get(question) for question in NAME_QUESTIONS)
    return [one.value for one in facts if isinstance(one, Fact) and isinstance(one.value, str)]


def _unexplained(subject: Subject) -> Iterator[Finding]:
    """See that the text says what the short name is short for, if it uses both names.

    A clause that prints the short name as such, or both names, is taken to explain it.
    """
    printed: dict[str, set[str]] = {}
    for one in subject.runs:
        if one.run.filled_by == SHORT_NAME:
            return
        if one.run.filled_by in NAME_PATHS:
            printed.setdefault(one.clause.slug, set()).add(one.run.text)
    names = set().union(*printed.values())
    if len(names) < 2 or any(names <= some for some in printed.values()):
        return
    shown = listing([f"“{name}”" for name in _names(subject) if name in names] or sorted(names))
    yield Finding(
        PARTY,
        Severity.WARNS,
        f"The policy calls you {shown}, and does not say that these are one.",
        "Use one name, or let the policy say that it is short for the other.",
        questions=tuple(reversed(NAME_QUESTIONS)),
    )


def _misspelt(subject: Subject) -> Iterator[Finding]:
    """Look for names in own wording that begin like the practice's and go on otherwise."""
    names = _names(subject)
    if not names:
        return
    known = [re.sub(r"\W+", " ", name).lower().split() for name in names]
    for sentence in subject.own_sentences:
        if not sentence.clause.amended:
            continue
        for found in NAME.finditer(sentence.masked):
            words = re.sub(r"\W+", " ", found[0]).lower().split()
            if _is_nearly(words, known):
                yield Finding(
                    PARTY,
                    Severity.WARNS,
                    f"“{found[0]}” looks like your own name, which is “{names[0]}”.",
                    "Write {{ practice }} in your wording: it prints the name as you entered it.",
                    clause=sentence.clause.slug,
                    sentence=sentence.text,
                    questions=NAME_QUESTIONS,
                )


def _is_nearly(words: list[str], names: list[list[str]]) -> bool:
    """Tell whether words begin like a name and go on otherwise; a part of the name is fine."""
    for start, word in enumerate(words[:-1]):
        rest = words[start:]
        like = [name for name in names if name[0] == word]
        if like:
            return not any(rest[: len(name)] == name[: len(rest)] for name in like)
    return False


def _mixed(subject: Subject) -> Iterator[Finding]:
    used: dict[str, dict[str, Hit]] = {}
    for hit in subject.hits:
        if hit.watch.kind is Kind.NAMES:
            used.setdefault(hit.watch.id, {}).setdefault(hit.phrase, hit)
    for names in used.values():
        if len(names) > 1:
            hits = list(names.values())
            sentence = hits[-1].sentence
            yield Finding(
                MIXED,
                hits[0].watch.severity,
                f"The text says {listing([f'“{hit.text}”' for hit in hits])} for one thing.",
                f"Say “{hits[0].watch.plain or hits[0].text}” everywhere.",
                clause=sentence.clause.slug,
                sentence=sentence.text,
                questions=subject.questions_behind(sentence.clause.slug),
                rule=hits[0].watch.id,
            )


CHECK = Check(CODES, _find)
