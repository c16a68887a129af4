"""What was left of a template: brackets, blanks to fill in, marks of unfinished work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.answers import Fact, Raw, raw_of
from policygen.core.conflicts import Severity
from policygen.core.placeholders import DERIVED
from policygen.core.vocabulary import Kind

PLACEHOLDER = "residue-placeholder"

CODES = {PLACEHOLDER: "A place that somebody was to fill in is still there."}

UNFILLED = re.compile(
    r"\{\{|\}\}|\{%|%\}|\[[^\]\n]{1,80}\]|<(?:[A-Z][A-Z _-]+|[A-Za-z]+ [A-Za-z ]+)>"
    r"|_{3,}|\.{5,}|…{2,}|\bX{3,}\b|\bTBD\b|\bTBC\b|\bTODO\b|\bFIXME\b|\?{3,}"
)

SIGNS = re.compile(r"[\[{}<_?…]|\.{5}|XXX|TB[CD]|TODO|FIXME")
"""What must stand in a text before it is looked at closely: most texts have nothing of it."""

NO_NAME = re.compile(
    r"(?:(?:insert|enter|type)\s+)?(?:your|the|my|our|this)?\s*(?:legal\s+|full\s+)?"
    r"(?:practice|company|business|organi[sz]ation|clinic|office|firm|legal|full)(?:['’]s)?\s+"
    r"name(?:\s+here)?|name\s+of\s+(?:(?:the|your|our)\s+)?\w+|lorem\s+ipsum.*|n/?a|unknown",
    re.IGNORECASE,
)
"""What stands in a form before somebody enters a name."""


def _find(subject: Subject) -> Iterator[Finding]:
    yield from _answered(subject)
    known = subject.library.vocabulary.by_id
    for printed in subject.runs:
        filled = printed.run.filled_by.partition(".")[0]
        if filled in known or filled in DERIVED or not SIGNS.search(printed.run.text):
            continue
        for found in UNFILLED.finditer(printed.run.text):
            slug = printed.clause.slug
            yield Finding(
                PLACEHOLDER,
                Severity.BLOCKS,
                f"“{found[0]}” was to be filled in.",
                "Write what belongs there, or take it out.",
                clause=slug,
                sentence=printed.run.text,
                questions=subject.questions_behind(slug),
            )


def _answered(subject: Subject) -> Iterator[Finding]:
    """Look through the answers, printed or not.

    There they only warn, since something may really be called so; but there is no policy without
    the name of whose it is, so there they block.
    """
    for question in subject.library.vocabulary.questions:
        answer = subject.answers.in_force.given.get(question.id)
        for text in _typed(raw_of(answer)) if isinstance(answer, Fact) else ():
            is_name = question.kind is Kind.NAME
            if left := _left_in(text) or (text if is_name and NO_NAME.fullmatch(text) else ""):
                yield Finding(
                    PLACEHOLDER,
                    Severity.BLOCKS if is_name and question.required else Severity.WARNS,
                    f"“{left}”, in the answer to “{question.ask}”, was to be filled in.",
                    "Write what belongs there, or take it out.",
                    sentence=text,
                    questions=(question.id,),
                )


def _left_in(text: str) -> str:
    """Return the first place of a text that was to be filled in, or nothing."""
    found = UNFILLED.search(text) if SIGNS.search(text) else None
    return found[0] if found else ""


def _typed(raw: Raw) -> Iterator[str]:
    """Give every text in the raw form of an answer."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping):
        for value in raw.values():
            yield from _typed(value)
    elif isinstance(raw, Sequence):
        for value in raw:
            yield from _typed(value)


CHECK = Check(CODES, _find)
