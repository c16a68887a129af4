"""The published policies of a batch as one ZIP archive, which is never whole anywhere.

It is sent while it is made: one file at a time is read from the storage, and nothing is written to
a disk. The same versions give the same bytes: order and times are fixed. What cannot be packed is
listed in it with the reason; also what somebody might no longer see while it was sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from re import fullmatch
from stat import S_IFREG
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from stream_zip import ZIP_AUTO, MemberFile, stream_zip

from policygen.core.text import sorted_as
from policygen.policies.bulk.seeing import pieces_for
from policygen.policies.models import Batch, Piece, PieceState, VersionFile
from policygen.policies.published.serving import NotServed, content_of
from policygen.rendering import FORMATS

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""The time of every member: the first one that a ZIP archive can tell."""

MODE = S_IFREG | 0o644
CHUNK = 100
"""How many pieces are asked for at once. Rights are looked at again with each such query."""

UNPACKED: dict[str, str] = {
    PieceState.UNCHANGED: "It was up to date, so nothing was published.",
    PieceState.LEFT_OUT: "It was left out.",
    PieceState.SUPERSEDED: "Somebody changed or published it meanwhile.",
    PieceState.WAITING: "It is not published yet.",
    PieceState.DONE: "It is not published yet.",
    PieceState.FAILED: "It was not published.",
}
"""Why there is no version of a piece."""

UNSEEN = (
    "You were taken out of its practice while this file was sent, or it was taken out of the work."
)

Stored = Mapping[tuple[int, int], Mapping[str, VersionFile]]
"""The files of versions by format, by the id of the policy and the number of the version."""


@dataclass(frozen=True)
class _Packed:
    """A file in the archive; or, with ``lost``, why there is none of this name."""

    name: str
    content: bytes = b""
    lost: str = ""


def stream_zip_of(batch: Batch, user: User, formats: Iterable[str] = ("pdf",)) -> Iterator[bytes]:
    """Give the archive of a batch in pieces of at most 64 KiB: what ``user`` may see of it.

    Its members are ``PRACTICE/POLICY-vNUMBER.FORMAT``, then ``manifest.json`` with the size and the
    SHA-256 of each and what is left out and why; that is also told in ``NOT-PACKED.txt``, if there
    is something. ``formats`` are names of ``FORMATS``. Raises ``KeyError`` at once for another.
    """
    asked = set(formats)
    if unknown := asked.difference(FORMATS):
        raise KeyError(min(unknown))
    wanted = [name for name in FORMATS if name in asked]
    return iter(stream_zip(_members(batch, user, wanted)))


def _members(batch: Batch, user: User, formats: list[str]) -> Iterator[MemberFile]:
    packed: list[dict[str, Any]] = []
    lost: list[dict[str, str]] = []
    for one in _files(batch, user, formats):
        if one.lost:
            lost.append({"name": one.name, "why": one.lost})
            continue
        digest = hashlib.sha256(one.content).hexdigest()
        packed.append({"name": one.name, "size": len(one.content), "sha256": digest})
        yield _member(one.name, one.content)
    lost.sort(key=lambda one: (sorted_as(one["name"]), one["name"]))
    told = {"batch": str(batch.pk), "members": packed, "left_out": lost}
    yield _member("manifest.json", _json(told))
    if lost:
        lines = "".join(f"{one['name']}: {one['why']}\n" for one in lost)
        yield _member("NOT-PACKED.txt", lines.encode())


def _member(name: str, content: bytes) -> MemberFile:
    """Return a member as ``stream_zip`` takes it. A PDF is packed already."""
    level = 0 if name.endswith(".pdf") else 6
    return name, EPOCH, MODE, ZIP_AUTO(len(content), level=level), (content,)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


# ------------------------------------------------------------------ what is in it


def _files(batch: Batch, user: User, formats: list[str]) -> Iterator[_Packed]:
    """Give the files of the versions that were published, in the order of their names.

    Pieces that ``user`` saw at the beginning and sees no more are told by their numbers alone.
    """
    numbers = _in_order(pieces_for(user, batch.pk))
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        pieces = {piece.number: piece for piece in _pieces(batch, user, chunk)}
        stored = _stored(list(pieces.values()), formats)
        for number in chunk:
            if number in pieces:
                yield from _files_of(pieces[number], stored, formats)
            else:
                yield _Packed(_unnamed(number), lost=UNSEEN)


def _in_order(pieces: QuerySet[Piece]) -> list[int]:
    """Return the numbers of pieces in the order of their names in the archive.

    These are made of slugs, which never change; titles do, and the archive would with them.
    """
    named = pieces.order_by().values_list("policy__practice__slug", "policy__slug", "number")
    keys = [
        (sorted_as(practice or ""), sorted_as(policy or ""), number)
        for practice, policy, number in named
    ]
    return [number for _, _, number in sorted(keys)]


def _pieces(batch: Batch, user: User, numbers: list[int]) -> QuerySet[Piece]:
    pieces = pieces_for(user, batch.pk).filter(number__in=numbers)
    return pieces.select_related("policy__practice", "level__location", "level__group__practice")


def _stored(pieces: list[Piece], formats: list[str]) -> Stored:
    """Return the files of the versions that pieces published."""
    found = VersionFile.objects.filter(
        version__policy__pieces__in=pieces,
        version__number=F("version__policy__pieces__version"),
        format__in=formats,
    )
    stored: dict[tuple[int, int], dict[str, VersionFile]] = {}
    for file in found.annotate(of=F("version__policy"), number=F("version__number")):
        stored.setdefault((file.of, file.number), {})[file.format] = file
    return stored


def _files_of(piece: Piece, stored: Stored, formats: list[str]) -> Iterator[_Packed]:
    policy = piece.policy
    if policy is None or piece.version is None:
        why = UNPACKED.get(piece.state, UNPACKED[PieceState.WAITING])
        yield _Packed(_name_of(piece), lost=f"{why} {piece.problem}".strip())
        return
    files = stored.get((policy.pk, piece.version), {})
    for name in formats:
        whole = f"{_name_of(piece)}-v{piece.version}.{name}"
        if name not in files:
            yield _Packed(whole, lost="This version is no longer kept.")
            continue
        try:
            yield _Packed(whole, content_of(files[name]))
        except NotServed:
            yield _Packed(whole, lost="Its stored file is missing or damaged.")


def _name_of(piece: Piece) -> str:
    """Return the folder and the name of a policy: those of its address, which nobody else has."""
    if piece.policy is not None:
        practice, policy = piece.policy.practice, _safe(piece.policy.slug, piece.policy.pk)
    elif piece.level is not None:
        practice, policy = piece.level.group.practice, _unnamed(piece.number)
    else:
        return _unnamed(piece.number)
    return f"{_safe(practice.slug, practice.pk)}/{policy}"


def _unnamed(number: int) -> str:
    return f"policy-{number}-of-the-batch"


def _safe(slug: str, key: int) -> str:
    """Return a slug; or, if somebody wrote something else there, words of ours."""
    return slug if fullmatch("[a-z0-9][a-z0-9-]{0,79}", slug) else f"number-{key}"
