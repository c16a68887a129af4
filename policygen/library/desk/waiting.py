"""What waits for whom: lists over all kinds of pieces, each one query however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.contrib.auth.models import User
from django.db.models import (
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Transform,
    Value,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from policygen.library.desk.lines import FROM_FILES
from policygen.library.desk.steps import may
from policygen.library.guards import WRITING
from policygen.library.models import KINDS, State, Transition
from policygen.library.pieces import Content
from policygen.library.publishing import APPROVE, DRAFT

TITLES = {
    "title": "title",
    "section": "title",
    "question": "ask",
    "option": "label",
    "regime": "said__name",
    "conflict": "name",
}
"""The field by which people know a piece, or a part of one; a clause has a title."""

SENT_BACK = "sent back"


class Waiting(NamedTuple):
    """A piece on its way. ``last`` is what was last done to it, comments aside, by whom and why."""

    kind: str
    name: str
    number: int
    title: str
    state: str
    withdrawn: bool
    reason: str
    writer: str
    since: datetime
    last: str
    last_who: str
    last_why: str

    @property
    def kind_label(self) -> str:
        """What people call such pieces."""
        return str(KINDS[self.kind]._meta.verbose_name)

    @property
    def state_label(self) -> str:
        """What people call its state."""
        return str(State(self.state).label)


def title_in(kind: str) -> F | Transform:
    """Return what people know a piece of this kind by, as a query reads it."""
    path = TITLES.get(kind, "title")
    return KT(path) if "__" in path else F(path)


def title_of(kind: str, name: str, content: Content) -> str:
    """Return what people know a piece by, from what it says."""
    found: Any = content
    for part in TITLES.get(kind, "title").split("__"):
        found = found.get(part) if isinstance(found, Mapping) else None
    return str(found or name)


COLUMNS = [f"row_{name}" for name in Waiting._fields]


@dataclass(frozen=True)
class Listing:
    """A list of what waits: its key in addresses, its heading, what it says when it is empty."""

    key: str
    heading: str
    empty: str
    rows: QuerySet[Any, tuple[Any, ...]]

    def first(self, limit: int) -> list[Waiting]:
        """Return those that have waited longest."""
        return [Waiting(*row) for row in self.rows[:limit]]


def listings(person: User) -> list[Listing]:
    """Return the lists of the queue that make sense for somebody; nothing is fetched yet."""
    mine = Q(row_mine=True) | Q(edited_by=person)
    review, draft = Q(state=State.REVIEW), Q(state=State.DRAFT)
    sent_back = Q(row_last=SENT_BACK)
    own = draft & Q(edited_by=person)
    approves, drafts = may(person, APPROVE), may(person, DRAFT)
    found = []

    def add(key: str, heading: str, empty: str, chosen: Q) -> None:
        found.append(Listing(key, heading, empty, _rows(person, chosen)))

    if approves:
        add("waiting", "Waits for you", "Nothing waits for your approval.", review & ~mine)
    if drafts:
        add("back", "Sent back to you", "Nothing was sent back to you.", own & sent_back)
        add("drafts", "Your drafts", "You have no open drafts.", own & ~sent_back)
        from_files = draft & Q(edited_by=None)
        add("files", "Drafts from files", "No draft came from files.", from_files)
    others = review & mine if approves else review
    add("others", "Waiting for others", "Nothing waits for somebody else.", others)
    approved = Q(state=State.APPROVED)
    add("approved", "Approved, waits for a release", "Nothing waits for a release.", approved)
    return found


def _rows(person: User, chosen: Q) -> QuerySet[Any, tuple[Any, ...]]:
    first, *others = (_of_kind(kind, person).filter(chosen).values_list(*COLUMNS) for kind in KINDS)
    rows = first.union(*others, all=True).order_by("row_since", "row_kind", "row_name")
    return cast("QuerySet[Any, tuple[Any, ...]]", rows)


def _of_kind(kind: str, person: User) -> QuerySet[Any]:
    name = "clause_id" if kind == "clause" else "pk"
    lines = Transition.objects.filter(
        kind=kind, name=OuterRef(name), number=OuterRef("number")
    ).order_by("-id")
    moves = lines.exclude(action="commented")
    rows: Any = KINDS[kind]._default_manager.order_by()
    annotated: QuerySet[Any] = rows.annotate(
        row_kind=Value(kind, CharField()),
        row_name=F(name),
        row_number=F("number"),
        row_title=title_in(kind),
        row_state=F("state"),
        row_withdrawn=F("withdrawn"),
        row_reason=F("reason"),
        row_writer=Coalesce("edited_by__username", Value(FROM_FILES), output_field=CharField()),
        row_since=Coalesce(Subquery(moves.values("at")[:1]), F("edited_at")),
        row_last=_of_last("action", moves),
        row_last_who=_of_last("who", moves),
        row_last_why=_of_last("why", moves),
        row_began=Coalesce(Subquery(lines.filter(action="began").values("pk")[:1]), 0),
        row_mine=Exists(lines.filter(action__in=WRITING, by=person, pk__gte=OuterRef("row_began"))),
    )
    return annotated


def _of_last(field: str, moves: QuerySet[Transition]) -> Coalesce:
    return Coalesce(Subquery(moves.values(field)[:1]), Value(""), output_field=TextField())
