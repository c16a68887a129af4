"""Findings as pages show them: each with the page that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from policygen.core.analysis.findings import answers
from policygen.core.analysis.findings.finding import Finding
from policygen.core.conflicts import Severity
from policygen.policies.drafting.drafts import Opened
from policygen.policies.drafting.findings import (
    DISPLACED,
    DRAFT_CODES,
    UNDECIDED,
    WORDING_UNREADABLE,
    findings_of,
    question_of,
)
from policygen.policies.pages import answering

DECIDED = {UNDECIDED, WORDING_UNREADABLE}
"""Findings about which wording holds, which is decided where the draft is read."""

UNANSWERED = {answers.MISSING, answers.OPEN, answers.UNKNOWN, answers.RETIRED}
"""Findings that an answer settles; others are about answers that are there."""


@dataclass(frozen=True)
class Shown:
    """A finding with the address of the page that mends it, if there is one."""

    finding: Finding
    address: str
    link: str


FIRST = 8
"""How many warnings a page shows before it folds the others."""


@dataclass(frozen=True)
class Sheet:
    """The findings on a draft by severity."""

    blocking: tuple[Shown, ...]
    warnings: tuple[Shown, ...]
    notes: tuple[Shown, ...]

    @property
    def first_warnings(self) -> tuple[Shown, ...]:
        """Those warnings that are shown at once."""
        return self.warnings[:FIRST]

    @property
    def more_warnings(self) -> tuple[Shown, ...]:
        """Those that are folded."""
        return self.warnings[FIRST:]


def sheet_of(opened: Opened, *, unanswered: bool = True) -> Sheet:
    """Return the findings on a draft; without those that tell of a missing answer, if asked to."""
    found = (one for one in findings_of(opened) if unanswered or one.code not in UNANSWERED)
    shown = [shown_with(finding, opened) for finding in found]
    return Sheet(
        blocking=_of(Severity.BLOCKS, shown),
        warnings=_of(Severity.WARNS, shown),
        notes=_of(Severity.NOTE, shown),
    )


def _of(severity: Severity, shown: Sequence[Shown]) -> tuple[Shown, ...]:
    return tuple(one for one in shown if one.finding.severity is severity)


def shown_with(finding: Finding, opened: Opened) -> Shown:
    """Return a finding with the page that mends it."""
    draft = opened.draft.pk
    if finding.code in DECIDED:
        address = reverse("reading", args=[draft])
        fragment = f"#clause-{finding.clause}" if finding.clause else ""
        return Shown(finding, f"{address}{fragment}", "Decide")
    if finding.code == DISPLACED:
        return Shown(finding, reverse("review", args=[draft]), "See the draft")
    if _is_worded(finding, opened):
        address = reverse("wording", args=[draft, finding.clause])
        return Shown(finding, address, "Change the wording")
    if question := question_of(finding, opened):
        link = "Answer it" if _is_open(finding) else "See the answer"
        return Shown(finding, answering(draft, question), link)
    if finding.clause:
        return Shown(finding, f"{reverse('why', args=[draft])}#clause-{finding.clause}", "See why")
    return Shown(finding, reverse("review", args=[draft]), "See your answers")


def _is_open(finding: Finding) -> bool:
    return finding.code in UNANSWERED or finding.code in DRAFT_CODES


def _is_worded(finding: Finding, opened: Opened) -> bool:
    """Tell whether a finding is about words that the practice wrote itself, in a policy's draft."""
    own = {one.slug for one in opened.amendments}
    return opened.draft.policy_id is not None and bool(finding.clause) and finding.clause in own
