"""A clause library as one value: what a release freezes and what selection reads."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policygen.core.clauses import Clause, parse_clause
from policygen.core.conditions import QUESTION
from policygen.core.placeholders import paths
from policygen.core.problems import Problem, Refused
from policygen.core.vocabulary import Question, Vocabulary, parse_vocabulary


@dataclass(frozen=True, slots=True)
class SectionTitle:
    """A section of every document made from the library: its id and its heading."""

    id: str
    title: str


@dataclass(frozen=True)
class Library:
    """Sections, vocabulary and clauses that belong together.

    ``clauses`` stand in reading order: by section, then by their order, then by slug.
    """

    title: str
    language: str
    sections: tuple[SectionTitle, ...]
    vocabulary: Vocabulary
    clauses: tuple[Clause, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) of the canonical JSON."""
        return hashlib.sha256(canonical_json(self.to_json()).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the plain form that a release freezes and ``parse_library`` reads."""
        return {
            "title": self.title,
            "language": self.language,
            "sections": [{"id": section.id, "title": section.title} for section in self.sections],
            "questions": [question_to_json(question) for question in self.vocabulary.questions],
            "clauses": [clause.to_json() for clause in self.clauses],
        }


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys and no blanks, the same for the same value everywhere.

    For what libraries, answers and documents hold (texts, whole numbers, true, false, lists and
    mappings with ASCII keys) this is the form of RFC 8785.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def question_to_json(question: Question) -> dict[str, Any]:
    """Return the plain form of a question, which ``parse_vocabulary`` reads."""
    plain: dict[str, Any] = {
        "id": question.id,
        "kind": str(question.kind),
        "page": question.page,
        "ask": question.ask,
        "help": question.help,
        "example": question.example,
        "required": question.required,
        "when": question.when.to_json(),
        "groups": [[group, label] for group, label in question.groups.items()],
        "options": [
            {
                "id": option.id,
                "group": option.group,
                "label": option.label,
                "help": option.help,
                "phrase": option.phrase,
                "informative": option.informative,
            }
            for option in question.options
        ],
        "min": question.minimum,
        "max": question.maximum,
    }
    return plain


def parse_library(raw: Mapping[str, Any]) -> Library:
    """Read a library from its plain form. Raises ``Refused`` with everything that is wrong."""
    sections, problems = _parse_sections(raw.get("sections") or ())
    try:
        vocabulary = parse_vocabulary(raw.get("questions") or ())
    except Refused as refused:
        raise Refused([*problems, *refused.problems]) from None
    known = paths(vocabulary)
    ids = [section.id for section in sections]
    clauses: dict[str, Clause] = {}
    for entry in raw.get("clauses") or ():
        where = f"clauses.{entry.get('slug', '')}"
        try:
            clause = parse_clause(entry, vocabulary, known, ids)
        except Refused as refused:
            problems += [problem.inside(where) for problem in refused.problems]
            continue
        if clause.slug in clauses:
            problems.append(
                Problem(f"{where}.slug", "This slug stands twice. Give each clause its own.")
            )
        clauses[clause.slug] = clause
    if problems:
        raise Refused(problems)
    position = {section: number for number, section in enumerate(ids)}
    ordered = sorted(clauses.values(), key=lambda c: (position[c.section], c.order, c.slug))
    return Library(
        title=str(raw.get("title", "")),
        language=str(raw.get("language", "en")),
        sections=sections,
        vocabulary=vocabulary,
        clauses=tuple(ordered),
    )


def _parse_sections(
    raw: Iterable[Mapping[str, Any]],
) -> tuple[tuple[SectionTitle, ...], list[Problem]]:
    sections: list[SectionTitle] = []
    problems: list[Problem] = []
    for entry in raw:
        identifier, title = str(entry.get("id", "")), str(entry.get("title", "")).strip()
        where = f"sections.{identifier}"
        if not re.fullmatch(QUESTION, identifier):
            problems.append(
                Problem(where, "Write the id in small letters, digits and underscores.")
            )
        if not title:
            problems.append(Problem(where, "The title is missing."))
        if identifier in {section.id for section in sections}:
            problems.append(Problem(where, "This id stands twice. Give each section its own."))
        sections.append(SectionTitle(identifier, title))
    if not sections:
        problems.append(Problem("sections", "There are no sections."))
    return tuple(sections), problems


def library_problems(library: Library) -> Iterator[Problem]:
    """Give what is wrong with a library whose parts are each right."""
    yield from _unused_options(library)
    yield from _twice_said(library)


def _unused_options(library: Library) -> Iterator[Problem]:
    used = _atoms_used(library)
    for question in library.vocabulary.questions:
        for option in question.options:
            grouped = f"{question.id}.{option.group}"
            atoms = {question.id, grouped, f"{question.id}:{option.id}"}
            if not option.informative and not atoms & used:
                where = f"questions.{question.id}.options.{option.id}"
                yield Problem(
                    where, "No clause uses this option. Use it, or mark it “informative: true”."
                )


def _atoms_used(library: Library) -> set[str]:
    used = {atom for clause in library.clauses for atom in clause.when.atoms()}
    used |= {path for clause in library.clauses for path in clause.needs}
    used |= {atom for question in library.vocabulary.questions for atom in question.when.atoms()}
    contacts = {
        path.replace(".", ":").replace("_", "-") for path in used if path.startswith("contacts.")
    }
    return used | contacts | ({"contact_points"} if contacts else set())


def _twice_said(library: Library) -> Iterator[Problem]:
    said: dict[str, str] = {}
    for clause in library.clauses:
        for sentence in _sentences(clause.source):
            other = said.setdefault(sentence, clause.slug)
            if other != clause.slug or sentence in _sentences_before(clause, sentence):
                message = f"The same sentence stands in the clause “{other}”: {sentence[:80]}"
                yield Problem(f"clauses.{clause.slug}.body", message)


def _sentences_before(clause: Clause, sentence: str) -> list[str]:
    found = [other for other in _sentences(clause.source) if other == sentence]
    return found if len(found) > 1 else []


def _sentences(source: str) -> list[str]:
    """Return the sentences of a clause's text, lower-cased and without blanks at the ends."""
    flat = re.sub(r"\s+", " ", re.sub(r"(?m)^\s*(?:[-*]|\d+\.|#+)\s+", ". ", source)).lower()
    parts = re.split(r"(?<=[.!?:])\s+", flat)
    return [part.strip(" .") for part in parts if len(part.split()) > 3]
