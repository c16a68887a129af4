"""Tags of the desk: ``redline changes``, ``state piece`` and ``piece_buttons piece``, for one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from policygen.core.analysis.redline import Change, Mark
from policygen.library.desk.lines import newest_line
from policygen.library.desk.lookup import change_address as address_of
from policygen.library.desk.steps import steps_for
from policygen.library.models import Piece, Release, ReleaseState, State
from policygen.library.publishing import AnyPiece

register = template.Library()

BLANKS = (("\n\n", "¶", "a new paragraph"), ("\n", "↵", "a new line"), ("", "␣", "a blank"))
"""How blanks are shown that were put in or taken out: nobody could see or hear them else."""


@register.inclusion_tag("admin/desk/compare_redline.html")
def redline(changes: Iterable[Change]) -> dict[str, Any]:
    """Mark what was removed and added, for the eye and for the ear.

    It is meant for the inside of ``<div class="redline"><p>``; ends of lines stay.
    """
    return {"changes": [{"change": change, **_blank(change)} for change in changes]}


def _blank(change: Change) -> dict[str, str]:
    if change.mark is Mark.SAME or change.text.strip():
        return {}
    return next(
        {"sign": sign, "words": words} for found, sign, words in BLANKS if found in change.text
    )


@register.simple_tag
def state(subject: Piece | Release) -> SafeString:
    """Show where a piece or a release stands; a piece that takes something out says so."""
    value, label, takes_out = subject.state, subject.get_state_display(), False
    if isinstance(subject, Release):
        to_come = subject.effective_from > timezone.localdate()
        if value == ReleaseState.PUBLISHED and to_come:
            value, label = "scheduled", "Scheduled"
    else:
        takes_out = subject.withdrawn and value != State.RETIRED
    shown = {"value": value, "label": label, "takes_out": takes_out}
    return render_to_string("admin/desk/buttons_state.html", shown)


@register.simple_tag
def change_address(piece: AnyPiece) -> str:
    """Return the address of the page where a piece is read and written."""
    return address_of(piece)


@register.inclusion_tag("admin/desk/buttons.html", takes_context=True)
def piece_buttons(context: Context, piece: AnyPiece) -> dict[str, Any]:
    """Show the steps that this person may take with a piece now, each as a form of its own.

    Put it outside of other forms. The context must have the request.
    """
    return {
        "piece": piece,
        "steps": steps_for(piece, context["request"].user),
        "log": newest_line(piece.kind, piece.name),
        "csrf_token": context.get("csrf_token"),
    }
