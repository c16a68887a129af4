"""What was left of a template: brackets, blanks to fill in, marks of unfinished work."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.conflicts import Severity

PLACEHOLDER = "residue-placeholder"

CODES = {PLACEHOLDER: "A place that somebody was to fill in is still there."}

UNFILLED = re.compile(
    r"\{\{|\}\}|\{%|%\}|\[[^\]\n]{1,80}\]|<(?:[A-Z][A-Z _-]+|[A-Za-z]+ [A-Za-z ]+)>"
    r"|_{3,}|\.{5,}|…{2,}|\bX{3,}\b|\bTBD\b|\bTBC\b|\bTODO\b|\bFIXME\b|\?{3,}"
)

SIGNS = re.compile(r"[\[{}<_?…]|\.{5}|XXX|TB[CD]|TODO|FIXME")
"""What must stand in a text before it is looked at closely: most texts have nothing of it."""


def _find(subject: Subject) -> Iterator[Finding]:
    """Look for them; in an answer they only warn, since somebody may really be called so."""
    for printed in subject.runs:
        if not SIGNS.search(printed.run.text):
            continue
        for found in UNFILLED.finditer(printed.run.text):
            filled = printed.run.filled_by.partition(".")[0]
            known = filled in subject.library.vocabulary.by_id
            slug = printed.clause.slug
            yield Finding(
                PLACEHOLDER,
                Severity.WARNS if filled else Severity.BLOCKS,
                f"“{found[0]}” was to be filled in.",
                "Write what belongs there, or take it out.",
                clause=slug,
                sentence=printed.run.text,
                questions=(filled,) if known else subject.questions_behind(slug),
            )


CHECK = Check(CODES, _find)
