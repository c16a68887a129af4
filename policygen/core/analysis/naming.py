"""Which clauses name an option, by its own name or by that of its group or question.

Clauses are read in their plain form, and only as far as they name something: a library of
thousands is gone through while somebody waits for a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policygen.core.claims import CLAIM, EXCEPT
from policygen.core.conditions import KEYS
from policygen.core.placeholders import PlaceholderRefused, attribute, parse_placeholder
from policygen.core.vocabulary import CHOICES, Kind

PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


class Place(StrEnum):
    """Where a clause names something."""

    CONDITION = "condition"
    PLACEHOLDER = "placeholder"
    CLAIM = "claim"


class Way(StrEnum):
    """How an option is named: each way takes in more than the one before."""

    ITSELF = "the option itself"
    GROUP = "its group"
    QUESTION = "its question"


@dataclass(frozen=True, slots=True)
class Naming:
    """That something is named: where, how, and as it is written there."""

    place: Place
    way: Way
    written: str


@dataclass(frozen=True)
class Names:
    """The names by which an option can be meant: in conditions and claims, and in placeholders."""

    atoms: Mapping[str, Way]
    paths: Mapping[str, Way]


def names_of(atom: str, kind: str, group: str) -> Names:
    """Return the names of an option, ``question:option``, of a question of this kind."""
    question, _, option = atom.partition(":")
    atoms = {question: Way.QUESTION, atom: Way.ITSELF}
    paths = {question: Way.QUESTION}
    if kind in CHOICES and group:
        atoms[f"{question}.{group}"] = Way.GROUP
    if kind == Kind.MANY and group:
        paths[f"{question}.{group}"] = Way.GROUP
    if kind == Kind.CONTACTS:
        paths[f"{question}.{attribute(option)}"] = Way.ITSELF
    return Names(atoms, paths)


def namings(when: object, body: str, claims: object, names: Names) -> Iterator[Naming]:
    """Give where the plain form of a clause names an option, each name once for each place."""
    for atom in dict.fromkeys(atoms_in(when)):
        if atom in names.atoms:
            yield Naming(Place.CONDITION, names.atoms[atom], atom)
    for path in dict.fromkeys(_paths_in(body)):
        if path in names.paths:
            yield Naming(Place.PLACEHOLDER, names.paths[path], path)
    for atom in dict.fromkeys(_claimed(claims)):
        if atom in names.atoms:
            yield Naming(Place.CLAIM, names.atoms[atom], atom)


def atoms_in(when: object) -> Iterator[str]:
    """Give the atoms of a condition in its plain form."""
    if isinstance(when, Mapping):
        for key in KEYS:
            yield from map(str, when.get(key) or ())


def atoms_in_rule(plain: Mapping[str, Any]) -> Iterator[str]:
    """Give the atoms that a regime, with its elements, or a conflict names, in its plain form."""
    for part in (plain, *plain.get("elements", ())):
        yield from atoms_in_cases((*part.get("when", ()), *part.get("held_when", ())))
    yield from plain.get("unanswered", ())


def atoms_in_cases(cases: Iterable[object] | None) -> Iterator[str]:
    """Give the atoms of some conditions in their plain form."""
    for when in cases or ():
        yield from atoms_in(when)


def _paths_in(body: str) -> Iterator[str]:
    for source in PLACEHOLDER.findall(body):
        try:
            yield parse_placeholder(source).path
        except PlaceholderRefused:
            continue


def _claimed(claims: object) -> Iterator[str]:
    for claim in claims if isinstance(claims, list) else ():
        if match := CLAIM.fullmatch(str(claim).strip()):
            names = match["atoms"].split(";")[match["verb"] == EXCEPT :]  # first stands a slug
            yield from (name.split()[-1] for name in names if name.strip())
