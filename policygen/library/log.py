"""The log of the desk: who did what to which piece or release, when and why.

Each line carries the digest of the line before it, so that ``problems`` finds any line that was
changed, taken out or put in behind the desk's back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from policygen.core.library import canonical_json
from policygen.core.problems import Problem
from policygen.library.models import ClauseVersion, FramePiece, Piece, Release, Transition

FIRST = "0" * 64
"""What the first line has in place of the digest of the line before."""


@dataclass(frozen=True)
class Line:
    """What is to be written: about what (kind, name, number), what was done, and why."""

    kind: str
    name: str
    number: int
    action: str
    why: str = ""
    content: str = ""


def line_of(
    subject: FramePiece | ClauseVersion | Release, action: str, why: str = "", *, text: bool = False
) -> Line:
    """Return a line about a piece or a release; with ``text``, it keeps what the piece says."""
    if isinstance(subject, Piece):
        content = canonical_json(subject.content()) if text else ""
        return Line(subject.kind, subject.name, subject.number, action, why, content)
    return Line("release", str(subject.number), subject.number, action, why)


def write(by: AbstractBaseUser | None, lines: Iterable[Line]) -> None:
    """Add lines to the log, in order. The caller holds the desk's lock (``publishing``)."""
    previous = end()
    who, at = by.get_username() if by else "", timezone.now()
    rows = []
    for line in lines:
        row = Transition(
            at=at,
            by_id=by.pk if by else None,
            who=who,
            kind=line.kind,
            name=line.name,
            number=line.number,
            action=line.action,
            why=line.why,
            content=line.content,
            previous=previous,
        )
        row.digest = previous = digest_of(row)
        rows.append(row)
    Transition.objects.bulk_create(rows, batch_size=500)


def digest_of(row: Transition) -> str:
    """Return the SHA-256 of a line with the digest of the line before it."""
    said = {
        "at": _moment(row.at),
        "who": row.who,
        "by": row.by_id,
        "kind": row.kind,
        "name": row.name,
        "number": row.number,
        "action": row.action,
        "why": row.why,
        "content": row.content,
        "previous": row.previous,
    }
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def lines_about(kind: str, name: str) -> Sequence[Transition]:
    """Return the lines about a piece or a release, the newest first."""
    return list(Transition.objects.filter(kind=kind, name=name))


def problems() -> Iterator[Problem]:
    """Give what is wrong with the chain of lines."""
    previous = FIRST
    for row in Transition.objects.order_by("id").iterator(chunk_size=2000):
        if row.previous != previous:
            yield Problem(f"log.{row.pk}", "The line before this one was changed or taken out.")
        elif row.digest != digest_of(row):
            yield Problem(f"log.{row.pk}", "This line was changed after it was written.")
        previous = row.digest


def end() -> str:
    """Return the digest of the last line. Noted elsewhere, it shows later if lines were cut off."""
    return Transition.objects.values_list("digest", flat=True).first() or FIRST


def holds(digest: str) -> bool:
    """Tell whether the log has the line of this digest."""
    return digest == FIRST or Transition.objects.filter(digest=digest).exists()
