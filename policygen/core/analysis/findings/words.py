"""What the lists of words find: dead laws, claims to prove, vague and legal words, and the like."""

from __future__ import annotations

from collections.abc import Iterator

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.watch import Hit, Kind, Watch

CODES_OF = {
    Kind.DEAD_LAW: "words-dead-law",
    Kind.FOREIGN_LAW: "words-foreign-law",
    Kind.EVIDENCE: "words-evidence",
    Kind.VAGUE: "words-vague",
    Kind.LEGALESE: "words-legalese",
    Kind.CONSENT: "words-consent",
    Kind.LIABILITY: "words-liability",
    Kind.BACKWARD: "words-backward",
    Kind.RESIDUE: "words-residue",
}
"""The kinds of which every phrase that is found is a finding."""

CODES = {
    "words-dead-law": "The text names a law or framework that is not in force.",
    "words-foreign-law": "The text names a law that does not apply by the answers.",
    "words-evidence": "The text claims something that somebody may ask to have proved.",
    "words-vague": "The text leaves open what is done.",
    "words-legalese": "A word is hard to read and has a plain alternative.",
    "words-consent": "The practice’s own wording takes mere use for consent.",
    "words-liability": "The practice’s own wording excludes responsibility.",
    "words-backward": "The practice’s own wording lets changes apply at once or reach back.",
    "words-residue": "Words were left of a template or of somebody else’s policy.",
}


def _find(subject: Subject) -> Iterator[Finding]:
    own_names = _facts(subject)
    found: dict[tuple[str, str], list[Hit]] = {}
    for hit in subject.hits:
        if hit.watch.kind in CODES_OF and not _is_own_name(hit, own_names):
            found.setdefault((hit.watch.id, hit.phrase), []).append(hit)
    for hits in found.values():
        yield _finding(hits, subject)


def _facts(subject: Subject) -> str:
    """Return what the practice calls itself, to tell its own name from somebody else’s."""
    raw = subject.answers.to_raw()
    return " ".join(str(raw.get(name, "")) for name in ("practice_name", "short_name")).lower()


def _is_own_name(hit: Hit, own_names: str) -> bool:
    return hit.watch.kind is Kind.RESIDUE and hit.text.lower() in own_names


def _finding(hits: list[Hit], subject: Subject) -> Finding:
    watch, sentence = hits[0].watch, hits[0].sentence
    more = f" It stands in {len(hits)} sentences." if len(hits) > 1 else ""
    return Finding(
        CODES_OF[watch.kind],
        watch.severity,
        f"“{hits[0].text}”: {watch.says or 'this is hard to read.'}{more}",
        _mend(watch),
        clause=sentence.clause.slug,
        sentence=sentence.text,
        questions=subject.questions_behind(sentence.clause.slug),
        citations=watch.citations,
        rule=watch.id,
    )


def _mend(watch: Watch) -> str:
    plain = f"Write “{watch.plain}”." if watch.plain else ""
    return " ".join(part for part in (watch.mend, plain) if part)


CHECK = Check(CODES, _find)
