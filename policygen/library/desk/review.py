"""Review at the desk: what waits for whom, one piece before its approver, and the steps.

Every step is a POST to an address of its own. ``publishing`` decides; whatever it says becomes a
message, and nothing else happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policygen.core.problems import Problem, Refused
from policygen.library import publishing
from policygen.library.checks import checked
from policygen.library.desk.changes import Row, changed_only, compare, label_of
from policygen.library.desk.lines import (
    FROM_FILES,
    Entry,
    action_in_words,
    entry_of,
    lines_of,
    newest_line,
    said_by,
)
from policygen.library.desk.lookup import (
    change_address,
    find_past_piece,
    find_piece,
    piece_address,
)
from policygen.library.desk.pages import for_readers, number_in, page_of, person_of, why_in
from policygen.library.desk.site import Panel, desk_page, first_page_panel
from policygen.library.desk.steps import may_read, steps_for, works_here
from policygen.library.desk.waiting import Waiting, listings
from policygen.library.desk.words import release_in_words, words_now
from policygen.library.models import ClauseVersion
from policygen.library.pieces import newest_release, said, said_in
from policygen.library.publishing import (
    AnyPiece,
    DeskBusy,
    NotAllowed,
    Overtaken,
    WrongState,
)

PAGE = 50
"""How many pieces a list of the queue shows at once."""

FIRST = 5
"""How many pieces the desk's first page shows."""

FOR_YOU = ("waiting", "back")
"""Lists of the queue that somebody has to do something about."""

LINES = 50
"""How many lines of the log the page of a piece shows; its history has all."""


# ------------------------------------------------------------------ the queue


@desk_page("pieces/review/", "review")
@for_readers
def queue(request: HttpRequest) -> HttpResponse:
    """List what waits for this person, and for others."""
    lists = []
    for listing in listings(person_of(request)):
        page = Paginator(listing.rows, PAGE).get_page(request.GET.get(listing.key))
        rows = [Waiting(*row) for row in page.object_list]
        lists.append({"listing": listing, "page": page, "rows": rows})
    return page_of(request, "review.html", "Review", lists=lists)


@first_page_panel(order=10)
def waiting_for_you(request: HttpRequest) -> Panel | None:
    """Show the first of what waits for this person, and how much there is."""
    if not may_read(person_of(request)):
        return None
    lists = [one for one in listings(person_of(request)) if one.key in FOR_YOU]
    counts = [one.rows.count() for one in lists]
    return {
        "template": "admin/desk/panels/waiting.html",
        "count": sum(counts),
        "lists": [
            {"listing": one, "count": count, "rows": one.first(FIRST)}
            for one, count in zip(lists, counts, strict=True)
        ],
    }


# ------------------------------------------------------------------ one piece


@desk_page("pieces/<str:kind>/<str:name>/review/", "piece_review")
@for_readers
def piece_review(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Show a piece against the newest release, with what was said of it, and what can be done."""
    piece = find_piece(kind, name)
    words, release = words_now(), newest_release()
    before = said_in(release, kind, name)
    rows = compare(kind, before.content if before else None, piece.content(), words)
    lines = lines_of(kind, name).filter(number=piece.number)[:LINES]
    return page_of(
        request,
        "piece_review.html",
        title_of(piece),
        breadcrumbs=[("Review", reverse("admin:review"))],
        piece=piece,
        kind_label=piece._meta.verbose_name,
        before=before,
        release=release_in_words(release),
        changed=changed_only(rows),
        unchanged=[row for row in rows if not row.changed],
        problems=list(_problems(piece)),
        since=_since(request, piece),
        may_start=works_here(person_of(request)),
        entries=[entry_of(line) for line in lines],
    )


def title_of(piece: AnyPiece) -> str:
    """Return what people call a piece."""
    return piece.title if isinstance(piece, ClauseVersion) else str(piece)


def _problems(piece: AnyPiece) -> Iterator[str]:
    """Give what speaks against a piece as it stands."""
    if piece.withdrawn and piece.kind == "clause":
        return
    try:
        checked(piece.kind, piece.name, said(piece))
    except Refused as refused:
        yield from (in_a_sentence(piece.kind, problem) for problem in refused.problems)


def in_a_sentence(kind: str, problem: Problem) -> str:
    """Return a problem with its place as people call it."""
    if problem.where in {"", "why"}:
        return problem.message
    return f"{label_of(kind, problem.where)}: {problem.message}"


@dataclass(frozen=True)
class Since:
    """What happened after somebody looked: the lines of the log, and what became of the text."""

    entries: Sequence[Entry]
    rows: Sequence[Row]


def _since(request: HttpRequest, piece: AnyPiece) -> Since | None:
    """Return what happened after the line of the log that the address names, if it names one."""
    seen = number_in(request.GET, "since")
    if seen is None:
        return None
    lines = lines_of(piece.kind, piece.name).filter(id__gt=seen)[:LINES]
    entries = [entry_of(line) for line in lines]
    before = said_by(piece.kind, piece.name, seen)
    if before is None and (found := said_in(newest_release(), piece.kind, piece.name)):
        before = found.content
    rows = compare(piece.kind, before, piece.content(), words_now())
    return Since(entries, changed_only(rows)) if entries else None


# ------------------------------------------------------------------ steps


@dataclass(frozen=True)
class Step:
    """A step of ``publishing``: what the log calls it, what it answers, where mistakes are mended.

    ``do`` takes the request, the piece, the revision that was seen, and why; it returns the address
    where the person goes on, or ``None`` for the page of the piece.
    """

    action: str
    done: str
    do: Callable[[HttpRequest, AnyPiece, int, str], str | None]
    mended_on: Callable[[AnyPiece], str] | None = None
    needs_seen: bool = True


def _submit(request: HttpRequest, piece: AnyPiece, seen: int, _why: str) -> None:
    publishing.submit(piece, by=person_of(request), seen=seen)


def _approve(request: HttpRequest, piece: AnyPiece, seen: int, why: str) -> None:
    publishing.approve(piece, by=person_of(request), seen=seen, why=why)


def _send_back(request: HttpRequest, piece: AnyPiece, seen: int, why: str) -> None:
    publishing.send_back(piece, by=person_of(request), seen=seen, why=why)


def _comment(request: HttpRequest, piece: AnyPiece, _seen: int, why: str) -> None:
    publishing.comment(piece, by=person_of(request), why=why)


def _discard(request: HttpRequest, piece: AnyPiece, seen: int, why: str) -> str:
    publishing.discard(piece, by=person_of(request), seen=seen, why=why)
    return reverse("admin:review")


SUBMIT = Step("submitted", "It is in review now.", _submit, change_address)
APPROVE = Step("approved", "It is approved, and waits for the next release.", _approve)
SEND_BACK = Step("sent back", "It is a draft again.", _send_back)
COMMENT = Step("commented", "Your comment stands in the timeline.", _comment, needs_seen=False)
DISCARD = Step("discarded", "The draft is thrown away. Its text is kept in the log.", _discard)


@desk_page("pieces/<str:kind>/<str:name>/submit/", "piece_submit")
@for_readers
def submit(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Hand a draft to the approvers."""
    return taken(request, kind, name, SUBMIT)


@desk_page("pieces/<str:kind>/<str:name>/approve/", "piece_approve")
@for_readers
def approve(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Approve what is in review."""
    return taken(request, kind, name, APPROVE)


@desk_page("pieces/<str:kind>/<str:name>/send-back/", "piece_send_back")
@for_readers
def send_back(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Make a draft again of what is in review or approved."""
    return taken(request, kind, name, SEND_BACK)


@desk_page("pieces/<str:kind>/<str:name>/comment/", "piece_comment")
@for_readers
def comment(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Write a comment."""
    return taken(request, kind, name, COMMENT)


@desk_page("pieces/<str:kind>/<str:name>/discard/", "piece_discard")
@for_readers
def discard(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Ask whether a draft is to be thrown away, and do it."""
    if request.method == "POST":
        return taken(request, kind, name, DISCARD)
    piece = find_piece(kind, name)
    if not steps_for(piece, person_of(request)).discard:
        return redirect(piece_address("piece_review", kind, name))
    release = newest_release()
    before = said_in(release, kind, name)
    return page_of(
        request,
        "confirm.html",
        "Throw the draft away?",
        breadcrumbs=[
            ("Review", reverse("admin:review")),
            (title_of(piece), piece_address("piece_review", kind, name)),
        ],
        piece=piece,
        before=before,
        release=release_in_words(release),
        changed=changed_only(
            compare(kind, before.content if before else None, piece.content(), words_now())
        ),
        log=newest_line(kind, name),
    )


def taken(request: HttpRequest, kind: str, name: str, step: Step) -> HttpResponse:
    """Take a step, and go where the person goes on."""
    piece = find_past_piece(kind, name)
    if piece is None:
        messages.error(request, "This was thrown away meanwhile. Its text is kept here.")
        return redirect(piece_address("piece_history", kind, name))
    page = piece_address("piece_review", kind, name)
    if request.method != "POST":
        return redirect(page)
    try:
        seen, why = number_in(request.POST, "seen"), why_in(request)
        if seen is None and step.needs_seen:
            raise WrongState("Something of the page was missing. Look again, and try again.")
        onwards = step.do(request, piece, seen or 0, why)
    except Overtaken as overtaken:
        return _overtaken(request, overtaken, step)
    except NotAllowed as refusal:
        return not_allowed(request, refusal, piece)
    except (WrongState, DeskBusy) as refusal:
        messages.error(request, str(refusal))
        return redirect(page)
    except Refused as refused:
        for problem in refused.problems:
            messages.error(request, in_a_sentence(kind, problem))
        return redirect(step.mended_on(piece) if step.mended_on else page)
    messages.success(request, step.done)
    return redirect(onwards or page)


def not_allowed(request: HttpRequest, refusal: NotAllowed, piece: AnyPiece) -> HttpResponse:
    """Say what somebody may not do, and why."""
    return page_of(
        request,
        "review_refused.html",
        "You may not do this",
        status=403,
        refusal=refusal,
        piece=piece,
    )


def _overtaken(request: HttpRequest, overtaken: Overtaken, step: Step) -> HttpResponse:
    """Lead to what happened meanwhile; a button that was pressed twice did what it says."""
    piece = overtaken.piece
    page = piece_address("piece_review", piece.kind, piece.name)
    last = lines_of(piece.kind, piece.name).first()
    if last is not None and last.by_id == request.user.pk and last.action == step.action:
        messages.info(request, step.done)
        return redirect(page)
    if last is None:
        messages.error(request, str(overtaken))
        return redirect(page)
    messages.error(
        request,
        f"Something happened after you opened it: {last.who or FROM_FILES}, "
        f"“{action_in_words(last.action)}”. "
        "You changed nothing. Look at it again, and decide again.",
    )
    log = number_in(request.POST, "log")
    return redirect(page if log is None else f"{page}?{urlencode({'since': log})}")
