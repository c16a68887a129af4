"""The questions that can be asked and the options that can be ticked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from itertools import groupby

from policygen.core.conditions import (
    ALWAYS,
    ATOM,
    OPTION,
    QUESTION,
    Condition,
    parse_condition,
    question_of,
)
from policygen.core.plain import Entry, id_of
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

CHANNELS = ("post", "phone", "fax", "email", "form")
"""The channels that the program can check, print and link: ids of options of contact points."""

DONT_KNOW = "dont-know"
NONE = "none"
RESERVED = frozenset({DONT_KNOW, NONE})

RESERVED_QUESTIONS = frozenset(
    {
        *("practice", "document_date"),
        *("and", "or", "not", "in", "is", "if", "else", "true", "false", "none"),
    }
)
"""Ids that no question can have: placeholders without a question, and words of Jinja2."""

LIKE_A_WORD = "small letters, digits and single underscores"


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be ticked. ``phrase`` is how a sentence names it.

    A retired option stands in old answers, where it says nothing any more: it is not offered, and
    whoever had ticked it is asked again.
    """

    id: str
    label: str
    help: str
    phrase: str
    group: str
    informative: bool = False
    retired: bool = False


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

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        """The options that can be chosen now, in order: all but the retired ones."""
        return tuple(option for option in self.options if not option.retired)

    @cached_property
    def retired(self) -> frozenset[str]:
        """The ids of the options that are retired."""
        return frozenset(option.id for option in self.options if option.retired)

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
                asked = question_of(atom)
                close = get_close_matches(asked[:100], self.by_id, n=1, cutoff=0.6)
                likely = asked if asked in self.by_id or not close else close[0]
                same = [known for known in self.atoms if question_of(known) == likely]
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
OPTION_KEYS = frozenset(["id", "group", "label", "help", "phrase", "informative", "retired"])


def parse_vocabulary(raw: Sequence[object]) -> Vocabulary:
    """Read the list of questions. Raises ``Refused``; places read ``questions.<id>.<key>``."""
    problems: list[Problem] = []
    questions: list[Question] = []
    broken: set[str] = set()
    for position, entry in enumerate(raw, start=1):
        where = f"questions.{id_of(entry) or position}"
        try:
            question = _parse_question(entry)
        except Refused as refused:
            problems += [problem.inside(where) for problem in refused.problems]
            broken.add(id_of(entry))
            continue
        earlier = Vocabulary(tuple(questions))
        if question.id in earlier.by_id:
            problems.append(Problem(where, "This id stands twice. Give each question its own."))
            continue
        later = {id_of(other) for other in raw[position:]}
        problems += _check_when(where, question, earlier, broken, later)
        questions.append(question)
    if problems:
        raise Refused(problems)
    return Vocabulary(tuple(questions))


def _check_when(
    where: str,
    question: Question,
    earlier: Vocabulary,
    broken: Collection[str],
    later: Collection[str],
) -> Iterator[Problem]:
    """Give what is wrong with when a question is asked, one problem for each question named."""
    named = (atom for atom in question.when.atoms() if question_of(atom) not in broken)
    atoms: list[str] = []
    for name, of_it in groupby(sorted(named, key=question_of), key=question_of):
        if name == question.id:
            message = f"{quoted(name)} depends on itself. Only earlier questions can decide."
            yield Problem(f"{where}.when", message)
        elif name in later and name not in earlier.by_id:
            message = (
                f"{quoted(name)} is asked later. Only earlier questions can decide. "
                "Put that question on an earlier page, or take it out here."
            )
            yield Problem(f"{where}.when", message)
        else:
            atoms += of_it
    for message in earlier.check_atoms(atoms):
        yield Problem(f"{where}.when", f"{message} Only earlier questions can decide.")
    for atom in atoms:
        other = earlier.by_id.get(question_of(atom))
        if other is not None and other.page == question.page:
            yield Problem(
                f"{where}.when",
                f"{quoted(atom)} is asked on the same page. "
                "A question can depend on earlier pages only.",
            )


def _parse_question(raw: object) -> Question:
    entry = Entry(raw, QUESTION_KEYS, what="a question")
    identifier = entry.name("id", QUESTION, f"Write the id in {LIKE_A_WORD}.")
    if identifier in RESERVED_QUESTIONS:
        entry.refuse("id", f"{quoted(identifier)} is kept for something else. Choose another id.")
    kind = _parse_kind(entry)
    groups = _parse_groups(entry)
    when = _parse_when(entry, kind)
    smallest, largest = entry.number("min", 0), entry.number("max", 1_000_000)
    if smallest > largest:
        entry.refuse("max", f"This must not be smaller than {smallest}.")
    question = Question(
        id=identifier,
        kind=kind,
        page=entry.name("page", QUESTION, f"Write the page in {LIKE_A_WORD}."),
        ask=entry.line("ask"),
        help=entry.line("help", needed=False),
        example=entry.line("example", needed=False),
        required=entry.flag("required"),
        when=when,
        groups=groups,
        options=_parse_options(entry, kind, groups),
        minimum=smallest,
        maximum=largest,
    )
    if entry.problems:
        raise Refused(entry.problems)
    return question


def _parse_kind(entry: Entry) -> Kind:
    kind = entry.text("kind")
    if kind not in list(Kind):
        entry.refuse("kind", f"{quoted(kind)} is no kind of question. {nearest(kind, Kind)}")
        raise Refused(entry.problems)
    return Kind(kind)


def _parse_when(entry: Entry, kind: Kind) -> Condition:
    raw = entry.get("when")
    if raw is None:
        return ALWAYS
    if kind in {Kind.CONTACT_POINTS, Kind.CONTACTS}:
        entry.refuse("when", "Contacts are always asked for. Remove the condition.")
    try:
        return parse_condition(raw)
    except Refused as refused:
        entry.take(refused.problems, at="when")
        return ALWAYS


def _parse_groups(entry: Entry) -> dict[str, str]:
    """Read ``{id: label}``, or in a snapshot, where the order must last, ``[[id, label]]``."""
    raw = entry.get("groups") or {}
    pairs = list(raw.items()) if isinstance(raw, Mapping) else raw
    if not isinstance(pairs, list) or not all(map(_is_pair_of_texts, pairs)):
        message = "Write the groups as {id: label, id: label}. Groups hold options, not groups."
        entry.refuse("groups", message)
        return {}
    groups = {str(group): str(label) for group, label in pairs}
    for group in groups:
        if not re.fullmatch(QUESTION, group):
            entry.refuse(f"groups.{group}", f"Write the id in {LIKE_A_WORD}.")
    return groups


def _is_pair_of_texts(pair: object) -> bool:
    match pair:
        case [str(), str() as label]:
            return label.strip() != "" and label.isprintable()
    return False


def _parse_options(entry: Entry, kind: Kind, groups: Mapping[str, str]) -> tuple[Option, ...]:
    raw = entry.entries("options")
    if kind in LISTED and not raw:
        entry.refuse("options", "This kind of question needs options.")
    if kind not in LISTED and raw:
        entry.refuse("options", f"A question of the kind {kind} has no options.")
    options: dict[str, Option] = {}
    for position, part in enumerate(raw, start=1):
        where = f"options.{id_of(part) or position}"
        try:
            option = _parse_option(part, kind)
        except Refused as refused:
            entry.take(refused.problems, at=where)
            continue
        if option.id in options:
            entry.refuse(where, "This id stands twice. Give each option its own.")
        options[option.id] = option
    if kind in CHOICES and not any(at.where.startswith("groups") for at in entry.problems):
        _check_groups(entry, options, groups)
    return tuple(options.values())


def _check_groups(entry: Entry, options: Mapping[str, Option], groups: Mapping[str, str]) -> None:
    """Refuse each group that options name and that does not exist, once."""
    named: dict[str, list[str]] = {}
    for option in options.values():
        if option.group not in groups:
            named.setdefault(option.group, []).append(option.id)
    for group, members in named.items():
        others = f" {len(members)} options name it." if len(members) > 1 else ""
        message = f"{quoted(group)} is no group.{others} {nearest(group, groups)}"
        entry.refuse(f"options.{members[0]}.group", message)


def _parse_option(raw: object, kind: Kind) -> Option:
    entry = Entry(raw, OPTION_KEYS, what="an option")
    identifier = entry.name(
        "id", OPTION, "Write the id in small letters, digits and single hyphens."
    )
    if identifier in RESERVED:
        entry.refuse("id", f"{quoted(identifier)} is kept for the answer itself. Choose another.")
    group = entry.text("group")
    retired = entry.flag("retired")
    if kind is Kind.CONTACT_POINTS and identifier not in CHANNELS:
        entry.refuse("id", f"{quoted(identifier)} is no channel. {nearest(identifier, CHANNELS)}")
    if kind is Kind.CONTACT_POINTS and retired:
        entry.refuse("retired", "A channel cannot be retired: contacts lead through it.")
    option = Option(
        id=identifier,
        label=entry.printed("label"),
        help=entry.line("help"),
        phrase=entry.printed("phrase"),
        group=group,
        informative=entry.flag("informative"),
        retired=retired,
    )
    if entry.problems:
        raise Refused(entry.problems)
    return option


def atom_parts(atom: str) -> tuple[str, str, str]:
    """Split an atom into question, group and option; the last two may be empty.

    Raises ``ValueError`` for a text that is no atom.
    """
    match = ATOM.fullmatch(atom)
    if match is None:
        raise ValueError(f"{quoted(atom)} is no atom")
    return match["question"], match["group"] or "", match["option"] or ""
