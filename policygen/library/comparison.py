"""One set of answers with two libraries: does its document change, how, and what fits no longer.

No rows and no clock: ``tryout.py`` fetches the sets and keeps what is found here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from policygen.core import amendments as wording
from policygen.core.amendments import Amendment, laid_over
from policygen.core.analysis.impact import differs
from policygen.core.analysis.redline import (
    Change,
    ClauseRedline,
    DocumentRedline,
    Mark,
    SectionRedline,
    redline_documents,
)
from policygen.core.answers import Answers, Raw, Standing, sift_answers
from policygen.core.assembly import assemble
from policygen.core.library import Library, canonical_json
from policygen.core.problems import Problem
from policygen.core.selection import Selection, select
from policygen.library.models import Outcome
from policygen.library.sources import AnswerSet

RETIRED = (
    "This answer names an option that is retired now, so it counts as not known until the "
    "question is answered again."
)


@dataclass(frozen=True)
class Reading:
    """A set of answers read with one library, and what that selects."""

    answers: Answers
    problems: tuple[Problem, ...]
    selection: Selection

    @property
    def slugs(self) -> Iterator[str]:
        """The clauses that are selected."""
        return (choice.clause.slug for choice in self.selection.included)


@dataclass(frozen=True)
class Compared:
    """What became of one set. ``redline`` has changed clauses only, and only if it changed.

    ``before`` and ``after`` are the slugs of the clauses that were selected.
    """

    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    redline: DocumentRedline | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def compared(answer_set: AnswerSet, before: Library, after: Library, *, on: date) -> Compared:
    """Make both documents of a set of answers, for the same day, and compare what they print.

    A practice's own wording stands in both: nothing takes it away but the practice.
    """
    own = answer_set.amendments
    old = read(laid_over(before, own), answer_set.raw)
    new = read(laid_over(after, own), answer_set.raw)
    if answer_set.raw and not old.answers.given and not new.answers.given:
        return Compared(Outcome.UNREADABLE)
    document = assemble(old.selection, old.answers, on=on)
    other = assemble(new.selection, new.answers, on=on)
    changed = differs(document, other)
    return Compared(
        outcome=Outcome.CHANGED if changed else Outcome.SAME,
        problems=(*no_longer_fitting(old, new), *_to_decide(own, before, after)),
        redline=redline_documents(document, other).changed_only() if changed else None,
        before=tuple(old.slugs),
        after=tuple(new.slugs),
    )


def read(library: Library, raw: Mapping[str, Raw]) -> Reading:
    """Read what can be read of raw answers, and select by it."""
    answers, problems = sift_answers(library.vocabulary, raw)
    return Reading(answers, (*problems, *answers.missing()), select(library, answers))


def no_longer_fitting(before: Reading, after: Reading) -> Iterator[Problem]:
    """Give what is wrong with answers now and was not before.

    Places are compared and not messages, which also name what there is to choose from.
    """
    known = {problem.where for problem in before.problems}
    for problem in after.problems:
        if problem.where not in known:
            yield problem
    for question in after.answers.vocabulary.questions:
        old = before.answers.vocabulary.by_id.get(question.id)
        if old is None or question.retired <= old.retired:
            continue
        answered = before.answers.standing(old) is Standing.ANSWERED
        if answered and after.answers.standing(question) is Standing.UNKNOWN:
            yield Problem(question.id, RETIRED)


def _to_decide(own: Iterable[Amendment], before: Library, after: Library) -> Iterator[Problem]:
    """Give the wordings of a practice that its people would have to decide upon."""
    titles = {clause.slug: clause.title for clause in before.clauses}
    undecided = (wording.Standing.DECIDE, wording.Standing.GONE)
    for amendment in own:
        if wording.standing(amendment, before) in undecided:
            continue
        if wording.standing(amendment, after) in undecided:
            title = titles.get(amendment.slug, amendment.slug)
            message = f"The practice has its own wording of “{title}”, and would have to decide."
            yield Problem(amendment.slug, message)


def fingerprint(answer_set: AnswerSet) -> str:
    """Return what tells whether answers, their release and wording are still the same.

    The order of the answers counts, too.
    """
    text = json.dumps(answer_set.raw, separators=(",", ":"))  # ASCII: no surrogate can stop it
    text += answer_set.release
    if answer_set.amendments:
        text += canonical_json(wording.amendments_to_json(answer_set.amendments))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# ------------------------------------------------------------------ redlines as text

Plain = list[Any]
"""Lists of texts, numbers and lists."""


def redline_to_json(redline: DocumentRedline) -> str:
    """Return a redline as text to store; ``redline_from_json`` reads it."""
    plain = [
        _changes(redline.title),
        _changes(redline.practice),
        [
            [section.id, _changes(section.title), [_clause(clause) for clause in section.clauses]]
            for section in redline.sections
        ],
    ]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def redline_from_json(text: str) -> DocumentRedline:
    """Return the redline that was stored."""
    title, practice, sections = json.loads(text)
    return DocumentRedline(
        title=_read_changes(title),
        practice=_read_changes(practice),
        sections=tuple(
            SectionRedline(name, _read_changes(heading), tuple(map(_read_clause, clauses)))
            for name, heading, clauses in sections
        ),
    )


def _clause(clause: ClauseRedline) -> Plain:
    lines = [_changes(line) for line in clause.lines]
    versions = [clause.version_before, clause.version_after]
    return [clause.slug, clause.title, *versions, lines, clause.restyled]


def _read_clause(plain: Plain) -> ClauseRedline:
    slug, title, before, after, lines, restyled = plain
    return ClauseRedline(slug, title, before, after, tuple(map(_read_changes, lines)), restyled)


def _changes(changes: Iterable[Change]) -> Plain:
    return [[change.mark.value[0], change.text] for change in changes]


MARKS = {mark.value[0]: mark for mark in Mark}
"""Marks by their first letter, as they are stored."""


def _read_changes(plain: Plain) -> tuple[Change, ...]:
    return tuple(Change(MARKS[mark], text) for mark, text in plain)
