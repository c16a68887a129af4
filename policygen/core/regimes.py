"""Regimes: what a law wants a privacy policy to state, element by element.

A regime applies to an organization if one of the conditions of ``when`` holds for its answers. Some
laws ask for a document of its own, such as a notice of privacy practices; ``held_when`` says
whether the policy is meant to be that document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from policygen.core.conditions import EVERY_CASE, OPTION, Cases, parse_cases
from policygen.core.plain import Entry, id_of, parse_each
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.vocabulary import Vocabulary

ADDED, REMOVED, REASON = "laws_added", "laws_removed", "laws_reason"
"""Questions by which a person adds or removes a regime, whose id is the option, and says why."""

LIKE_AN_ID = "Write the id in small letters, digits and single hyphens."


class Duty(StrEnum):
    """How strongly a law asks for an element."""

    REQUIRED = "required"
    CONDITIONAL = "conditional"
    RECOMMENDED = "recommended"


class Confidence(StrEnum):
    """How sure the library's lawyers are that the law asks for an element just so."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class MetBy(StrEnum):
    """What meets an element: clauses, the reading level of the text, or an act outside it."""

    CLAUSES = "clauses"
    READING = "reading"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Element:
    """One thing that a regime wants stated.

    ``states`` says what must be stated, in plain words; ``wording`` are lines that the law
    prescribes (all of them in this order; text in square brackets stands for what the
    organization fills in); ``doubt`` says what is not certain about the citation or the duty.
    """

    id: str
    title: str
    states: str
    citation: str
    when: Cases
    duty: Duty
    met_by: MetBy
    wording: tuple[str, ...]
    confidence: Confidence
    doubt: str

    def to_json(self) -> dict[str, Any]:
        """Return its plain form."""
        return {
            "id": self.id,
            "title": self.title,
            "states": self.states,
            "citation": self.citation,
            "when": self.when.to_json(),
            "duty": str(self.duty),
            "met_by": str(self.met_by),
            "wording": list(self.wording),
            "confidence": str(self.confidence),
            "doubt": self.doubt,
        }


@dataclass(frozen=True, slots=True)
class Regime:
    """A law or a body of laws, with the elements that it wants stated.

    ``law_as_of`` is the day (YYYY-MM-DD) of the law's text that was read; ``note`` says what a
    lawyer should know about it.
    """

    id: str
    name: str
    jurisdiction: str
    authority: str
    law_as_of: str
    when: Cases
    held_when: Cases
    note: str
    elements: tuple[Element, ...]

    def to_json(self) -> dict[str, Any]:
        """Return its plain form, which ``parse_regime`` reads."""
        return {
            "id": self.id,
            "name": self.name,
            "jurisdiction": self.jurisdiction,
            "authority": self.authority,
            "law_as_of": self.law_as_of,
            "when": self.when.to_json(),
            "held_when": self.held_when.to_json(),
            "note": self.note,
            "elements": [element.to_json() for element in self.elements],
        }


REGIME_KEYS = frozenset(
    {
        *("id", "name", "jurisdiction", "authority", "law_as_of", "when", "held_when", "note"),
        "elements",
    }
)
ELEMENT_KEYS = frozenset(
    {
        *("id", "title", "states", "citation", "when", "duty", "met_by", "wording"),
        *("confidence", "doubt"),
    }
)


def parse_regimes(raw: Sequence[object], vocabulary: Vocabulary) -> tuple[Regime, ...]:
    """Read regimes. Raises ``Refused``; places read ``<regime>.elements.<element>.<key>``."""
    regimes, problems = parse_each(raw, lambda entry: parse_regime(entry, vocabulary), "regime")
    elements: dict[str, str] = {}
    for regime in regimes.values():
        for element in regime.elements:
            if element.id in elements:
                message = f"The regime “{elements[element.id]}” has an element of this id."
                problems.append(Problem(f"{regime.id}.elements.{element.id}", message))
            elements[element.id] = regime.id
    if problems:
        raise Refused(problems)
    return tuple(regimes[name] for name in sorted(regimes))


def parse_regime(raw: object, vocabulary: Vocabulary) -> Regime:
    """Read one regime. Raises ``Refused``; places are its keys."""
    entry = Entry(raw, REGIME_KEYS, what="a regime")
    regime = Regime(
        id=entry.name("id", OPTION, LIKE_AN_ID),
        name=entry.printed("name"),
        jurisdiction=entry.printed("jurisdiction"),
        authority=entry.printed("authority"),
        law_as_of=_day(entry, "law_as_of"),
        when=read_cases(entry, "when", vocabulary),
        held_when=read_cases(entry, "held_when", vocabulary),
        note=entry.text("note"),
        elements=_parse_elements(entry, vocabulary),
    )
    if entry.problems:
        raise Refused(entry.problems)
    return regime


def _day(entry: Entry, key: str) -> str:
    right = "Write a day such as 2026-01-31."
    text = entry.name(key, r"\d{4}-\d{2}-\d{2}", right)
    try:
        date.fromisoformat(text)
    except ValueError:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            entry.refuse(key, f"There is no such day. {right}")
    return text


def read_cases(entry: Entry, key: str, vocabulary: Vocabulary) -> Cases:
    """Read the conditions under a key of an entry, and note unknown names with it."""
    raw = entry.get(key)
    if raw is None:
        return EVERY_CASE
    try:
        cases = parse_cases(raw)
    except Refused as refused:
        entry.take(refused.problems, at=key)
        return EVERY_CASE
    for message in vocabulary.check_atoms(cases.atoms()):
        entry.refuse(key, message)
    return cases


def _parse_elements(entry: Entry, vocabulary: Vocabulary) -> tuple[Element, ...]:
    elements: dict[str, Element] = {}
    for position, part in enumerate(entry.entries("elements"), start=1):
        where = f"elements.{id_of(part) or position}"
        try:
            element = _parse_element(part, vocabulary)
        except Refused as refused:
            entry.take(refused.problems, at=where)
            continue
        if element.id in elements:
            entry.refuse(where, "This id stands twice. Give each element its own.")
        elements[element.id] = element
    if not elements and not entry.problems:
        entry.refuse("elements", "Write at least one element.")
    return tuple(elements.values())


def _parse_element(raw: object, vocabulary: Vocabulary) -> Element:
    entry = Entry(raw, ELEMENT_KEYS, what="an element")
    element = Element(
        id=entry.name("id", OPTION, LIKE_AN_ID),
        title=entry.printed("title"),
        states=entry.printed("states"),
        citation=entry.printed("citation"),
        when=read_cases(entry, "when", vocabulary),
        duty=Duty(_one_of(entry, "duty", list(Duty))),
        met_by=MetBy(_one_of(entry, "met_by", list(MetBy))),
        wording=entry.texts("wording"),
        confidence=Confidence(_one_of(entry, "confidence", list(Confidence))),
        doubt=entry.line("doubt", needed=False),
    )
    if element.confidence is not Confidence.HIGH and not element.doubt:
        entry.refuse("doubt", "Say what is not certain.")
    if entry.problems:
        raise Refused(entry.problems)
    return element


def _one_of(entry: Entry, key: str, values: Sequence[str]) -> str:
    """Read one of some words; the first one stands for none."""
    value = entry.text(key) or values[0]
    if value not in values:
        entry.refuse(key, f"{quoted(value)} does not fit. {nearest(value, values)}")
        return values[0]
    return value


def element_ids(regimes: Sequence[Regime]) -> Iterator[str]:
    """Give the id of every element."""
    for regime in regimes:
        yield from (element.id for element in regime.elements)
