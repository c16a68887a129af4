"""Pieces of a page that are drawn once and kept.

Drawing a page with templates takes longer than everything else that is done for it, and most of it
looks the same to everybody who has not answered it yet. So finished pieces are kept by what they
show, and by nothing else: who looks at them makes no difference. docs/decisions/0034 has figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from policygen.policies.drafting.places import Place
from policygen.wizard.steps import Step

if TYPE_CHECKING:
    from policygen.wizard.forms import Asked

HOLE = "\0"
"""Stands in a frame where each request puts something else; no text that is shown can hold it."""

SHOWN_LINES = 5
"""How many locations are named where nobody can change them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the notices and questions of a page.

    ``place`` is where the draft belongs, if it is one of a practice.
    """

    step: Step
    shown: tuple[Step, ...]
    finished: frozenset[str]
    draft: str
    place: Place | None
    from_review: bool
    wrong: bool


@lru_cache(maxsize=4096)
def choice(shape: str, name: str, value: str, label: str, help: str, ticked: bool) -> SafeString:
    """Return a row: a checkbox or a radio button with its label and help."""
    return render_to_string(
        "wizard/choice.html",
        {
            "shape": shape,
            "name": name,
            "value": value,
            "label": label,
            "help": help,
            "ticked": ticked,
        },
    )


@lru_cache(maxsize=512)
def question(asked: Asked) -> SafeString:
    """Return a question with its inputs, and with what is wrong with them."""
    return render_to_string("wizard/question.html", {"one": asked})


@lru_cache(maxsize=512)
def fixed(name: str, ask: str, lines: tuple[str, ...], note: str, address: str) -> SafeString:
    """Return a question that the list of locations answers, with the answer in words."""
    context = {
        "name": name,
        "ask": ask,
        "lines": lines[:SHOWN_LINES],
        "more": max(0, len(lines) - SHOWN_LINES),
        "note": note,
        "address": address,
    }
    return render_to_string("wizard/fixed.html", context)


@lru_cache(maxsize=512)
def frame(around: Frame) -> list[str]:
    """Return a page in five parts.

    Between them stand the links of whoever asks, notices, the form's opening, and the questions.
    """
    position = around.shown.index(around.step)
    context = {
        "frame": around,
        "number": position + 1,
        "before": around.shown[position - 1] if position else None,
        "account": HOLE,
        "notices": HOLE,
        "opening": HOLE,
        "questions": HOLE,
    }
    return render_to_string("wizard/page.html", context).split(HOLE)
