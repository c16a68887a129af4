"""Lists without a lead-in, lead-ins without a list, and lists of one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.conflicts import Severity
from policygen.core.document import AddressBlock, Block, ClauseText, Heading, ListBlock, Paragraph
from policygen.core.plain_text import joined

ORPHAN = "list-orphan"
LEAD_IN = "list-missing"
SINGLE = "list-single"

CODES = {
    ORPHAN: "A list has no words that lead to it.",
    LEAD_IN: "A sentence announces a list that does not follow.",
    SINGLE: "A list has a single entry.",
}


def _find(subject: Subject) -> Iterator[Finding]:
    for clause in subject.texts.values():
        for before, block in pairwise([None, *clause.blocks, None]):
            if isinstance(block, ListBlock):
                yield from _about_list(before, block, clause, subject)
            if isinstance(before, Paragraph) and not isinstance(block, ListBlock | AddressBlock):
                text = joined(before.runs).rstrip()
                if text.endswith(":"):
                    says = f"No list follows after “{text}”."
                    mend = "Write the list, or end the sentence with a full stop."
                    yield _finding(LEAD_IN, Severity.WARNS, says, mend, text, clause, subject)


def _about_list(
    before: Block | None, block: ListBlock, clause: ClauseText, subject: Subject
) -> Iterator[Finding]:
    first = joined(block.items[0])
    if not isinstance(before, Paragraph | Heading) or (
        isinstance(before, Paragraph) and not joined(before.runs).rstrip().endswith(":")
    ):
        says = f"Nothing says what the list is that begins with “{first}”."
        mend = "Write a sentence before it that ends with a colon."
        yield _finding(ORPHAN, Severity.WARNS, says, mend, first, clause, subject)
    if len(block.items) == 1:
        says = f"“{first}” is a list of one."
        mend = "Nothing is wrong. If there is more to tick, tick it; else a sentence reads better."
        yield _finding(SINGLE, Severity.NOTE, says, mend, first, clause, subject)


def _finding(
    code: str,
    severity: Severity,
    says: str,
    mend: str,
    sentence: str,
    clause: ClauseText,
    subject: Subject,
) -> Finding:
    behind = subject.questions_behind(clause.slug)
    return Finding(code, severity, says, mend, clause.slug, sentence, behind)


CHECK = Check(CODES, _find)
