"""From addresses to pieces and back."""

from __future__ import annotations

from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse

from policygen.library.desk.lines import lines_of
from policygen.library.models import KINDS, ClauseVersion, Release
from policygen.library.publishing import AnyPiece

NO_PIECE = "There is no such piece in the library."
PEOPLE = ("edited_by", "approved_by")


def find_piece(kind: str, name: str) -> AnyPiece:
    """Return a piece as it stands, of a clause the newest version. Raises ``Http404``."""
    found = find_past_piece(kind, name)
    if found is None:
        raise Http404(NO_PIECE)
    return found


def find_past_piece(kind: str, name: str) -> AnyPiece | None:
    """Return a piece, or ``None`` if it was thrown away. Raises ``Http404`` if it never was."""
    if kind not in KINDS or "\0" in name:  # PostgreSQL refuses a NUL
        raise Http404(NO_PIECE)
    found = _row(kind, name)
    if found is None and not lines_of(kind, name).exists():
        raise Http404(NO_PIECE)
    return found


def _row(kind: str, name: str) -> AnyPiece | None:
    if kind == "clause":
        versions = ClauseVersion.objects.select_related("clause__newest", "section", *PEOPLE)
        return versions.filter(newest_of=name).first()
    rows: QuerySet[AnyPiece] = KINDS[kind]._default_manager.select_related(*PEOPLE)
    return rows.filter(pk=name).first()


def find_release(number: int) -> Release:
    """Return a release without its text, which is large. Raises ``Http404``."""
    rows = Release.objects.defer("snapshot", "frame").select_related("made_by", "published_by")
    found = rows.filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise Http404("There is no such release.")
    return found


def change_address(piece: AnyPiece) -> str:
    """Return the address of the page where a piece is read and written."""
    return reverse(f"admin:{piece._meta.db_table}_change", args=[quote(piece.pk)])


def piece_address(page: str, kind: str, name: str) -> str:
    """Return the address of one of the desk's own pages about a piece."""
    return reverse(f"admin:{page}", args=[kind, name])
