"""Placeholders explained to people who do not write clauses for a living.

``{{ marketing | listing }}`` stands for your answer to “How do you advertise?”, for example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policygen.core.placeholders import (
    DERIVED,
    DOCUMENT_DATE,
    FILTERS,
    Filling,
    Placeholder,
    attribute,
    fill,
    paths,
)
from policygen.core.plain_text import joined, lines_of
from policygen.core.vocabulary import Kind, Question, Vocabulary

USUAL = {
    "text": (),
    "phrases": ("listing",),
    "day": ("date",),
    "link": ("link",),
    "places": ("places_block",),
    "contact": ("reach",),
}
"""The filters with which a value of each type is mostly printed."""

OF_NO_QUESTION = {
    "practice": "what your practice is called: for short, if you gave a short name",
    DOCUMENT_DATE: "the day that the policy is made for",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A placeholder as it is written, what it stands for, and what it prints now.

    ``prints`` is empty where the answers give it no value: then a clause with it is left out.
    """

    source: str
    stands_for: str
    prints: str


def explained(
    placeholders: Iterable[Placeholder], vocabulary: Vocabulary, filling: Filling
) -> tuple[Explained, ...]:
    """Explain placeholders that were checked against this vocabulary."""
    return tuple(
        Explained(str(one), stands_for(one, vocabulary), _prints(one, filling))
        for one in placeholders
    )


def all_placeholders(vocabulary: Vocabulary) -> Iterator[Placeholder]:
    """Give each path that a text may name, with the filters with which it is mostly printed."""
    for path, kind in paths(vocabulary).items():
        yield Placeholder(path, USUAL[kind])


def stands_for(placeholder: Placeholder, vocabulary: Vocabulary) -> str:
    """Return what a placeholder stands for: a phrase that begins in small letters."""
    path = placeholder.path
    if path in DERIVED:
        return OF_NO_QUESTION[path]
    name, _, part = path.partition(".")
    question = vocabulary.by_id[name]
    answer = f"your answer to “{question.ask}”"
    manner = ", ".join(FILTERS[one].help for one in placeholder.filters)
    return "".join(
        [answer, _of(question, part), f", printed like this: {manner}" if manner else ""]
    )


def _of(question: Question, part: str) -> str:
    if not part:
        return ""
    if question.kind is Kind.CONTACTS:
        labels = [o.label for o in question.options if attribute(o.id) == part]
        return f", for “{labels[0]}”" if labels else ""
    return f", as far as it belongs to “{question.groups.get(part, part)}”"


def _prints(placeholder: Placeholder, filling: Filling) -> str:
    found = filling.value(placeholder.path)
    if found is None:
        return ""
    made = fill(placeholder, found.value)
    return joined(made) if isinstance(made, tuple) else "; ".join(lines_of(made))
