"""What happened to a piece or a release: the logs of the desk and of the admin as one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.core.paginator import Paginator
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import slugify

from policygen.library.desk.lines import Entry, entry_of, lines_of
from policygen.library.desk.lookup import find_past_piece, find_release
from policygen.library.desk.pages import for_readers, page_of
from policygen.library.desk.site import desk_page
from policygen.library.models import KINDS, ClauseVersion, Release, Transition

PAGE = 100
"""How many entries a page of a timeline shows."""

COLUMNS = ("at", "who", "kind", "name", "number", "action", "why", "source")

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula."""

BYTE_ORDER_MARK = "\ufeff"
"""By this, spreadsheets know that the file is UTF-8."""

DESK, ADMIN = "desk", "admin"
ADMIN_ACTIONS = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}


@dataclass(frozen=True)
class Timeline:
    """The lines of the desk's log and the entries of the admin's about one thing.

    ``numbers`` are the editions that the admin's entries are about, by the ids of their objects.
    """

    kind: str
    name: str
    lines: QuerySet[Transition]
    entries: QuerySet[LogEntry]
    numbers: dict[str, int] = field(default_factory=dict)

    def places(self) -> QuerySet[Any, Any]:
        """Return when, in which log and by which id, the newest first; nothing is fetched yet."""
        lines = self.lines.order_by().values_list("at", Value(DESK, CharField()), "id")
        entries = self.entries.order_by()
        return lines.union(
            entries.values_list("action_time", Value(ADMIN, CharField()), "id"), all=True
        ).order_by("-at", "-id")

    def at(self, places: Iterable[tuple[Any, str, int]]) -> list[Entry]:
        """Return the entries at these places, in their order. Two queries."""
        wanted = [(source, identifier) for _, source, identifier in places]
        ids = {log: [i for source, i in wanted if source == log] for log in (DESK, ADMIN)}
        found = self._read(
            Transition.objects.defer("content").filter(id__in=ids[DESK]),
            LogEntry.objects.filter(id__in=ids[ADMIN]),
        )
        return [found[place] for place in wanted]

    def whole(self) -> list[Entry]:
        """Return all entries, the newest first. Two queries."""
        found = self._read(self.lines, self.entries)
        order = sorted(found, key=lambda place: (found[place].at, place[1]), reverse=True)
        return [found[place] for place in order]

    def _read(
        self, lines: QuerySet[Transition], entries: QuerySet[LogEntry]
    ) -> dict[tuple[str, int], Entry]:
        return {
            **{(DESK, line.pk): entry_of(line) for line in lines},
            **{(ADMIN, one.pk): self._entry(one) for one in entries.select_related("user")},
        }

    def _entry(self, entry: LogEntry) -> Entry:
        return Entry(
            at=entry.action_time,
            who=entry.user.get_username(),
            kind=self.kind,
            name=self.name,
            number=self.numbers.get(str(entry.object_id)),
            action=ADMIN_ACTIONS.get(entry.action_flag, "changed"),
            why=entry.get_change_message(),
            source=ADMIN,
        )


def timeline_of_piece(kind: str, name: str) -> Timeline:
    """Return the timeline of a piece through all its editions, also of one that is gone."""
    numbers: dict[str, int] = {}
    entries = _entries_about(KINDS[kind])
    if kind == "clause":
        versions = ClauseVersion.objects.filter(clause=name)
        numbers = {str(key): number for key, number in versions.values_list("pk", "number")}
        keys = versions.order_by().annotate(key=Cast("pk", TextField())).values("key")
        # A version that was thrown away is known by what the admin called it.
        mine = Q(object_id__in=keys) | Q(object_repr__startswith=f"{name}, version ")
        entries = entries.filter(mine)
    else:
        entries = entries.filter(object_id=name)
    return Timeline(kind, name, lines_of(kind, name), entries, numbers)


def timeline_of_release(release: Release) -> Timeline:
    """Return the timeline of a release: its own lines, and those of all pieces it released."""
    in_it = Transition.objects.filter(
        action__in=["released", "retired"], why=f"In release {release.number}"
    )
    same = in_it.filter(
        kind=OuterRef("kind"), name=OuterRef("name"), number=OuterRef("number")
    ).order_by()
    name = str(release.number)
    lines = Transition.objects.defer("content").filter(
        Q(kind="release", name=name)
        | Q(id__in=in_it.order_by().values("id"))
        | (Q(action="approved") & Exists(same))
    )
    entries = _entries_about(Release).filter(object_id=str(release.pk))
    return Timeline("release", name, lines, entries, {str(release.pk): release.number})


def _entries_about(model: type[Any]) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(
        content_type__app_label=model._meta.app_label,
        content_type__model=model._meta.model_name,
    )


def paged(timeline: Timeline, number: str | None) -> dict[str, Any]:
    """Return what a template needs of one page of a timeline: ``page`` and ``entries``."""
    page = Paginator(timeline.places(), PAGE).get_page(number)
    return {"page": page, "entries": timeline.at(page.object_list)}


# ------------------------------------------------------------------ CSV


def as_csv(entries: Iterable[Entry]) -> str:
    """Return a table for spreadsheets: moments in UTC, and no cell that is a formula."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for entry in entries:
        at = entry.at.astimezone(UTC).isoformat(timespec="seconds")
        number = "" if entry.number is None else str(entry.number)
        what = (entry.who, entry.kind, entry.name, number, entry.action, entry.why, entry.source)
        writer.writerow([at, *map(_safe, what)])
    return BYTE_ORDER_MARK + table.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _download(timeline: Timeline) -> HttpResponse:
    name = slugify(f"timeline-{timeline.kind}-{timeline.name}".replace(":", "-"))
    response = HttpResponse(as_csv(timeline.whole()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


# ------------------------------------------------------------------ pages


@desk_page("pieces/<str:kind>/<str:name>/timeline.csv", "piece_timeline_csv")
@for_readers
def piece_timeline_csv(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Download the timeline of a piece."""
    find_past_piece(kind, name)
    return _download(timeline_of_piece(kind, name))


@desk_page("releases/<int:number>/timeline.csv", "release_timeline_csv")
@for_readers
def release_timeline_csv(request: HttpRequest, number: int) -> HttpResponse:
    """Download the timeline of a release and of what it released."""
    return _download(timeline_of_release(find_release(number)))


@desk_page("releases/<int:number>/timeline/", "release_timeline")
@for_readers
def release_timeline(request: HttpRequest, number: int) -> HttpResponse:
    """Show the timeline of a release and of what it released."""
    release = find_release(number)
    return page_of(
        request,
        "timeline.html",
        f"Timeline of {str(release).lower()}",
        breadcrumbs=[(str(release), reverse("admin:release_page", args=[number]))],
        release=release,
        **paged(timeline_of_release(release), request.GET.get("page")),
    )
