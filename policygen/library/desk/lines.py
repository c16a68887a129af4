"""Reading the log: what was done to a piece, and what it said when."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple, cast

from django.db.models import QuerySet

from policygen.library.models import Transition
from policygen.library.pieces import Content

FROM_FILES = "files"
"""Who did what nobody did."""

KEEPING = ("began", "saved", "discarded")
"""Actions whose lines keep what the piece says."""

LARGEST_ID = 2**63 - 1


def lines_of(kind: str, name: str) -> QuerySet[Transition]:
    """Return the lines about a piece or a release, the newest first, without texts."""
    return Transition.objects.filter(kind=kind, name=name).defer("content")


def newest_line(kind: str, name: str) -> int:
    """Return the id of the newest line about a piece; 0 if there is none."""
    return lines_of(kind, name).values_list("id", flat=True).first() or 0


def said_by(kind: str, name: str, line: int) -> Content | None:
    """Return what a piece said just after a line of the log, if the log knows."""
    texts = Transition.objects.filter(kind=kind, name=name, id__lte=min(line, LARGEST_ID))
    content = texts.exclude(content="").values_list("content", flat=True).first()
    return cast("Content", json.loads(content)) if content else None


ACTIONS = {
    "began": "Draft begun",
    "saved": "Text changed",
    "submitted": "Sent in for review",
    "approved": "Approved",
    "sent back": "Sent back",
    "commented": "Comment",
    "discarded": "Thrown away",
    "released": "Released",
    "retired": "Taken out",
    "put back": "Waits for a release again",
    "prepared": "Prepared",
    "replaced": "Replaced by another candidate",
    "published": "Published",
    "cancelled": "Cancelled",
}


def action_in_words(action: str) -> str:
    """Return how people read an action of the log."""
    return ACTIONS.get(action, action.capitalize())


class Entry(NamedTuple):
    """Something that was done, as a timeline shows it. ``source`` is the desk or the admin.

    ``number`` is the edition of the piece or the number of the release, ``None`` if unknown.
    ``line`` is the id in the desk's log, 0 in the admin's.
    """

    at: datetime
    who: str
    kind: str
    name: str
    number: int | None
    action: str
    why: str
    source: str
    line: int = 0

    @property
    def keeps_text(self) -> bool:
        """Whether the log kept what the piece said then."""
        return bool(self.line) and self.action in KEEPING

    @property
    def what(self) -> str:
        """What was done, for people."""
        return action_in_words(self.action)


def entry_of(line: Transition) -> Entry:
    """Return a line of the log as an entry of a timeline."""
    return Entry(
        line.at,
        line.who or FROM_FILES,
        line.kind,
        line.name,
        line.number,
        line.action,
        line.why,
        "desk",
        line.pk,
    )
