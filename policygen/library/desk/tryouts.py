"""Trying out at the desk: start it, watch it, read what it found.

With JavaScript the page asks for the next part by itself; without, somebody presses “Go on”.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from policygen.core.analysis.redline import Change, DocumentRedline, Mark
from policygen.core.problems import Refused
from policygen.library import sources, tryout
from policygen.library.comparison import redline_from_json
from policygen.library.desk.listing import ListOnly
from policygen.library.desk.lookup import find_piece
from policygen.library.desk.pages import for_readers, number_in, page_of, person_of
from policygen.library.desk.places import Located, located, newest_of
from policygen.library.desk.site import desk_page
from policygen.library.desk.steps import may, works_here
from policygen.library.desk.words import release_in_words
from policygen.library.models import Outcome, Release, ReleaseState, TryOut, TryOutSet
from policygen.library.publishing import RELEASE, AnyPiece
from policygen.library.store import NoRelease, library_of

PAGE = 25
"""How many changed documents stand on a page."""


# ------------------------------------------------------------------ starting


@desk_page("tryouts/start/", "tryout_start")
@for_readers
def start(request: HttpRequest) -> HttpResponse:
    """Start to try out a piece or a candidate. Only as a POST, and by who has a role."""
    if not works_here(person_of(request)):  # it takes time, and older ones go for it
        raise PermissionDenied
    if request.method != "POST":
        return redirect("admin:library_tryout_changelist")
    of = _subject(request)
    if of is None:
        messages.error(request, "This release is no candidate any more. Prepare it again.")
        return redirect("admin:library_release_changelist")
    try:
        made = tryout.start(of, by=person_of(request))
    except Refused as refused:
        for problem in refused.problems:
            messages.error(request, str(problem))
    except NoRelease as missing:
        messages.error(request, str(missing))
    else:
        return redirect("admin:tryout", made.pk)
    if isinstance(of, Release):
        return redirect("admin:release_page", of.number)
    return redirect("admin:piece_review", of.kind, of.name)


def _subject(request: HttpRequest) -> AnyPiece | Release | None:
    """Return what is to be tried out; ``None`` stands for a release that is no candidate.

    Raises ``Http404`` if there is no such piece.
    """
    if "release" not in request.POST:
        return find_piece(request.POST.get("kind", ""), request.POST.get("name", ""))
    number = number_in(request.POST, "release")
    return _candidates().filter(number=number).first() if number and number < 2**31 else None


def _candidates() -> QuerySet[Release]:
    return Release.objects.filter(state=ReleaseState.CANDIDATE)


# ------------------------------------------------------------------ watching


@desk_page("tryouts/<uuid:pk>/part/", "tryout_part")
@for_readers
def part(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Compute the next part: of the page for htmx, or else lead back to the page."""
    made = find_tryout(pk)
    address = reverse("admin:tryout", args=[made.pk])
    if request.method != "POST":
        return redirect(address)
    try:
        tryout.compute(made)
    except TryOut.DoesNotExist:
        raise Http404(GONE) from None
    if not getattr(request, "htmx", False):
        return redirect(address)
    if made.finished_at is not None:
        return HttpResponse(headers={"HX-Redirect": address})
    return render(request, "admin/desk/tryout_progress.html", {"tryout": made})


GONE = "This try-out is no longer kept. Start a new one."


def find_tryout(pk: UUID) -> TryOut:
    """Return a try-out without the text of its library. Raises ``Http404``."""
    found = TryOut.objects.defer("after").select_related("made_by").filter(pk=pk).first()
    if found is None:
        raise Http404(GONE)
    return found


# ------------------------------------------------------------------ reading


@desk_page("tryouts/<uuid:pk>/", "tryout")
@for_readers
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how far a try-out is, or what it found."""
    made = find_tryout(pk)
    title = f"Try-out: {made.label}"
    crumbs = [("Try-outs", reverse("admin:library_tryout_changelist"))]
    context: dict[str, Any] = {
        "tryout": made,
        "in_force": Release.objects.filter(digest=made.before).defer("snapshot", "frame").first(),
        "scheduled": _scheduled(made),
        "may_start": works_here(person_of(request)),
        "subject": _subject_address(made),
        "breadcrumbs": crumbs,
    }
    if made.finished_at is None:
        return page_of(request, "tryout.html", title, **context)
    return page_of(request, "tryout_done.html", title, **context, **_found(request, made))


def _subject_address(made: TryOut) -> str:
    """Return the address of what is tried out; it is empty if that is gone."""
    if made.kind == "release":
        there = Release.objects.filter(number=made.number, digest=made.after_digest).exists()
        return reverse("admin:release_page", args=[made.number]) if there else ""
    return reverse("admin:piece_review", args=[made.kind, made.name])


def _scheduled(made: TryOut) -> str:
    """Return the releases that were waiting for their day when a try-out began, by name."""
    waiting = Release.objects.filter(
        state=ReleaseState.PUBLISHED,
        published_at__lte=made.made_at,
        effective_from__gt=timezone.localdate(made.made_at),
    )
    names = map(release_in_words, waiting.defer("snapshot", "frame").order_by("number"))
    return " and ".join(names)


def _found(request: HttpRequest, made: TryOut) -> dict[str, Any]:
    """Return what the page of a finished try-out shows."""
    tryout.forget_gone()
    counts = outcome_counts(made)
    unfit = made.sets.exclude(problems=[]).defer("redline")
    changes = tryout.clause_changes(made)
    return {
        "summary": summary(made, counts),
        "changed": _page(made.sets.filter(outcome=Outcome.CHANGED), request, "changed", _document),
        "unfit": _page(unfit, request, "unfit", _unfit),
        "unreadable": _page(
            made.sets.filter(outcome=Outcome.UNREADABLE).defer("redline"), request, "left", _unfit
        ),
        "lists": list(_clause_lists(made, changes)),
        "guards": located(made.guards),
        "since": tryout.since(made),
        "candidate": _candidate(request, made),
    }


def outcome_counts(made: TryOut) -> dict[str, int]:
    """Return how many sets had each outcome. One query."""
    counted = made.sets.order_by().values_list("outcome").annotate(Count("id"))
    return {str(outcome): 0 for outcome in Outcome} | dict(counted)


def summary(made: TryOut, counts: dict[str, int]) -> str:
    """Return what was found, in a sentence or two."""
    if not made.total:
        return "There are no sets of answers to compare."
    changed, same = counts["changed"], counts["same"]
    said = (
        f"{changed:,} of {made.total:,} documents {'changes' if changed == 1 else 'change'}, "
        f"and {same:,} {'prints' if same == 1 else 'print'} the same."
    )
    if unreadable := counts["unreadable"]:
        said += f" Of {unreadable:,} nothing can be read."
    if gone := counts["gone"]:
        said += f" {gone:,} {'was' if gone == 1 else 'were'} deleted meanwhile."
    return said


def _page(rows: QuerySet[TryOutSet], request: HttpRequest, key: str, make: Any) -> Page[Any]:
    """Return one page of sets, as ``make`` shows each."""
    shown = Paginator(rows.order_by("position"), PAGE).get_page(request.GET.get(key))
    shown.object_list = [make(row) for row in shown.object_list]
    return shown


@dataclass(frozen=True)
class Document:
    """A set of answers whose document changes; without a redline, it was deleted since."""

    title: str
    source: str
    redline: DocumentRedline | None

    @property
    def clauses(self) -> int:
        """How many clauses print differently."""
        sections = self.redline.sections if self.redline else ()
        return sum(len(section.clauses) for section in sections)

    @property
    def heads(self) -> list[tuple[Change, ...]]:
        """The changes of the title and of the name of the practice, if they change."""
        both = (self.redline.title, self.redline.practice) if self.redline else ()
        return [line for line in both if any(change.mark is not Mark.SAME for change in line)]


@dataclass(frozen=True)
class Unfit:
    """A set of answers of which something cannot be read any more."""

    title: str
    source: str
    problems: list[Located]


def _document(row: TryOutSet) -> Document:
    found = redline_from_json(row.redline) if row.redline else None
    return Document(row.title, _source(row), found)


def _unfit(row: TryOutSet) -> Unfit:
    problems = [Located(str(where), "", str(message)) for where, message in row.problems]
    return Unfit(row.title, _source(row), problems)


def _source(row: TryOutSet) -> str:
    source = sources.SOURCES.get(row.source)
    return source.label if source else row.source


@dataclass(frozen=True)
class ClauseList:
    """Clauses that came or went: each with its title, its page, and in how many documents it is."""

    heading: str
    id: str
    empty: str
    clauses: list[tuple[str, str, int, int]]


def _clause_lists(made: TryOut, changes: tryout.ClauseChanges) -> Iterator[ClauseList]:
    libraries = library_of(made.before), tryout.library_tried(made.after_digest)
    titles = {clause.slug: clause.title for one in libraries for clause in one.clauses}
    everything = {*changes.lost, *changes.gained, *changes.added, *changes.removed}
    addresses = newest_of(everything) if everything else {}

    def rows(slugs: Iterable[str]) -> list[tuple[str, str, int, int]]:
        counted = ((slug, made.counts.get(slug, [0, 0])) for slug in slugs)
        return [
            (titles.get(slug, slug), addresses.get(slug, ""), before, after)
            for slug, (before, after) in counted
        ]

    yield ClauseList(
        "No longer in any document", "lost", "Each clause that stood somewhere still does.",
        rows(changes.lost),
    )  # fmt: skip
    yield ClauseList(
        "In a document for the first time", "gained", "No clause came to stand anywhere.",
        rows(changes.gained),
    )  # fmt: skip
    yield ClauseList("New clauses", "added", "", rows(changes.added))
    yield ClauseList("Clauses taken out", "removed", "", rows(changes.removed))


def _candidate(request: HttpRequest, made: TryOut) -> Release | None:
    """Return the candidate that may be published at the end of this page, if there is one."""
    if made.kind != "release" or not may(person_of(request), RELEASE):
        return None
    found = _candidates().filter(digest=made.after_digest).defer("snapshot", "frame").first()
    return found if found and tryout.finished_for(found) == made else None


# ------------------------------------------------------------------ the list


@admin.register(TryOut)
class TryOutAdmin(ListOnly):
    """The list of try-outs; each leads to its own page."""

    desk_order = 60
    list_display = ("what", "made_at", "made_by", "how_far")
    list_select_related = ("made_by",)
    gone = GONE

    def get_queryset(self, request: HttpRequest) -> QuerySet[TryOut]:
        """Leave the texts of libraries out."""
        return super().get_queryset(request).defer("after", "counts", "guards")

    def page_address(self, found: TryOut) -> str:
        """Return the address of its own page."""
        return reverse("admin:tryout", args=[found.pk])

    @admin.display(description="What is tried out")
    def what(self, made: TryOut) -> str:
        """Name what is tried out."""
        return made.label

    @admin.display(description="How far it is")
    def how_far(self, made: TryOut) -> str:
        """Say how far it is."""
        if made.finished_at is not None:
            return f"Finished, {made.total:,} sets of answers"
        return made.how_far
