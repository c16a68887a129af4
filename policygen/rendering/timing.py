"""How long documents take: told to whoever asks for it, since rendering itself counts nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from time import perf_counter

from policygen.core.document import Document
from policygen.rendering.rendered import Format, Rendered

Listener = Callable[[str, float, str], None]
"""Hears of each document: the name of its format, seconds, and the kind of error if it failed."""

_listeners: list[Listener] = []


def tell(listener: Listener) -> None:
    """Tell somebody of each document from now on."""
    if listener not in _listeners:
        _listeners.append(listener)


def timed(formats: dict[str, Format]) -> dict[str, Format]:
    """Return formats that do the same and tell how long it took."""
    return {
        name: replace(format_, render=_timed(name, format_.render))
        for name, format_ in formats.items()
    }


def _timed(name: str, render: Callable[[Document], Rendered]) -> Callable[[Document], Rendered]:
    @wraps(render)
    def render_and_tell(document: Document) -> Rendered:
        began, failure = perf_counter(), ""
        try:
            return render(document)
        except Exception as error:
            failure = type(error).__name__
            raise
        finally:
            for listener in _listeners:
                listener(name, perf_counter() - began, failure)

    return render_and_tell
