"""Pieces of a page that are drawn once and kept.

Drawing a question with a template takes longer than everything else that is done for it, and most
questions look the same to everybody who has not answered them yet. So finished pieces are kept by
what they show, and by nothing else: who looks at them makes no difference.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from policygen.wizard.steps import Step

if TYPE_CHECKING:
    from policygen.wizard.forms import Asked


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


@lru_cache(maxsize=256)
def page_list(shown: tuple[Step, ...], finished: frozenset[str], current: Step) -> SafeString:
    """Return the list of pages beside a page."""
    return render_to_string(
        "wizard/page_list.html", {"shown": shown, "finished": finished, "step": current}
    )
