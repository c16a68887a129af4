"""Why each clause is in a policy or not, for lawyers: over an example, in any state of the library.

People of a practice see the same of their own answers on the pages of a draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from policygen.core.analysis.ledger import deciding
from policygen.core.analysis.reasons import Explained, ExplainedSection, explained
from policygen.core.analysis.why_not import WhyNot, why_not
from policygen.core.answers import Answers, sift_answers
from policygen.core.library import Library, clause_in
from policygen.core.problems import Problem, Refused
from policygen.core.selection import Choice, Why
from policygen.library import pieces, sources
from policygen.library.desk.lookup import change_address, find_piece
from policygen.library.desk.pages import for_readers, page_of
from policygen.library.desk.places import Located, located
from policygen.library.desk.preview import LEAST, Example, Satisfied, examples, satisfied
from policygen.library.desk.site import desk_page
from policygen.library.desk.tryouts import Document
from policygen.library.models import ClauseVersion, Question, Section
from policygen.library.sources import AnswerSet
from policygen.library.store import NoRelease, library_in_force

TITLE = "Why each clause is in or out"

WORKING, NEXT, IN_FORCE = "working", "next", "in-force"

LIBRARIES = (
    Example(WORKING, "As it is being worked on, with all drafts"),
    Example(NEXT, "As the next release would hold it: with all that is approved"),
    Example(IN_FORCE, "As it is in force"),
)
"""The states of the library to choose from."""


@dataclass(frozen=True)
class Chosen:
    """What a page is asked for: a state of the library and a set of answers, with those there are.

    ``answer_set`` is ``None`` if there are no sets at all.
    """

    library: str
    example: str
    answer_set: AnswerSet | None
    examples: tuple[Example, ...]
    libraries: tuple[Example, ...] = LIBRARIES

    @property
    def query(self) -> str:
        """The choice as the end of an address."""
        return "?" + urlencode({"library": self.library, "answers": self.example})


@dataclass(frozen=True)
class Looked:
    """What is to be explained; ``unfit`` are the answers that the library cannot read."""

    library: Library
    answers: Answers
    unfit: tuple[Problem, ...]


@dataclass(frozen=True)
class Line:
    """A clause with its reason: its page, the page about its reason, and the elements it states.

    ``address`` is empty if no row has that version.
    """

    clause: Explained
    address: str
    why: str
    satisfied: tuple[Satisfied, ...]


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere; to nowhere, if ``address`` is empty."""

    words: str
    address: str


# ------------------------------------------------------------------ the pages


@desk_page("why/", "why")
@for_readers
@require_safe
def why(request: HttpRequest) -> HttpResponse:
    """Show each clause that is in a policy, with its text, and each that is left out, and why."""
    chosen = choice_in(request.GET)
    looked, problems = _looked(chosen)
    context: dict[str, Any] = {"chosen": chosen, "problems": problems, "looked": looked}
    if looked is not None:
        found = explained(looked.library, looked.answers, on=timezone.localdate())
        pages = _pages(looked.library)
        context |= {
            "lists": (
                list(_lines(found.included, chosen, looked.library, pages)),
                list(_lines(found.left_out, chosen, looked.library, pages)),
            ),
            "counts": (found.count_included, found.count_left_out),
        }
    return page_of(request, "why.html", TITLE, **context)


@desk_page("pieces/clause/<str:name>/why/", "clause_why")
@for_readers
@require_safe
def clause_why(request: HttpRequest, name: str) -> HttpResponse:
    """Show why one clause is in a policy or not, and the smallest change that brings it in."""
    piece = cast("ClauseVersion", find_piece("clause", name))
    chosen = choice_in(request.GET)
    looked, problems = _looked(chosen)
    context: dict[str, Any] = {
        "chosen": chosen,
        "problems": problems,
        "looked": looked,
        "name": name,
        "newest": change_address(piece),
        "breadcrumbs": [(TITLE, reverse("admin:why") + chosen.query)],
    }
    if looked is not None and clause_in(looked.library, name) is not None:
        context |= _about(looked, chosen, name)
    return page_of(request, "why_clause.html", f"Why “{piece.title}” is in or out", **context)


def _about(looked: Looked, chosen: Chosen, name: str) -> dict[str, Any]:
    """Return what is shown of a clause that the library has."""
    library, on = looked.library, timezone.localdate()
    found = explained(library, looked.answers, on=on)
    sections = _lines((*found.included, *found.left_out), chosen, library, _pages(library))
    outcome = why_not(library, looked.answers, name, on=on)
    known = _questions(library)
    return {
        "line": next(one for _, lines in sections for one in lines if one.clause.slug == name),
        "outcome": outcome,
        "deciding": list(_deciding(outcome, library, known)),
        "steps": [Link(step.says, known.get(step.question, "")) for step in outcome.steps],
        "document": Document("", "", outcome.redline) if outcome.redline else None,
    }


# ------------------------------------------------------------------ what is chosen


def choice_in(fields: QueryDict) -> Chosen:
    """Return what an address chooses. What it does not name, or nobody has, is the first there is.

    Only sets that every release must fit are offered: these are nobody's own answers.
    """
    known = tuple(one for one in examples() if one.key != LEAST)
    library = _first_or(fields.get("library", ""), LIBRARIES)
    example = _first_or(fields.get("answers", ""), known)
    name, _, key = example.partition(":")
    found = next(iter(sources.SOURCES[name].sets([key])), None) if example else None
    return Chosen(library, example, found, known)


def _first_or(key: str, known: tuple[Example, ...]) -> str:
    keys = [one.key for one in known]
    return key if key in keys else next(iter(keys), "")


def _looked(chosen: Chosen) -> tuple[Looked | None, list[Located]]:
    """Return the library and the answers that were chosen, or why there is nothing to look at."""
    if chosen.answer_set is None:
        return None, [Located("", "", "There are no sets of answers to look at.")]
    try:
        library = _library(chosen.library)
    except Refused as refused:
        return None, located((one.where, one.message) for one in refused.problems)
    except NoRelease as missing:
        return None, [Located("", "", str(missing))]
    answers, unfit = sift_answers(library.vocabulary, chosen.answer_set.raw)
    return Looked(library, answers, tuple(unfit)), []


def _library(key: str) -> Library:
    """Return the library in a state. Raises ``Refused`` and ``NoRelease``."""
    if key == IN_FORCE:
        return library_in_force()
    return pieces.to_library(pieces.working() if key == WORKING else pieces.candidate())


# ------------------------------------------------------------------ what is shown


Pages = dict[tuple[str, int], str]
"""The addresses of the pages of clauses, by slug and version."""


def _pages(library: Library) -> Pages:
    """Return the pages of the versions in a library. One query."""
    versions = {(clause.slug, clause.version) for clause in library.clauses}
    rows = ClauseVersion.objects.values_list("clause_id", "number", "pk")
    return {
        (slug, number): change_address(ClauseVersion(pk=pk))
        for slug, number, pk in rows
        if (slug, number) in versions
    }


def _lines(
    sections: Iterable[ExplainedSection], chosen: Chosen, library: Library, pages: Pages
) -> Iterator[tuple[str, list[Line]]]:
    """Give each section's title with its clauses."""
    for section in sections:
        yield (
            section.title,
            [
                Line(
                    clause=one,
                    address=pages.get((one.slug, one.version), ""),
                    why=reverse("admin:clause_why", args=[one.slug]) + chosen.query,
                    satisfied=tuple(satisfied([e.id for e in one.satisfies], library)),
                )
                for one in section.clauses
            ],
        )


def _questions(library: Library) -> dict[str, str]:
    """Return the pages of the questions of a library, by id. One query."""
    rows = Question.objects.filter(pk__in=[one.id for one in library.vocabulary.questions])
    return {row.pk: change_address(row) for row in rows.only("pk")}


def _deciding(outcome: WhyNot, library: Library, questions: dict[str, str]) -> Iterator[Link]:
    """Give what decides about a clause: questions, or sections that it points to in vain."""
    if outcome.reason.why is Why.POINTS_NOWHERE:
        for section in library.sections:
            if section.id in outcome.reason.atoms:
                yield Link(section.title, change_address(Section(pk=section.id)))
        return
    for question in deciding(Choice(outcome.clause, outcome.reason)):
        ask = library.vocabulary.by_id[question].ask
        yield Link(ask, questions.get(question, ""))
