"""A clause as a reader would see it, while it is being written.

Nothing is stored. The clause is read with the vocabulary as it is being worked on, against a set
of answers, and shown between its neighbours, so that one sees whether it runs in well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from policygen.core.analysis.reachability import witness
from policygen.core.answers import Answers, sift_answers
from policygen.core.assembly import assemble
from policygen.core.clauses import Clause
from policygen.core.conditions import ALWAYS, OPTION, Condition, parse_condition
from policygen.core.document import (
    AddressBlock,
    Heading,
    ListBlock,
    Paragraph,
    Piece,
    Run,
    Section,
)
from policygen.core.in_words import OF_CLAUSES, OF_QUESTIONS, condition_in_words, reason_in_words
from policygen.core.library import Library
from policygen.core.problems import Problem, Refused
from policygen.core.regimes import Element
from policygen.core.selection import Choice, Reason, Selection, Why, select
from policygen.instruments.solver import PysatSolver
from policygen.library import sources
from policygen.library.checks import parse_piece
from policygen.library.desk.forms import ClauseForm, QuestionForm
from policygen.library.desk.lookup import change_address
from policygen.library.desk.pages import for_readers
from policygen.library.desk.site import desk_page
from policygen.library.models import ClauseVersion, Regime
from policygen.library.pieces import Said, said

LEAST = "least"
"""The key of the answers that are just enough for the clause."""

EXAMPLE = "example"
"""The name of the field that chooses the answers."""

UNNAMED = "new-clause"
"""The slug of a clause that has none yet."""


@dataclass(frozen=True)
class Example:
    """Answers that a clause can be tried on."""

    key: str
    title: str


@dataclass(frozen=True)
class Stretch:
    """Text of one clause in a block: running text, or the lines of a list or an address.

    ``own`` says that it belongs to the clause that is being written. ``labels`` stand before the
    lines of an address, and may be empty.
    """

    own: bool
    runs: tuple[Run, ...] = ()
    lines: tuple[tuple[Run, ...], ...] = ()
    labels: tuple[str, ...] = ()

    def labelled(self) -> Iterator[tuple[str, tuple[Run, ...]]]:
        """Give the lines of an address with their labels."""
        return zip(self.labels, self.lines, strict=True)


@dataclass(frozen=True)
class Printed:
    """One block: ``paragraph``, ``heading``, ``bullets``, ``numbers`` or ``address``.

    A paragraph may hold stretches of several clauses, which run into each other.
    """

    kind: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class Satisfied:
    """An element of a law that a clause states: the law, its page, and what must be stated."""

    law: str
    address: str
    element: Element


@dataclass(frozen=True)
class Preview:
    """What the page shows: the condition in words, and the clause in its place or why it is not.

    ``why`` says in words why it is in the policy or left out; ``problems`` why it cannot be read;
    ``satisfied`` which elements of laws it states.
    """

    example: str
    examples: Sequence[Example]
    sentence: str
    section: str = ""
    included: bool = False
    why: str = ""
    blocks: tuple[Printed, ...] = ()
    problems: tuple[str, ...] = ()
    satisfied: tuple[Satisfied, ...] = ()


# ------------------------------------------------------------------ examples


def examples() -> list[Example]:
    """Return the answers to choose from: just enough, and the sets that every release must fit."""
    return [
        Example(LEAST, "Just enough answers for this clause"),
        *(
            Example(f"{source.name}:{answer_set.key}", answer_set.title)
            for source in sources.SOURCES.values()
            if source.blocks
            for answer_set in source.sets(source.keys())
        ),
    ]


def answers_for(example: str, clause: Clause, frame: Library) -> Answers | None:
    """Return the answers of an example, as far as they fit the vocabulary.

    ``None`` if no answers make the clause's condition hold and fill its placeholders.
    """
    if example == LEAST:
        needed = Condition(all=clause.needs)
        return witness(clause.when, needed, vocabulary=frame.vocabulary, new_solver=PysatSolver)
    name, _, key = example.partition(":")
    raw = next((found.raw for found in sources.SOURCES[name].sets([key])), {})
    return sift_answers(frame.vocabulary, raw)[0]


# ------------------------------------------------------------------ the clause and its neighbours


class Surroundings:
    """The clauses around one that is being written, each looked at only when it is asked for."""

    def __init__(self, frame: Library, answers: Answers, clause: Clause, example: str) -> None:
        self._frame = frame
        self._answers = answers
        self._clause = clause
        self._all_there = example == LEAST  # nobody answered what other sections are about
        self._has_text = {clause.section: True}

    def choice(self) -> Choice:
        """Return whether the clause itself is in, and why."""
        return self._choice(self._clause)

    def before(self) -> Choice | None:
        """Return the clause that is printed before it in its section."""
        earlier = [row for row in self._neighbours if _place(row) < self._own_place]
        return next(self._included(reversed(earlier)), None)

    def after(self) -> Choice | None:
        """Return the clause that is printed after it in its section."""
        later = [row for row in self._neighbours if _place(row) > self._own_place]
        return next(self._included(later), None)

    @property
    def _own_place(self) -> tuple[int, str]:
        return self._clause.order, self._clause.slug

    @cached_property
    def _neighbours(self) -> list[ClauseVersion]:
        return self._rows(self._clause.section)

    def _rows(self, section: str) -> list[ClauseVersion]:
        rows = ClauseVersion.objects.filter(
            newest_of__isnull=False, section=section, withdrawn=False
        )
        rows = rows.exclude(clause=self._clause.slug).order_by("order", "clause_id")
        return list(rows)

    def _included(self, rows: Iterable[ClauseVersion]) -> Iterator[Choice]:
        for row in rows:
            try:
                clause = parse_piece(row.name, said(row), self._frame)
            except Refused:
                continue  # an unfinished draft prints nothing
            choice = self._choice(clause)
            if choice.reason.why in {Why.ALWAYS, Why.HOLDS}:
                yield choice

    def _choice(self, clause: Clause) -> Choice:
        """Select one clause alone, and see to its cross-references here."""
        alone = replace(clause, body=replace(clause.body, references=()))
        selection = select(replace(self._frame, clauses=(alone,)), self._answers)
        choice = Choice(clause, (*selection.included, *selection.left_out)[0].reason)
        missing = tuple(s for s in clause.body.references if not self._is_there(s))
        if selection.included and missing:
            return Choice(clause, Reason(Why.POINTS_NOWHERE, missing))
        return choice

    def _is_there(self, section: str) -> bool:
        """Tell whether a section has text; sections that point to each other hold each other."""
        if self._all_there:
            return True
        if section not in self._has_text:
            self._has_text[section] = True
            self._has_text[section] = any(self._included(self._rows(section)))
        return self._has_text[section]


def _place(row: ClauseVersion) -> tuple[int, str]:
    return row.order, row.name


def make_preview(form: ClauseForm, example: str, *, on: date) -> Preview:
    """Return what the page shows of a form as it stands, saved or not."""
    content = form.content()
    known = examples()
    if example not in {one.key for one in known}:
        example = LEAST
    shown = Preview(
        example,
        known,
        sentence(content["when"], form.frame),
        satisfied=tuple(satisfied(content.get("satisfies", ()), form.frame)),
    )
    if form.frame is None:
        return replace(shown, problems=("The vocabulary has a mistake. Mend its drafts first.",))
    if not content["section_id"] or not str(form["body"].value() or "").strip():
        return replace(shown, why="Choose a section and write the text: then it is shown here.")
    readable = {**content, "title": content["title"] or "—", "order": content["order"] or 0}
    name = form.piece_name if re.fullmatch(OPTION, form.piece_name) else UNNAMED
    try:
        form.fields["body"].clean(form["body"].value())
        clause = parse_piece(name, Said(1, readable), form.frame)
    except ValidationError as error:
        return replace(shown, problems=tuple(error.messages))
    except Refused as refused:
        return replace(shown, problems=tuple(map(_as_text, refused.problems)))
    return _printed(shown, clause, form.frame, on)


def satisfied(names: Sequence[str], frame: Library | None) -> Iterator[Satisfied]:
    """Give the elements of these names, law by law."""
    for regime in frame.regimes if frame else ():
        address = change_address(Regime(pk=regime.id))
        for element in regime.elements:
            if element.id in names:
                yield Satisfied(regime.name, f"{address}#element-{element.id}", element)


def sentence(
    when: Mapping[str, Sequence[str]],
    frame: Library | None,
    beginning: tuple[str, str] = OF_CLAUSES,
) -> str:
    """Return a condition in its plain form as an English sentence."""
    if frame is None:
        return ""
    try:
        condition = parse_condition(when) if when else ALWAYS
    except Refused:
        return "One of these names is no answer."
    if list(frame.vocabulary.check_atoms(condition.atoms())):
        return "One of these names is no answer."
    return condition_in_words(condition, frame.vocabulary, beginning)


def _as_text(problem: Problem) -> str:
    return f"Line {problem.line}: {problem.message}" if problem.line else problem.message


def _printed(shown: Preview, clause: Clause, frame: Library, on: date) -> Preview:
    answers = answers_for(shown.example, clause, frame)
    if answers is None:
        why = "No answers bring this clause into a policy: look at its condition and placeholders."
        return replace(shown, why=why)
    around = Surroundings(frame, answers, clause, shown.example)
    choice = around.choice()
    included = choice.reason.why in {Why.ALWAYS, Why.HOLDS}
    three = (around.before(), choice if included else None, around.after())
    choices = tuple(one for one in three if one is not None)
    document = assemble(Selection(frame, choices, ()), answers, on=on)
    return replace(
        shown,
        section=next(one.title for one in frame.sections if one.id == clause.section),
        included=included,
        why=reason_in_words(choice.reason, frame, answers.in_force),
        blocks=tuple(_blocks(document.sections, clause.slug)),
    )


def _blocks(sections: Iterable[Section], own: str) -> Iterator[Printed]:
    for section in sections:
        for group in section.pieces():
            kind = _kind(group[0])
            yield Printed(kind, tuple(_stretch(piece, own) for piece in group))


def _kind(piece: Piece) -> str:
    match piece.block:
        case Paragraph():
            return "paragraph"
        case Heading():
            return "heading"
        case ListBlock(ordered=ordered):
            return "numbers" if ordered else "bullets"
    return "address"


def _stretch(piece: Piece, own: str) -> Stretch:
    mine = piece.clause.slug == own
    match piece.block:
        case ListBlock(items=items):
            return Stretch(mine, lines=items)
        case AddressBlock(entries=entries):
            lines = [
                (entry.label if not n else "", line)
                for entry in entries
                for n, line in enumerate(entry.lines)
            ]
            return Stretch(
                mine,
                lines=tuple(line for _, line in lines),
                labels=tuple(label for label, _ in lines),
            )
        case Paragraph(runs=runs) | Heading(runs=runs):
            return Stretch(mine, runs=runs)


# ------------------------------------------------------------------ the page


@desk_page("pieces/clause/preview/", "clause_preview")
@for_readers
@require_POST
def clause_preview(request: HttpRequest) -> HttpResponse:
    """Show what a form would print, as a part of its page."""
    form = ClauseForm(request.POST, instance=_version(request.POST))
    preview = make_preview(form, request.POST.get(EXAMPLE, LEAST), on=timezone.localdate())
    return render(request, "admin/desk/preview.html", {"preview": preview, "live": True})


@desk_page("pieces/question/condition/", "question_condition")
@for_readers
@require_POST
def question_condition(request: HttpRequest) -> HttpResponse:
    """Show when a question would be asked, as a sentence of its page."""
    form = QuestionForm(request.POST)
    words = sentence(form.content()["when"], form.frame, OF_QUESTIONS)
    return render(request, "admin/library/sentence.html", {"sentence": words})


def _version(data: QueryDict) -> ClauseVersion | None:
    number = data.get("version", "")
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        return None
    return ClauseVersion.objects.filter(pk=number).first()
