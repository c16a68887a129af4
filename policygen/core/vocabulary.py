"""The questions that can be asked and the options that can be ticked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from policygen.core.conditions import (
    ALWAYS,
    ATOM,
    OPTION,
    QUESTION,
    Condition,
    parse_condition,
    question_of,
)
from policygen.core.problems import Problem, Refused, nearest, quoted


class Kind(StrEnum):
    """What an answer to a question looks like."""

    ONE = "one"
    MANY = "many"
    NAME = "name"
    TEXT = "text"
    LINK = "link"
    DATE = "date"
    NUMBER = "number"
    LINES = "lines"
    PLACES = "places"
    CONTACT_POINTS = "contact_points"
    CONTACTS = "contacts"


CHOICES = frozenset({Kind.ONE, Kind.MANY})
"""Kinds answered by ticking options."""

LISTED = frozenset({*CHOICES, Kind.CONTACT_POINTS, Kind.CONTACTS})
"""Kinds that have options: what can be ticked, the channels, the purposes of contact."""

DONT_KNOW = "dont-know"
NONE = "none"
RESERVED = frozenset({DONT_KNOW, NONE})


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be ticked. ``phrase`` is how a sentence names it."""

    id: str
    label: str
    help: str
    phrase: str
    group: str
    informative: bool = False


@dataclass(frozen=True)
class Question:
    """A question as the interview asks it.

    ``page`` is the id of the interview page; ``when`` says whether it is asked at all; ``groups``
    maps group ids to their labels, in order; ``minimum`` and ``maximum`` bound a number.
    """

    id: str
    kind: Kind
    page: str
    ask: str
    help: str = ""
    example: str = ""
    required: bool = False
    when: Condition = ALWAYS
    groups: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    minimum: int = 0
    maximum: int = 1_000_000

    @cached_property
    def by_id(self) -> dict[str, Option]:
        """Map option ids to options."""
        return {option.id: option for option in self.options}

    def in_group(self, group: str) -> tuple[Option, ...]:
        """Return the options of a group, in order."""
        return tuple(option for option in self.options if option.group == group)

    def atoms(self) -> Iterator[str]:
        """Give every atom that can be said of this question."""
        yield self.id
        if self.kind in CHOICES:
            yield from (f"{self.id}.{group}" for group in self.groups)
        yield from (f"{self.id}:{option.id}" for option in self.options)


@dataclass(frozen=True)
class Vocabulary:
    """All questions, in the order of the interview."""

    questions: tuple[Question, ...]

    @cached_property
    def by_id(self) -> dict[str, Question]:
        """Map question ids to questions."""
        return {question.id: question for question in self.questions}

    @cached_property
    def atoms(self) -> frozenset[str]:
        """Every atom that names something in this vocabulary."""
        return frozenset(atom for question in self.questions for atom in question.atoms())

    def check_atoms(self, atoms: Iterable[str]) -> Iterator[str]:
        """Give a message for each atom that names nothing, with the likely right names."""
        for atom in atoms:
            if atom not in self.atoms:
                same = [known for known in self.atoms if question_of(known) == question_of(atom)]
                yield f"{quoted(atom)} names no answer. {nearest(atom, same or self.by_id)}"

    def option(self, atom: str) -> Option | None:
        """Return the option that ``question:option`` names, if there is one."""
        question, _, option = atom.partition(":")
        return self.by_id[question].by_id.get(option) if question in self.by_id else None


QUESTION_KEYS = frozenset(
    {
        *("id", "kind", "page", "ask", "help", "example", "required", "when"),
        *("groups", "options", "min", "max"),
    }
)
OPTION_KEYS = frozenset(["id", "group", "label", "help", "phrase", "informative"])


def parse_vocabulary(raw: Sequence[Mapping[str, Any]]) -> Vocabulary:
    """Read the list of questions. Raises ``Refused``; places read ``questions.<id>``."""
    problems: list[Problem] = []
    questions: list[Question] = []
    for position, entry in enumerate(raw, start=1):
        where = (
            f"questions.{entry.get('id', position)}" if isinstance(entry, Mapping) else "questions"
        )
        try:
            question = _parse_question(entry)
        except Refused as refused:
            problems += [problem.inside(where) for problem in refused.problems]
            continue
        earlier = Vocabulary(tuple(questions))
        if question.id in earlier.by_id:
            problems.append(Problem(where, "This id stands twice. Give each question its own."))
            continue
        problems += _check_when(where, question, earlier)
        questions.append(question)
    if problems:
        raise Refused(problems)
    return Vocabulary(tuple(questions))


def _check_when(where: str, question: Question, earlier: Vocabulary) -> Iterator[Problem]:
    for message in earlier.check_atoms(question.when.atoms()):
        yield Problem(f"{where}.when", f"{message} Only earlier questions can decide.")
    for atom in question.when.atoms():
        other = earlier.by_id.get(question_of(atom))
        if other is not None and other.page == question.page:
            yield Problem(
                f"{where}.when",
                f"{quoted(atom)} is asked on the same page. "
                "A question can depend on earlier pages only.",
            )


def _parse_question(raw: object) -> Question:
    if not isinstance(raw, Mapping):
        raise Refused([Problem("", "Write a question as a mapping with id, kind, page and ask.")])
    problems = [
        Problem("", f"{quoted(key)} is no part of a question. {nearest(str(key), QUESTION_KEYS)}")
        for key in raw
        if key not in QUESTION_KEYS
    ]
    identifier, kind = str(raw.get("id", "")), str(raw.get("kind", ""))
    if not re.fullmatch(QUESTION, identifier):
        problems.append(
            Problem("id", "Write the id in small letters, digits and single underscores.")
        )
    if kind not in list(Kind):
        problems.append(
            Problem("kind", f"{quoted(kind)} is no kind of question. {nearest(kind, Kind)}")
        )
        raise Refused(problems)
    for key in ("ask", "page"):
        if not str(raw.get(key, "")).strip():
            problems.append(Problem(key, "This is missing."))
    when = ALWAYS
    if "when" in raw:
        try:
            when = parse_condition(raw["when"])
        except Refused as refused:
            problems += [problem.inside("when") for problem in refused.problems]
    groups = dict(raw.get("groups") or {})
    problems += [
        Problem(f"groups.{group}", "Write the id in small letters, digits and single underscores.")
        for group in groups
        if not re.fullmatch(QUESTION, str(group))
    ]
    if when != ALWAYS and kind in {Kind.CONTACT_POINTS, Kind.CONTACTS}:
        problems.append(Problem("when", "Contacts are always asked for. Remove the condition."))
    options, wrong = _parse_options(raw.get("options") or (), Kind(kind), groups)
    problems += wrong
    limits = {}
    for key, name in (("min", "minimum"), ("max", "maximum")):
        if key in raw:
            if re.fullmatch(r"\d{1,9}", str(raw[key])):
                limits[name] = int(str(raw[key]))
            else:
                problems.append(Problem(key, "Write a whole number."))
    if problems:
        raise Refused(problems)
    return Question(
        id=identifier,
        kind=Kind(kind),
        page=str(raw["page"]),
        ask=str(raw["ask"]),
        help=str(raw.get("help", "")),
        example=str(raw.get("example", "")),
        required=_flag(raw.get("required")),
        when=when,
        groups=groups,
        options=options,
        **limits,
    )


def _parse_options(
    raw: object, kind: Kind, groups: Mapping[str, str]
) -> tuple[tuple[Option, ...], list[Problem]]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        return (), [Problem("options", "Write the options as a list.")]
    if kind in LISTED and not raw:
        return (), [Problem("options", "This kind of question needs options.")]
    if kind not in LISTED and raw:
        return (), [Problem("options", f"A question of the kind {kind} has no options.")]
    options: dict[str, Option] = {}
    problems: list[Problem] = []
    for entry in raw:
        identifier = str(entry.get("id", "")) if isinstance(entry, Mapping) else ""
        where = f"options.{identifier or len(options) + 1}"
        wrong = (
            list(_option_problems(entry, kind, groups))
            if isinstance(entry, Mapping)
            else ["Write a mapping."]
        )
        if identifier in options:
            wrong.append("This id stands twice. Give each option its own.")
        problems += [Problem(where, message) for message in wrong]
        if not wrong:
            options[identifier] = Option(
                id=identifier,
                label=str(entry["label"]),
                help=str(entry["help"]),
                phrase=str(entry["phrase"]),
                group=str(entry.get("group", "")),
                informative=_flag(entry.get("informative")),
            )
    return tuple(options.values()), problems


def _option_problems(
    entry: Mapping[str, Any], kind: Kind, groups: Mapping[str, str]
) -> Iterator[str]:
    for key in entry:
        if key not in OPTION_KEYS:
            yield f"{quoted(key)} is no part of an option. {nearest(str(key), OPTION_KEYS)}"
    identifier = str(entry.get("id", ""))
    if not re.fullmatch(OPTION, identifier):
        yield f"{quoted(identifier)} is no id. Use small letters, digits and single hyphens."
    if identifier in RESERVED:
        yield f"{quoted(identifier)} is kept for the answer itself. Choose another id."
    for key in ("label", "help", "phrase"):
        if not str(entry.get(key, "")).strip():
            yield f"The {key} is missing."
    if kind in CHOICES and str(entry.get("group", "")) not in groups:
        group = quoted(entry.get("group", ""))
        yield f"{group} is no group of this question. {nearest('', groups)}"


def _flag(raw: object) -> bool:
    return raw is True or str(raw).lower() in {"true", "yes"}


def atom_parts(atom: str) -> tuple[str, str, str]:
    """Split an atom into question, group and option; the last two may be empty.

    Raises ``ValueError`` for a text that is no atom.
    """
    match = ATOM.fullmatch(atom)
    if match is None:
        raise ValueError(f"{quoted(atom)} is no atom")
    return match["question"], match["group"] or "", match["option"] or ""
