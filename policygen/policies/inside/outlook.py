"""What publishing a draft would do, looked at before anybody presses the button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from policygen.core.analysis.change_kind import Proposal
from policygen.core.analysis.redline import DocumentRedline, redline_documents
from policygen.core.problems import Refused
from policygen.policies.drafting.drafts import Opened
from policygen.policies.findings_sheet import Sheet, sheet_of
from policygen.policies.models import DraftState, Policy, PolicyVersion
from policygen.policies.published.publishing import document_in, proposal_for
from policygen.policies.published.versions import Span, Stage, document_of, last_of, spans_of


@dataclass(frozen=True)
class Outlook:
    """What would be published, and what stands in the way.

    ``last`` is the newest version, with which the draft is compared; ``scheduled`` are the versions
    whose day is still to come. ``redline`` and ``proposal`` are ``None`` where there is no policy
    yet or the stored version is damaged.
    """

    last: PolicyVersion | None
    scheduled: tuple[Span, ...]
    findings: Sheet
    redline: DocumentRedline | None
    proposal: Proposal | None
    is_superseded: bool
    lacks_approval: bool

    @property
    def number(self) -> int:
        """The number that the version would get."""
        return self.last.number + 1 if self.last else 1

    @property
    def is_ready(self) -> bool:
        """Whether nothing is in the way."""
        return not (self.findings.blocking or self.is_superseded or self.lacks_approval)


def outlook_of(opened: Opened, policy: Policy, *, on: date) -> Outlook:
    """Look at a draft as it would be published, taking effect on a day."""
    last, today = last_of(policy), opened.today()
    redline, proposal = _compared(opened, policy, last, on)
    return Outlook(
        last=last,
        scheduled=tuple(
            span for span in spans_of(policy).values() if span.stage(today) is Stage.SCHEDULED
        ),
        findings=sheet_of(opened),
        redline=redline,
        proposal=proposal,
        is_superseded=opened.draft.base != (last.number if last else 0),
        lacks_approval=policy.practice.needs_review and opened.draft.state != DraftState.APPROVED,
    )


def _compared(
    opened: Opened, policy: Policy, last: PolicyVersion | None, on: date
) -> tuple[DocumentRedline | None, Proposal | None]:
    try:
        proposal = proposal_for(opened, policy, on=on)
        if last is None:
            return None, proposal
        after = document_in(opened, on=on)
        return redline_documents(document_of(last), after).changed_only(), proposal
    except Refused:
        return None, None
