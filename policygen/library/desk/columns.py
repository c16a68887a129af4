"""Columns that the lists of pieces share."""

from __future__ import annotations

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from policygen.library.publishing import AnyPiece


@admin.display(description="state", ordering="state")
def state(piece: AnyPiece) -> SafeString:
    """Show where a piece stands."""
    return render_to_string("admin/library/column_state.html", {"piece": piece})


@admin.display(description="written by", ordering="edited_by__username")
def written_by(piece: AnyPiece) -> str:
    """Name who wrote it; what came from files has no editor."""
    return piece.edited_by.get_username() if piece.edited_by else "from files"


def named(text: str, name: str) -> SafeString:
    """Show what a piece says, and below it the name that it has for good."""
    return render_to_string("admin/library/column_name.html", {"text": text, "name": name})
