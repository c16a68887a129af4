"""The history of a piece: its editions, any two of them compared, and the way back to an old one.

Addresses name an edition by its number, ``release-2`` for what the piece said in a release, and
``line-77`` for what the log kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format

from policygen.core.problems import quoted
from policygen.library import publishing
from policygen.library.desk.changes import changed_only, compare
from policygen.library.desk.lines import FROM_FILES, KEEPING, LARGEST_ID, newest_line
from policygen.library.desk.lookup import change_address, find_past_piece, piece_address
from policygen.library.desk.pages import for_readers, number_in, page_of, person_of
from policygen.library.desk.review import Step, taken, title_of
from policygen.library.desk.site import desk_page
from policygen.library.desk.steps import FIXED, may
from policygen.library.desk.timeline import paged, timeline_of_piece
from policygen.library.desk.words import words_now
from policygen.library.models import (
    KINDS,
    ClauseVersion,
    Release,
    ReleaseClause,
    ReleaseState,
    State,
    Transition,
)
from policygen.library.pieces import Content, frame_of
from policygen.library.publishing import DRAFT, AnyPiece, WrongState

PAGE = 50
"""How many editions the history shows at once."""

KEPT = re.compile(r"line-([0-9]{1,18})")


@dataclass
class Edition:
    """One edition of a piece: for a clause, a version.

    ``state`` is empty for what never came into a release and is no longer worked on; ``releases``
    are the numbers of the published releases that it is in.
    """

    number: int
    content: Content
    state: str = ""
    reason: str = ""
    writers: list[str] = field(default_factory=list)
    approver: str = ""
    releases: list[int] = field(default_factory=list)

    @property
    def state_label(self) -> str:
        """What people call its state."""
        return str(State(self.state).label) if self.state else ""


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its key in addresses, what it is called, and what it says."""

    key: str
    label: str
    content: Content


# ------------------------------------------------------------------ editions


def editions_of(kind: str, name: str, piece: AnyPiece | None) -> list[Edition]:
    """Return the editions of a piece, the newest first. At most five queries."""
    if piece is None:
        return []
    found = _versions(name) if kind == "clause" else _frame_editions(piece)
    _add_people(kind, name, found)
    return [found[number] for number in sorted(found, reverse=True)]


def _versions(slug: str) -> dict[int, Edition]:
    versions = ClauseVersion.objects.filter(clause=slug)
    found = {v.number: Edition(v.number, v.content(), v.state, v.reason) for v in versions}
    entries = ReleaseClause.objects.filter(
        version__clause=slug, release__state=ReleaseState.PUBLISHED
    ).order_by("release__number")
    for number, release in entries.values_list("version__number", "release__number"):
        if number in found:
            found[number].releases.append(release)
    return found


def _frame_editions(piece: AnyPiece) -> dict[int, Edition]:
    """Put together what the log, the releases and the row know of a piece that has one row."""
    found: dict[int, Edition] = {}
    kept = Transition.objects.filter(
        kind=piece.kind, name=piece.name, number__lt=piece.number, action__in=KEEPING
    ).exclude(action="discarded")
    for number, text, why in kept.order_by("id").values_list("number", "content", "why"):
        found[number] = Edition(number, json.loads(text), reason=why)
    for release, number, content in _in_releases(piece):
        edition = found.setdefault(number, Edition(number, content))
        edition.content, edition.state = content, _past(content)
        edition.releases.append(release)
    now = found.setdefault(piece.number, Edition(piece.number, {}))
    now.content, now.state, now.reason = piece.content(), piece.state, piece.reason
    return found


def _past(content: Content) -> str:
    return State.RETIRED if content.get("withdrawn") else State.RELEASED


def _in_releases(piece: AnyPiece) -> Iterator[tuple[int, int, Content]]:
    """Give each release with number and content of a piece in it, in their order. One query."""
    releases = Release.objects.filter(state=ReleaseState.PUBLISHED).order_by("number")
    for release in releases.only("number", "frame").iterator(chunk_size=10):
        if found := frame_of(release).get((piece.kind, piece.name)):
            yield release.number, *found


def _add_people(kind: str, name: str, editions: Mapping[int, Edition]) -> None:
    lines = Transition.objects.filter(
        kind=kind, name=name, action__in=("began", "saved", "approved")
    ).order_by("id")
    for number, action, who in lines.values_list("number", "action", "who"):
        if (edition := editions.get(number)) is None:
            continue
        if action == "began":  # one that was thrown away had the same number
            edition.writers, edition.approver = [], ""
        if action == "approved":
            edition.approver = who
        elif (who or FROM_FILES) not in edition.writers:
            edition.writers.append(who or FROM_FILES)
    for edition in editions.values():
        edition.writers = edition.writers or [FROM_FILES]


# ------------------------------------------------------------------ pages


@desk_page("pieces/<str:kind>/<str:name>/history/", "piece_history")
@for_readers
def piece_history(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Show all editions of a piece, and its timeline; also of one that was thrown away."""
    piece = find_past_piece(kind, name)
    editions = editions_of(kind, name, piece)
    person = person_of(request)
    return page_of(
        request,
        "history.html",
        f"History of “{title_of(piece) if piece else name}”",
        breadcrumbs=_way_to(kind, name, piece),
        kind=kind,
        name=name,
        piece=piece,
        kind_label=KINDS[kind]._meta.verbose_name,
        editions=Paginator(editions, PAGE).get_page(request.GET.get("versions")),
        sides=list(sides_of(editions)),
        chosen=_usual(editions),
        restores=piece is not None and piece.state in FIXED and may(person, DRAFT),
        log=newest_line(kind, name),
        timeline=paged(timeline_of_piece(kind, name), request.GET.get("page")),
    )


@desk_page("pieces/<str:kind>/<str:name>/compare/", "piece_compare")
@for_readers
def piece_compare(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Compare what a piece said at two times, attribute by attribute, word by word."""
    piece = find_past_piece(kind, name)
    editions = editions_of(kind, name, piece)
    sides = {side.key: side for side in sides_of(editions)}
    usual = _usual(editions)
    keys = [request.GET.get(field, usual[field]) for field in ("a", "b")]
    found = [sides.get(key) or _kept(kind, name, key) for key in keys]
    unknown = [quoted(key) for key, side in zip(keys, found, strict=True) if side is None]
    before, after = found
    rows = compare(kind, before.content, after.content, words_now()) if before and after else ()
    return page_of(
        request,
        "compare.html",
        f"Compare “{title_of(piece) if piece else name}”",
        status=404 if unknown else 200,
        breadcrumbs=[*_way_to(kind, name, piece), ("History", _history(kind, name))],
        kind=kind,
        name=name,
        sides=[*sides.values(), *(one for one in found if one and one.key not in sides)],
        chosen={"a": keys[0], "b": keys[1]},
        unknown=unknown,
        before=before,
        after=after,
        changed=changed_only(rows),
        unchanged=[row for row in rows if not row.changed],
    )


def sides_of(editions: Iterable[Edition]) -> Iterator[Side]:
    """Give what can be compared: the editions, then what stood in each release."""
    editions = list(editions)
    for edition in editions:
        state = f" ({edition.state_label.lower()})" if edition.state else ""
        yield Side(str(edition.number), f"Version {edition.number}{state}", edition.content)
    in_releases = {release: edition for edition in editions for release in edition.releases}
    for release in sorted(in_releases, reverse=True):
        edition = in_releases[release]
        label = f"As in release {release} (version {edition.number})"
        yield Side(f"release-{release}", label, edition.content)


def _usual(editions: list[Edition]) -> dict[str, str]:
    """Return what is compared unless somebody chooses: the newest edition with the one before."""
    numbers = [str(edition.number) for edition in editions[:2]]
    return {"a": numbers[-1], "b": numbers[0]} if numbers else {"a": "", "b": ""}


def _kept(kind: str, name: str, key: str) -> Side | None:
    """Return what a piece said by a line of the log."""
    match = KEPT.fullmatch(key)
    if match is None:
        return None
    lines = Transition.objects.filter(kind=kind, name=name, id=min(int(match[1]), LARGEST_ID))
    line = lines.exclude(content="").first()
    if line is None:
        return None
    at = date_format(timezone.localtime(line.at), "M j, Y, H:i")
    label = f"Version {line.number} as of {at}"
    return Side(key, label, cast("Content", json.loads(line.content)))


def _way_to(kind: str, name: str, piece: AnyPiece | None) -> list[tuple[str, str]]:
    way = [("Review", reverse("admin:review"))]
    if piece is not None:
        way.append((title_of(piece), piece_address("piece_review", kind, name)))
    return way


def _history(kind: str, name: str) -> str:
    return piece_address("piece_history", kind, name)


# ------------------------------------------------------------------ back to an old one


@desk_page("pieces/<str:kind>/<str:name>/begin/", "piece_begin")
@for_readers
def piece_begin(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Begin a draft like the newest edition, or like the one that ``like`` names."""
    return taken(request, kind, name, BEGIN_CLAUSE if kind == "clause" else BEGIN)


def _begin_clause(request: HttpRequest, piece: AnyPiece, _seen: int, why: str) -> str:
    newest = cast("ClauseVersion", piece)
    like = _like(request, piece)
    if like != newest.number:
        why = why or f"Back to version {like}."
    model = newest.clause.versions.filter(number=like).first()
    if model is None:
        raise WrongState(NO_EDITION)
    draft = publishing.begin_draft(newest.clause, by=person_of(request), like=model, why=why)
    return change_address(draft)


def _begin(request: HttpRequest, piece: AnyPiece, seen: int, why: str) -> str:
    like = _like(request, piece)
    if like == piece.number and piece.state in {*FIXED, State.DRAFT}:
        messages.info(request, "Change it here. What you save becomes a draft.")
        return change_address(piece)
    if piece.state not in FIXED:
        raise WrongState("Somebody works on this already. Finish that or throw it away first.")
    content = next(
        (e.content for e in editions_of(piece.kind, piece.name, piece) if e.number == like), None
    )
    if content is None:
        raise WrongState(NO_EDITION)
    why = why or f"Back to version {like}."
    person = person_of(request)
    content = {**piece.whole(content), "withdrawn": False}
    return change_address(publishing.save_draft(piece, content, by=person, seen=seen, why=why))


def _like(request: HttpRequest, piece: AnyPiece) -> int:
    if not request.POST.get("like"):
        return piece.number
    like = number_in(request.POST, "like")
    if like is None or like > 2**31 - 1:
        raise WrongState(NO_EDITION)
    return like


NO_EDITION = "There is no such version. Choose one from the history."
BEGIN_CLAUSE = Step("began", "The draft is begun.", _begin_clause, needs_seen=False)
BEGIN = Step("began", "The draft is begun.", _begin, needs_seen=False)
