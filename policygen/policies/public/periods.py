"""When versions apply, in words."""

from __future__ import annotations

from datetime import date, timedelta

from policygen.core.text import day_in_words
from policygen.policies.published.versions import Span, Stage


def period(span: Span, today: date) -> str:
    """Return when a version applies, as a sentence without its subject and its full stop."""
    first = day_in_words(span.first)
    if span.until is not None and span.until < span.first:
        return "was replaced by a later one before it applied"
    if span.until == span.first:
        return f"was replaced by a later one that applies from the same day, {first}"
    applies = "applied" if span.stage(today) is Stage.SUPERSEDED else "applies"
    if span.until is None:
        return f"{applies} from {first}"
    last = day_in_words(span.until - timedelta(days=1))
    return f"{applies} on {first}" if last == first else f"{applies} from {first} until {last}"
