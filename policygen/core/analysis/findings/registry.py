"""All kinds of findings. A code is never used again for something else."""

from __future__ import annotations

from collections.abc import Mapping

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.conflicts import Severity

CHECKS: tuple[Check, ...] = ()

RETIRED: Mapping[str, str] = {}
"""Codes that nothing gives any more, with what they meant."""

CODES: Mapping[str, str] = {code: says for check in CHECKS for code, says in check.codes.items()}
"""Every code that is given, with what it means."""


def review(subject: Subject) -> tuple[Finding, ...]:
    """Return all findings about a document: what blocks first, then in the order of the checks."""
    order = list(Severity)
    found = [finding for check in CHECKS for finding in check.find(subject)]
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))
