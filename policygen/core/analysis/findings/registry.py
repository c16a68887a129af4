"""All kinds of findings. A code is never used again for something else."""

from __future__ import annotations

from collections.abc import Mapping

from policygen.core.analysis.findings import (
    answers,
    conflicts,
    contacts,
    contradictions,
    dates,
    laws,
    links,
    lists,
    own_wording,
    parties,
    reading,
    references,
    repetition,
    residue,
    terms,
    words,
)
from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.findings.folding import folded
from policygen.core.conflicts import Severity

CHECKS: tuple[Check, ...] = (
    contradictions.CHECK,
    conflicts.CHECK,
    laws.CHECK,
    contacts.CHECK,
    references.CHECK,
    links.CHECK,
    dates.CHECK,
    residue.CHECK,
    own_wording.CHECK,
    words.CHECK,
    parties.CHECK,
    terms.CHECK,
    lists.CHECK,
    repetition.CHECK,
    reading.CHECK,
    answers.CHECK,
)
"""Every kind, in the order in which findings of one severity are shown.

What is wrong with what the text says comes first, and what it does not say yet last.
"""

RETIRED: Mapping[str, str] = {
    "clause-waits": "A clause is left out until an open question is answered.",
}
"""Codes that nothing gives any more, with what they meant."""

CODES: Mapping[str, str] = {code: says for check in CHECKS for code, says in check.codes.items()}
"""Every code that is given, with what it means."""


def review(subject: Subject) -> tuple[Finding, ...]:
    """Return all findings about a document: what blocks first, then in the order of the checks.

    Those that say the same are folded into one (``folding``).
    """
    order = list(Severity)
    each = (finding for check in CHECKS for finding in check.find(subject))
    found = folded(each, subject)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))
