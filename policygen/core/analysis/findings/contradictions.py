"""Clauses of the document that claim opposite things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.claims import (
    DENIED,
    ENTAILED,
    Claim,
    Clash,
    Sign,
    contradicts,
    leaves,
    taken_out,
)
from policygen.core.clauses import Clause
from policygen.core.conditions import question_of
from policygen.core.conflicts import Severity
from policygen.core.plain_text import text_of

CLASH = "claims-clash"

CODES = {CLASH: "Two clauses of the text contradict each other."}


def _find(subject: Subject) -> Iterator[Finding]:
    printed = [clause for clause in subject.clauses.values() if clause.slug in subject.texts]
    denials = [
        (clause, claim) for clause in printed for claim in clause.statements if _denies(claim)
    ]
    by_verb: dict[str, list[tuple[Clause, Claim]]] = {}
    for clause in printed:
        for claim in clause.statements:
            if claim.sign is Sign.ASSERTS:
                for verb in {claim.verb, ENTAILED.get(claim.verb, claim.verb)}:
                    by_verb.setdefault(verb, []).append((clause, claim))
    taken = _taken_out(printed, subject)
    found: set[tuple[str, str]] = set()
    for denying, denial in denials:
        for verb in DENIED.get(denial.verb, (denial.verb,)):
            for saying, claim in by_verb.get(verb, ()):
                pair = (saying.slug, denying.slug)
                clash = contradicts(claim, denial, subject.library.vocabulary)
                if clash is None or pair in found:
                    continue
                if clash.holds(_ticked(clash, subject) - taken[pair[0]] - taken[pair[1]]):
                    found.add(pair)
                    yield _finding(saying, denying, clash, subject)


def _denies(claim: Claim) -> bool:
    return claim.sign is not Sign.ASSERTS or claim.verb in DENIED


def _taken_out(printed: list[Clause], subject: Subject) -> Mapping[str, frozenset[str]]:
    """Return, by clause, what it is not about because another clause of the document says so."""
    taken: dict[str, frozenset[str]] = {clause.slug: frozenset() for clause in printed}
    for clause in printed:
        for exemption in clause.exemptions:
            out = taken_out(exemption.atoms, subject.library.vocabulary)
            taken[exemption.slug] = taken.get(exemption.slug, frozenset()) | out
    return taken


def _ticked(clash: Clash, subject: Subject) -> frozenset[str]:
    named = (leaf for some in clash.ticks for leaf in some)
    truth = subject.answers.in_force.truth
    return frozenset(leaf for leaf in named if truth(leaf))


def _finding(saying: Clause, denying: Clause, clash: Clash, subject: Subject) -> Finding:
    ticked = _ticked(clash, subject)
    atoms = [*clash.says.atoms, *clash.denies.atoms]
    order = [a for a in atoms if leaves(a, subject.library.vocabulary) & ticked]
    behind = [question_of(atom) for atom in order]
    behind += subject.questions_behind(saying.slug) + subject.questions_behind(denying.slug)
    said, denied = (text_of(subject.texts[one.slug]) for one in (saying, denying))
    return Finding(
        CLASH,
        Severity.BLOCKS,
        f"Two sentences contradict each other: “{_short(said)}” and “{_short(denied)}”",
        "Find out which of the two is true, and change the answer behind the other one.",
        clause=denying.slug,
        sentence=denied,
        questions=tuple(dict.fromkeys(behind)),
    )


def _short(text: str, limit: int = 160) -> str:
    """Return a text as it is quoted: whole, or as many words as fit."""
    return text if len(text) <= limit else f"{text[:limit].rpartition(' ')[0]} …"


CHECK = Check(CODES, _find)
