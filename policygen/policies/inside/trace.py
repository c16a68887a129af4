"""Where each sentence of a version comes from, and the answers that it was made from, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from policygen.core.analysis.redline import Change, redline
from policygen.core.answers import Answers, Standing, sift_answers
from policygen.core.conditions import question_of
from policygen.core.document import ClauseText, Section
from policygen.core.in_words import atoms_in_words
from policygen.core.placeholders import listing
from policygen.core.plain_text import text_of
from policygen.core.problems import Refused
from policygen.library.models import Release
from policygen.library.store import NoRelease, library_of
from policygen.policies.frozen import AskedAnswer, from_frozen, raw_answers
from policygen.policies.models import PolicyVersion
from policygen.policies.published.versions import amendments_of, document_of


@dataclass(frozen=True)
class Traced:
    """A clause as it reads, why it is there, and which answers are printed in it."""

    clause: ClauseText
    text: str
    why: str
    prints: str


@dataclass(frozen=True)
class TracedSection:
    """A section with its clauses."""

    title: str
    clauses: tuple[Traced, ...]


@dataclass(frozen=True)
class AnsweredPage:
    """The questions of one page of the interview, as they were asked and answered."""

    name: str
    answers: tuple[AskedAnswer, ...]


@dataclass(frozen=True)
class OwnWording:
    """A clause that the practice worded itself, against the library's text of that time."""

    slug: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Remark:
    """A comment on the draft that became the version."""

    clause: str
    text: str
    by: str
    settled: bool


@dataclass(frozen=True)
class Reviewed:
    """Who wrote the draft, who approved it, and what was remarked."""

    editors: tuple[str, ...] = ()
    approved_by: str = ""
    comments: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Contents:
    """All that a version holds. ``damaged`` names the parts whose stored text cannot be read."""

    sections: tuple[TracedSection, ...]
    pages: tuple[AnsweredPage, ...]
    skipped: tuple[AskedAnswer, ...]
    wording: tuple[OwnWording, ...]
    review: Reviewed
    damaged: tuple[str, ...]


def contents_of(version: PolicyVersion) -> Contents:
    """Read all that a version holds. It never fails: what is damaged is left out and named."""
    damaged: list[str] = []

    def read(part: str, reader: Any, otherwise: Any) -> Any:
        try:
            return reader(version)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            damaged.append(part)
            return otherwise

    asked = read("answers", _asked, ())
    return Contents(
        sections=read("text", _sections, ()),
        pages=tuple(_pages(asked)),
        skipped=tuple(one for one in asked if one.standing is Standing.SKIPPED),
        wording=read("own wording", _wording, ()),
        review=read("review", _reviewed, Reviewed()),
        damaged=tuple(damaged),
    )


# ------------------------------------------------------------------ answers


def _asked(version: PolicyVersion) -> tuple[AskedAnswer, ...]:
    return from_frozen(version.answers)


def _pages(asked: Iterable[AskedAnswer]) -> Iterator[AnsweredPage]:
    applied = (one for one in asked if one.standing is not Standing.SKIPPED)
    for name, group in groupby(applied, key=lambda one: one.page):
        yield AnsweredPage(name.replace("_", " ").capitalize(), tuple(group))


# ------------------------------------------------------------------ wording and review


def _wording(version: PolicyVersion) -> tuple[OwnWording, ...]:
    return tuple(
        OwnWording(one.slug, redline(one.base_text, one.text)) for one in amendments_of(version)
    )


def _reviewed(version: PolicyVersion) -> Reviewed:
    said = json.loads(version.review)
    return Reviewed(
        editors=tuple(map(str, said["editors"])),
        approved_by=str(said["approved_by"] or ""),
        comments=tuple(
            Remark(str(one["clause"]), str(one["text"]), str(one["by"]), bool(one["settled"]))
            for one in said["comments"]
        ),
    )


# ------------------------------------------------------------------ sentences


def _sections(version: PolicyVersion) -> tuple[TracedSection, ...]:
    document, answers = document_of(version), _answers(version)
    return tuple(_section(section, answers) for section in document.sections)


def _answers(version: PolicyVersion) -> Answers | None:
    """Return the answers, read with the vocabulary of their release, if that can still be read."""
    try:
        vocabulary = library_of(version.release).vocabulary
        return sift_answers(vocabulary, raw_answers(version.answers))[0]
    except (Release.DoesNotExist, NoRelease, Refused):
        return None


def _section(section: Section, answers: Answers | None) -> TracedSection:
    clauses = tuple(
        Traced(
            clause=clause,
            text=text_of(clause),
            why=_why(clause.decided_by, answers),
            prints=_prints(clause.filled_by, answers),
        )
        for clause in section.clauses
    )
    return TracedSection(section.title, clauses)


def _why(atoms: tuple[str, ...], answers: Answers | None) -> str:
    if not atoms:
        return "This stands in every policy."
    if answers is not None:
        try:
            return f"Here because {atoms_in_words(atoms, answers.vocabulary, answers.in_force)}."
        except KeyError:  # its names are not those of the release
            pass
    return f"Here because of {listing(list(atoms))}."


def _prints(atoms: tuple[str, ...], answers: Answers | None) -> str:
    if not atoms:
        return ""
    questions = answers.vocabulary.by_id if answers else {}
    names = dict.fromkeys(question_of(atom) for atom in atoms)
    asked = [f"“{questions[name].ask}”" if name in questions else name for name in names]
    return f"It prints what you answered to {listing(asked)}."
