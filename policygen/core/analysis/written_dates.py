"""Dates as people write them in running text, and those that no calendar has."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from policygen.core.text import MONTHS

NAMES = "|".join([*MONTHS, *(rf"{name[:3]}\.?" for name in MONTHS), r"Sept\.?"])
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>(?:19|20|21)\d\d)\b"

FORMS = tuple(
    re.compile(rf"(?<![\w/.-]){form}(?![/-]\d)", re.IGNORECASE)
    for form in (
        rf"(?P<name>{NAMES})\s+{DAY},?\s+{YEAR}",
        rf"{DAY}\s+(?:of\s+)?(?P<name>{NAMES}),?\s+{YEAR}",
        rf"(?P<name>{NAMES}),?\s+(?:of\s+)?{YEAR}",
        rf"{YEAR}-(?P<month>\d\d)-(?P<day>\d\d)\b",
        rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/{YEAR}",
    )
)
"""“May 3, 2026”, “3 May 2026”, “May 2026”, “2026-05-03” and “5/3/2026”."""


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date in a text: where it begins, how it is written, and the day; ``None`` if it is none.

    A month without a day stands for its last day.
    """

    start: int
    text: str
    day: date | None


def written_dates(text: str) -> Iterator[WrittenDate]:
    """Give the dates of a text that have a year, form after form."""
    for form in FORMS:
        for found in form.finditer(text):
            yield WrittenDate(found.start(), found[0], _day_of(found.groupdict()))


def _day_of(parts: dict[str, str]) -> date | None:
    year = int(parts["year"])
    month = _month(parts["name"]) if "name" in parts else int(parts["month"])
    if "day" not in parts:
        return date(year, month, monthrange(year, month)[1])
    day = int(parts["day"])
    if month > 12 >= day:  # written with the day before the month
        day, month = month, day
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(name: str) -> int:
    begins = [month[:3].lower() for month in MONTHS]
    return begins.index(name[:3].lower()) + 1
