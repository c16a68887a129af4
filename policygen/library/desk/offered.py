"""What the desk offers to whoever writes: answers that conditions can name, and placeholders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from policygen.core.placeholders import DERIVED, FILTERS, paths
from policygen.core.vocabulary import CHOICES, Kind, Question, Vocabulary

DERIVED_MEANINGS = {
    "practice": "The short name, or the full name if there is none",
    "document_date": "The day for which the policy is made",
}

FREE_OF_FILTERS = frozenset({"text", "link"})
"""Types of values that can be printed as they are."""


@dataclass(frozen=True)
class Suggestion:
    """A whole placeholder that can be put into a text, and what it prints."""

    text: str
    prints: str


@dataclass(frozen=True)
class Value:
    """Something that can be printed: what it is, and the ways to print it."""

    meaning: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True)
class Offers:
    """The values that belong to one question."""

    title: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Offered:
    """All that a vocabulary offers."""

    vocabulary: Vocabulary

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Map each atom that a condition may name to what it means, in the interview's order."""
        return {
            atom: meaning
            for question in self.vocabulary.questions
            for atom, meaning in _atoms(question)
        }

    def atom_called(self, text: str) -> str:
        """Return the atom that a label or a whole meaning stands for; else the text as it is."""
        words = text.strip()
        return words if words in self.meanings else self._by_words.get(words.casefold()) or text

    @cached_property
    def _by_words(self) -> dict[str, str]:
        """Map labels and meanings to atoms, where they stand for one only."""
        called: dict[str, list[str]] = {}
        for atom, meaning in self.meanings.items():
            called.setdefault(meaning.casefold(), []).append(atom)
            if option := self.vocabulary.option(atom):
                called.setdefault(option.label.casefold(), []).append(atom)
        return {words: atoms[0] for words, atoms in called.items() if len(set(atoms)) == 1}

    @cached_property
    def placeholders(self) -> tuple[Offers, ...]:
        """The placeholders that a text may hold, by question."""
        known = paths(self.vocabulary)
        derived = tuple(
            Value(DERIVED_MEANINGS[path], _suggestions(path, known[path]))
            for path in DERIVED
            if path in known
        )
        by_question = (
            Offers(
                question.ask,
                tuple(
                    Value(meaning, _suggestions(path, known[path]))
                    for path, meaning in _values(question)
                    if path in known
                ),
            )
            for question in self.vocabulary.questions
        )
        every = (Offers("The policy itself", derived), *by_question)
        return tuple(offers for offers in every if offers.values)


def _atoms(question: Question) -> Iterator[tuple[str, str]]:
    anything = "anything ticked" if question.options else "an answer given"
    yield question.id, f"{anything} — {question.ask}"
    if question.kind in CHOICES:
        for group, label in question.groups.items():
            yield f"{question.id}.{group}", f"anything under “{label}” — {question.ask}"
    for option in question.offered:
        yield f"{question.id}:{option.id}", f"{option.label} — {question.ask}"


def _values(question: Question) -> Iterator[tuple[str, str]]:
    match question.kind:
        case Kind.MANY:
            yield question.id, "Everything that was ticked"
            for group, label in question.groups.items():
                yield f"{question.id}.{group}", f"What was ticked under “{label}”"
        case Kind.ONE:
            yield question.id, "The option that was chosen"
        case Kind.CONTACTS:
            for option in question.offered:
                yield f"{question.id}.{option.id.replace('-', '_')}", option.label
        case _:
            yield question.id, "The answer"


def _suggestions(path: str, kind: str) -> tuple[Suggestion, ...]:
    plain = [Suggestion(_written(path), "as it is")] if kind in FREE_OF_FILTERS else []
    filtered = [
        Suggestion(_written(path, name), one.help)
        for name, one in FILTERS.items()
        if one.takes == kind
    ]
    return (*plain, *filtered)


def _written(*parts: str) -> str:
    return "{{ " + " | ".join(parts) + " }}"
