"""A document in its plain form, as it is stored with what was published and read again later.

What is stored may have been changed by anybody, so reading takes exactly what writing gives:
for every text that ``document_from_json`` accepts, writing gives the same text again. What stands
at its default (a run that is not bold, a paragraph that does not run in) is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from policygen.core.conditions import ATOM, OPTION, QUESTION
from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Run,
    Section,
    section_href,
)
from policygen.core.library import canonical_json
from policygen.core.links import SAFE_SCHEMES
from policygen.core.problems import Problem, Refused, quoted
from policygen.core.text import TextRefused, refuse_unprintable

FORMAT = 1
"""What ``format`` says; a later form of the plain document says a greater number."""

PROBLEMS_LIMIT = 50
"""How many problems of one document are named."""

VERSION_LIMIT = 10**9
PATH = re.compile(rf"{QUESTION}(?:\.{QUESTION})?")
LINK = re.compile(r"[!-~]+")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Runs = tuple[Run, ...]


# ---------------------------------------------------------------- writing


def document_text(document: Document) -> str:
    """Return the document as canonical JSON: the same text for the same document everywhere."""
    return canonical_json(document_to_json(document))


def document_to_json(document: Document) -> dict[str, Any]:
    """Return the plain form, which ``document_from_json`` reads.

    ``{"format": 1, "title", "practice", "language", "date": "2026-11-22", "release", "sections":
    [{"id", "title", "clauses": [{"slug", "version", "title", "amended", "blocks", "decided_by",
    "filled_by"}]}]}``. A block has a ``kind`` (paragraph, heading, list, address) and ``runs``,
    ``items`` or ``entries``.
    """
    return {
        "format": FORMAT,
        "title": document.title,
        "practice": document.practice,
        "language": document.language,
        "date": document.date.isoformat(),
        "release": document.release,
        "sections": [
            {
                "id": section.id,
                "title": section.title,
                "clauses": [_clause_to_json(clause) for clause in section.clauses],
            }
            for section in document.sections
        ],
    }


def _clause_to_json(clause: ClauseText) -> dict[str, Any]:
    return {
        "slug": clause.slug,
        "version": clause.version,
        "title": clause.title,
        "amended": clause.amended,
        "blocks": [_block_to_json(block) for block in clause.blocks],
        "decided_by": list(clause.decided_by),
        "filled_by": list(clause.filled_by),
    }


def _block_to_json(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(runs, run_in):
            return {"kind": "paragraph", "runs": _runs_to_json(runs), **_set(run_in=run_in)}
        case Heading(runs):
            return {"kind": "heading", "runs": _runs_to_json(runs)}
        case ListBlock(items, ordered):
            return {"kind": "list", "items": [*map(_runs_to_json, items)], **_set(ordered=ordered)}
        case AddressBlock(entries):
            plain = [
                {"label": entry.label, "lines": [_runs_to_json(line) for line in entry.lines]}
                for entry in entries
            ]
            return {"kind": "address", "entries": plain}


def _runs_to_json(runs: Runs) -> list[dict[str, Any]]:
    return [
        {
            "text": run.text,
            **_set(strong=run.strong, em=run.em, href=run.href, filled_by=run.filled_by),
        }
        for run in runs
    ]


def _set(**parts: str | bool) -> dict[str, str | bool]:
    """Return what does not stand at its default."""
    return {key: value for key, value in parts.items() if value}


# ---------------------------------------------------------------- reading


def document_from_json(raw: object) -> Document:
    """Read a document from its plain form.

    Raises ``Refused`` for anything that ``document_to_json`` would not give: other keys, other
    types, addresses that cannot be linked, texts that cannot be printed.
    """
    problems: list[Problem] = []
    document = _document(raw, problems)
    _check_references(document, problems)
    if problems:
        raise Refused(problems[:PROBLEMS_LIMIT])
    return document


def _document(raw: object, problems: list[Problem]) -> Document:
    if isinstance(raw, Mapping) and type(raw.get("format")) is int and raw["format"] != FORMAT:
        raise Refused([Problem("format", f"Only documents of format {FORMAT} can be read here.")])
    keys = ("format", "title", "practice", "language", "date", "release", "sections")
    part = _Part.of(raw, "", keys, problems)
    part.number("format", below=FORMAT + 1)
    return Document(
        title=part.text("title"),
        practice=part.text("practice"),
        language=part.text("language", r"[a-z]{2,3}", "the code of a language, such as en"),
        date=part.day("date"),
        release=part.text("release", r"[0-9a-f]{64}", "64 digits of a SHA-256"),
        sections=tuple(_section(inner, where, problems) for inner, where in part.many("sections")),
    )


def _section(raw: object, where: str, problems: list[Problem]) -> Section:
    part = _Part.of(raw, where, ("id", "title", "clauses"), problems)
    return Section(
        id=part.text("id", QUESTION, "the id of a section"),
        title=part.text("title"),
        clauses=tuple(
            _clause(inner, place, problems) for inner, place in part.many("clauses", least=1)
        ),
    )


def _clause(raw: object, where: str, problems: list[Problem]) -> ClauseText:
    keys = ("slug", "version", "title", "amended", "blocks", "decided_by", "filled_by")
    part = _Part.of(raw, where, keys, problems)
    return ClauseText(
        slug=part.text("slug", OPTION, "the slug of a clause"),
        version=part.number("version", below=VERSION_LIMIT),
        title=part.text("title"),
        blocks=tuple(_block(inner, place, problems) for inner, place in part.many("blocks")),
        decided_by=part.atoms("decided_by"),
        filled_by=part.atoms("filled_by"),
        amended=part.truth("amended"),
    )


def _block(raw: object, where: str, problems: list[Problem]) -> Block:
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    match kind:
        case "heading":
            return Heading(_Part.of(raw, where, ("kind", "runs"), problems).runs())
        case "list":
            part = _Part.of(raw, where, ("kind", "items"), problems, ("ordered",))
            items = tuple(_runs(inner, place, problems) for inner, place in part.many("items"))
            return ListBlock(items, ordered=part.mark("ordered"))
        case "address":
            part = _Part.of(raw, where, ("kind", "entries"), problems)
            return AddressBlock(
                tuple(_entry(inner, place, problems) for inner, place in part.many("entries"))
            )
    part = _Part.of(raw, where, ("kind", "runs"), problems, ("run_in",))
    if kind != "paragraph":
        part.refuse("kind", "This must be paragraph, heading, list or address.")
    return Paragraph(part.runs(), run_in=part.mark("run_in"))


def _entry(raw: object, where: str, problems: list[Problem]) -> AddressEntry:
    part = _Part.of(raw, where, ("label", "lines"), problems)
    lines = tuple(_runs(inner, place, problems) for inner, place in part.many("lines"))
    return AddressEntry(part.text("label"), lines)


def _runs(raw: object, where: str, problems: list[Problem]) -> Runs:
    return tuple(_run(inner, place, problems) for inner, place in _list(raw, where, problems))


def _run(raw: object, where: str, problems: list[Problem]) -> Run:
    part = _Part.of(raw, where, ("text",), problems, ("strong", "em", "href", "filled_by"))
    return Run(
        text=part.text("text"),
        strong=part.mark("strong"),
        em=part.mark("em"),
        href=part.link("href"),
        filled_by=part.option("filled_by", PATH, "what a placeholder names, such as data.health"),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One mapping while it is read. What is wrong in it is noted, and reads as a stand-in."""

    raw: Mapping[object, object]
    where: str
    problems: list[Problem]

    @classmethod
    def of(
        cls,
        raw: object,
        where: str,
        keys: Sequence[str],
        problems: list[Problem],
        optional: Sequence[str] = (),
    ) -> _Part:
        part = cls(raw if isinstance(raw, Mapping) else {}, where, problems)
        if not isinstance(raw, Mapping):
            _refuse(problems, where, "This must be a mapping.")
            return part
        for key in keys:
            if key not in part.raw:
                part.refuse(key, "This is missing.")
        if len(part.raw) > len(keys):
            for found in part.raw:
                if found not in keys and found not in optional:
                    _refuse(problems, where, f"{quoted(found)} does not belong here. Remove it.")
        return part

    def refuse(self, key: str, message: str) -> None:
        _refuse(self.problems, f"{self.where}.{key}" if self.where else key, message)

    def text(self, key: str, form: str = "", right: str = "") -> str:
        value = self.raw.get(key, "")
        if type(value) is not str:
            self.refuse(key, "This must be a text.")
            return ""
        if form and not re.fullmatch(form, value):
            self.refuse(key, f"{quoted(value)} must be {right}.")
            return ""
        try:
            # A tab may stand in the text of a clause; a line feed never reaches a document.
            refuse_unprintable(value.replace("\t", " ").replace("\n", "\0"))
        except TextRefused as refused:
            self.refuse(key, str(refused))
            return ""
        return value

    def option(self, key: str, form: re.Pattern[str], right: str) -> str:
        """Return a text that is left out where it is empty."""
        return self.text(key, form.pattern, right) if key in self.raw else ""

    def link(self, key: str) -> str:
        href = self.option(key, LINK, "an address without blanks")
        if not href or href.startswith("#") or href.lower().startswith(SAFE_SCHEMES):
            return href
        self.refuse(key, f"{quoted(href)} cannot be linked. Use https, http, mailto or tel.")
        return ""

    def number(self, key: str, *, below: int) -> int:
        value = self.raw.get(key, 0)
        if type(value) is not int or not 0 <= value < below:
            self.refuse(key, "This must be a whole number.")
            return 0
        return value

    def truth(self, key: str) -> bool:
        value = self.raw.get(key, False)
        if type(value) is not bool:
            self.refuse(key, "This must be true or false.")
        return value is True

    def mark(self, key: str) -> bool:
        """Return a truth that is left out where it is false."""
        if key in self.raw and self.raw[key] is not True:
            self.refuse(key, "This must be true, or be left out.")
        return self.raw.get(key) is True

    def day(self, key: str) -> date:
        value = self.raw.get(key, "")
        try:
            if type(value) is str and DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        self.refuse(key, "This must be a day, such as 2026-11-22.")
        return date.min

    def many(self, key: str, *, least: int = 0) -> Iterator[tuple[object, str]]:
        """Give the entries of a list, each with its place, which counts from 1."""
        where = f"{self.where}.{key}" if self.where else key
        entries = _list(self.raw.get(key, ()), where, self.problems)
        if len(entries) < least:
            _refuse(self.problems, where, "This must not be empty.")
        return iter(entries)

    def runs(self) -> Runs:
        return _runs(self.raw.get("runs", ()), f"{self.where}.runs", self.problems)

    def atoms(self, key: str) -> tuple[str, ...]:
        entries = [entry for entry, _ in self.many(key)]
        atoms = [atom for atom in entries if isinstance(atom, str) and ATOM.fullmatch(atom)]
        if len(atoms) == len(entries):
            return tuple(atoms)
        self.refuse(key, "This must be a list of answers, such as data:dental-records.")
        return ()


def _list(raw: object, where: str, problems: list[Problem]) -> list[tuple[object, str]]:
    if not isinstance(raw, list | tuple):
        _refuse(problems, where, "This must be a list.")
        return []
    return [(entry, f"{where}.{number}") for number, entry in enumerate(raw, start=1)]


def _refuse(problems: list[Problem], where: str, message: str) -> None:
    if len(problems) < PROBLEMS_LIMIT:
        problems.append(Problem(where, message))


def _check_references(document: Document, problems: list[Problem]) -> None:
    """See that no id stands twice and that links inside the document lead somewhere."""
    sections = Counter(section.id for section in document.sections)
    for name, count in sections.items():
        if count > 1:
            _refuse(problems, "sections", f"The section {quoted(name)} stands twice.")
    targets = {section_href(name) for name in sections}
    slugs: set[str] = set()
    for clause in document.clauses():
        if clause.slug in slugs:
            _refuse(problems, "sections", f"The clause {quoted(clause.slug)} stands twice.")
        slugs.add(clause.slug)
        for run in _runs_of(clause):
            if run.href.startswith("#") and run.href not in targets:
                message = f"{quoted(run.href)} in {quoted(clause.slug)} leads to no section."
                _refuse(problems, "sections", message)


def _runs_of(clause: ClauseText) -> Iterator[Run]:
    for block in clause.blocks:
        match block:
            case ListBlock(items):
                lines: Sequence[Runs] = items
            case AddressBlock(entries):
                lines = [line for entry in entries for line in entry.lines]
            case Paragraph(runs) | Heading(runs):
                lines = [runs]
        for line in lines:
            yield from line
