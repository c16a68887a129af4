"""The ledger of a draft: what each law wants, and where the draft states it."""

from __future__ import annotations

from policygen.core.analysis.findings.laws import ledger_of
from policygen.core.analysis.ledger import Ledger
from policygen.policies.drafting.drafts import Opened
from policygen.policies.drafting.subjects import subject_of
from policygen.policies.drafting.wording import worded_library


def ledger_in(opened: Opened) -> Ledger:
    """Return the ledger of what a draft gives today."""
    library, answers = worded_library(opened), opened.reading.answers
    return ledger_of(subject_of(library, answers, on=opened.today()))
