"""What no document may hold, whatever was answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from policygen.core.answers import Answers, Fact
from policygen.core.document import (
    AddressBlock,
    Block,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Run,
)
from policygen.core.placeholders import DERIVED, PRACTICE
from policygen.core.vocabulary import CHOICES

SENTENCE = re.compile(r"(?<=[.!?])\s+")
ARTEFACT = re.compile(r"\{\{|\}\}|\{%|  | [.,;:!?]|,,|\.\.|\(\s|\s\)|\(\)|[,;]\.|:\.|\n|\*|<[a-z/]")


def flaws(document: Document, answers: Answers) -> list[str]:
    """Return everything that is wrong with a document made from these answers."""
    return [*_flaws(document), *_foreign_runs(document, answers)]


def _flaws(document: Document) -> Iterator[str]:
    sections = [section.id for section in document.sections]
    if len(set(sections)) < len(sections):
        yield "a section stands twice"
    for section in document.sections:
        if not section.title.strip():
            yield f"{section.id}: no title"
        if not section.clauses:
            yield f"{section.id}: a heading without text"
    slugs = Counter(clause.slug for clause in document.clauses())
    yield from (f"{slug}: said twice" for slug, count in slugs.items() if count > 1)
    for clause in document.clauses():
        yield from (f"{clause.slug}: {flaw}" for flaw in _flaws_of(clause, sections))
    said = Counter(sentence for clause in document.clauses() for sentence in sentences(clause))
    yield from (f"said {count} times: {text}" for text, count in said.items() if count > 1)


def _flaws_of(clause: ClauseText, sections: Sequence[str]) -> Iterator[str]:
    if not clause.blocks:
        yield "no text"
    for block, after in pairwise([*clause.blocks, None]):
        yield from _flaws_in(block, after)
        for line in lines(block):
            if not text_of(line).strip() or not all(run.text for run in line):
                yield "an empty line"
            if found := ARTEFACT.search(text_of(line)):
                yield f"“{found[0]}” in: {text_of(line)}"
            for run in line:
                if run.href.startswith("#") and run.href.removeprefix("#section-") not in sections:
                    yield f"points to {run.href}, which is not there"


def _flaws_in(block: Block, after: Block | None) -> Iterator[str]:
    match block:
        case Heading() if after is None or isinstance(after, Heading):
            yield "a heading without text"
        case ListBlock(items):
            if not items:
                yield "an empty list"
            if len({text_of(item) for item in items}) < len(items):
                yield "an item stands twice in a list"
        case AddressBlock(entries) if not entries or not all(entry.lines for entry in entries):
            yield "an empty address"
        case Paragraph(runs):
            text = text_of(runs)
            if text.endswith(":") and not isinstance(after, ListBlock | AddressBlock):
                yield f"a colon before nothing: {text}"
            if not re.search(r"[.!?:][”’)]?$", text):
                yield f"a sentence without an end: {text}"
            if text[0].islower() and not _is_typed(runs[0]):
                yield f"a sentence with a small first letter: {text}"


def _is_typed(run: Run) -> bool:
    """Tell whether a run begins as the practice typed it, which may be with a small letter."""
    return run.filled_by in {PRACTICE, "practice_name", "short_name", "certificate_provider"}


def lines(block: Block) -> list[Sequence[Run]]:
    match block:
        case ListBlock(items):
            return list(items)
        case AddressBlock(entries):
            return [line for entry in entries for line in entry.lines]
        case Paragraph(runs) | Heading(runs):
            return [runs]


def text_of(line: Sequence[Run]) -> str:
    return "".join(run.text for run in line)


def text(document: Document) -> str:
    """Return all that is printed, one line each, without titles and labels."""
    blocks = (block for clause in document.clauses() for block in clause.blocks)
    return "\n".join(text_of(line) for block in blocks for line in lines(block))


def sentences(clause: ClauseText) -> list[str]:
    """Return the sentences of a clause's paragraphs. Full stops in answers end none."""
    found: list[str] = []
    for block in clause.blocks:
        if isinstance(block, Paragraph):
            parts = (run.text.replace(".", "") if run.filled_by else run.text for run in block.runs)
            found += SENTENCE.split("".join(parts))
    return found


def _foreign_runs(document: Document, answers: Answers) -> Iterator[str]:
    for clause in document.clauses():
        for block in clause.blocks:
            for line in lines(block):
                for run in line:
                    if run.filled_by and not _is_from_answer(run, answers):
                        yield f"{clause.slug}: {run.text!r} does not come from {run.filled_by}"


def _is_from_answer(run: Run, answers: Answers) -> bool:
    """Tell whether a filled run holds something that was answered, or the phrase of an option."""
    name = run.filled_by.partition(".")[0]
    if run.filled_by in DERIVED and name != PRACTICE:
        return True
    asked = ["short_name", "practice_name"] if name == PRACTICE else [name]
    if name == "contacts":
        asked.append("contact_points")
    said: list[str] = []
    for question in answers.vocabulary.questions:
        if question.id in asked and question.id in answers.given:
            said += [option.phrase for option in question.options]
            answer = answers.given[question.id]
            if question.kind not in CHOICES and isinstance(answer, Fact):
                said += _texts_in(answer.value)
    known = [part.rstrip(".").lower() for part in said]
    joints = {" or ", " and ", ", "}
    return run.text in joints or any(part in run.text.lower() for part in known if part)


def _texts_in(value: object) -> list[str]:
    match value:
        case tuple():
            return [text for part in value for text in _texts_in(part)]
        case str():
            return [value]
        case int():
            return [str(value)]
        case None:
            return []
    if hasattr(value, "year"):
        return [str(getattr(value, "year"))]  # noqa: B009
    slots = getattr(value, "__slots__", ())
    return [text for slot in slots for text in _texts_in(getattr(value, slot))]
