"""What somebody answered: a frozen value, checked against the vocabulary of a release.

Not asked, "no" and "I don't know yet" are three things: a question that is absent, one that is
answered with nothing ticked (or ``none``), and one that is answered ``dont-know``.

The raw form is the same in a YAML file, in a stored draft and in a snapshot: texts, lists and
mappings, nothing else. ``parse_answers`` reads it, ``Answers.to_raw`` gives it back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from policygen.core.conditions import either
from policygen.core.links import email_address, phone_number, web_address
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.text import TextRefused, clean_line, clean_text, day_in_words
from policygen.core.vocabulary import (
    CHOICES,
    DONT_KNOW,
    NONE,
    RESERVED,
    Kind,
    Option,
    Question,
    Vocabulary,
)

NAME_LIMIT = 200
TEXT_LIMIT = 500
LINE_LIMIT = 200
LINES_LIMIT = 30
ADDRESS_LINES_LIMIT = 8
PLACES_LIMIT = 2_000
POINTS_LIMIT = 30
NAMED_LIMIT = 20
"""How many unknown names are answered one by one, each with the likely right names."""

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)

POINT_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

Raw = Any
"""A raw answer: a text, or lists and mappings of texts."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Options ticked, in the vocabulary's order. ``unsure``: there may be more."""

    options: tuple[str, ...]
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A location: its name, the lines of its address, and its brand, which may be blank."""

    name: str
    address: tuple[str, ...]
    brand: str = ""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One way to reach the practice. ``lines`` has one entry unless the channel is ``post``."""

    id: str
    channel: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to contact for one purpose: ids of contact points, and the "Attn:" line of a letter."""

    purpose: str
    points: tuple[str, ...]
    attention: str = ""


Value = (
    str
    | int
    | date
    | tuple[str, ...]
    | tuple[Place, ...]
    | tuple[ContactPoint, ...]
    | tuple[Contact, ...]
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that was given, or (``None``) the answer that there is none."""

    value: Value | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer “I don’t know yet”."""


Answer = Ticked | Fact | Unknown


class Standing(StrEnum):
    """Where a question stands."""

    ANSWERED = "answered"
    UNKNOWN = "unknown"
    OPEN = "open"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Answers:
    """Answers by question id. Build it with ``parse_answers``.

    ``all_apply`` is known of those that ``in_force`` returns. It is a flag and not a reference to
    themselves: whoever read very many answers would wait for the garbage collection to be rid of
    them.
    """

    vocabulary: Vocabulary
    given: Mapping[str, Answer]
    all_apply: bool = field(default=False, compare=False, repr=False)

    def truth(self, atom: str) -> bool | None:
        """Return whether an atom holds; ``None`` when that is unknown or was not asked."""
        return self._truths.get(atom)

    @cached_property
    def _truths(self) -> dict[str, bool | None]:
        truths: dict[str, bool | None] = {}
        for name, answer in self.given.items():
            truths.update(_truths_of(self.vocabulary.by_id[name], answer))
        return truths

    def ticked_under(self, atom: str) -> tuple[str, ...]:
        """Return the options through which an atom holds, or else the atom itself."""
        return self._ticked_under.get(atom, (atom,))

    @cached_property
    def _ticked_under(self) -> dict[str, tuple[str, ...]]:
        under: dict[str, tuple[str, ...]] = {}
        for name, answer in self.given.items():
            if isinstance(answer, Ticked):
                for option in self.vocabulary.by_id[name].offered:
                    if option.id in answer.options:
                        for atom in (name, f"{name}.{option.group}"):
                            under[atom] = (*under.get(atom, ()), f"{name}:{option.id}")
        return under

    @property
    def in_force(self) -> Answers:
        """These answers without those to questions that do not apply.

        A question applies if its condition definitely holds, given the applying questions before
        it. An answer that is left out is not lost: it is still here, and counts again once its
        question applies again.
        """
        return self if self.all_apply else self._applying

    @cached_property
    def _applying(self) -> Answers:
        kept: dict[str, Answer] = {}
        truths = _Truths()
        for question in self.vocabulary.questions:
            if question.when.holds(truths) is not True or question.id not in self.given:
                continue
            kept[question.id] = self.given[question.id]
            truths.known.update(_truths_of(question, kept[question.id]))
        return Answers(self.vocabulary, kept, all_apply=True)

    def standing(self, question: Question) -> Standing:
        """Return whether a question is answered, unknown, open, or skipped as not applying."""
        if question.when.holds(self.in_force) is not True:
            return Standing.SKIPPED
        match self.in_force.given.get(question.id):
            case None:
                return Standing.OPEN
            case Unknown() | Ticked(unsure=True):
                return Standing.UNKNOWN
            case answer if retired_in(question, answer):
                return Standing.UNKNOWN
            case _:
                return Standing.ANSWERED

    def missing(self) -> Iterator[Problem]:
        """Give a problem for each fact without which there is no policy."""
        for question in self.vocabulary.questions:
            if question.required and not self.in_force.truth(question.id):
                yield Problem(question.id, f"This is needed for any policy: {question.ask}")

    def to_raw(self) -> dict[str, Raw]:
        """Return the raw form, in the order of the interview."""
        return {
            question.id: raw_of(self.given[question.id])
            for question in self.vocabulary.questions
            if question.id in self.given
        }


class _Truths:
    """The truths that are known so far while answers are being sifted."""

    def __init__(self) -> None:
        self.known: dict[str, bool | None] = {}

    def truth(self, atom: str) -> bool | None:
        return self.known.get(atom)


def _truths_of(question: Question, answer: Answer) -> Iterator[tuple[str, bool | None]]:
    """Give what an answer says of each atom; what a retired option said is not known any more."""
    match answer:
        case Unknown():
            return
        case Ticked(options, unsure):
            other = None if unsure or retired_in(question, answer) else False
            truths = {o.id: _ticked(o, options, other) for o in question.options}
            yield from ((f"{question.id}:{o.id}", truths[o.id]) for o in question.offered)
            for group in question.groups:
                members = (truths[option.id] for option in question.in_group(group))
                yield f"{question.id}.{group}", either(members)
            yield question.id, either(truths.values())
        case Fact(value):
            named = _named_in(value)
            other = None if retired_in(question, answer) else False
            only_retired = bool(named) and named <= question.retired
            yield question.id, None if only_retired else value is not None
            yield from (
                (f"{question.id}:{option.id}", option.id in named or other)
                for option in question.offered
            )


def _ticked(option: Option, options: Sequence[str], other: bool | None) -> bool | None:
    """Return whether an option was chosen; ``other`` is what holds of one that was not ticked."""
    if option.retired:
        return None if option.id in options else False
    return option.id in options or other


def retired_in(question: Question, answer: Answer) -> frozenset[str]:
    """Return the options that an answer rests on although they are no longer offered."""
    match answer:
        case Ticked(options):
            return question.retired.intersection(options)
        case Fact(value):
            return question.retired & _named_in(value)
    return frozenset()


def _named_in(value: Value | None) -> frozenset[str]:
    """Return the channels or purposes that a value of the contact questions has."""
    if not isinstance(value, tuple):
        return frozenset()
    names = {entry.channel for entry in value if isinstance(entry, ContactPoint)}
    return frozenset(names | {entry.purpose for entry in value if isinstance(entry, Contact)})


def raw_of(answer: Answer) -> Raw:
    """Return the raw form of one answer."""
    match answer:
        case Unknown():
            return DONT_KNOW
        case Ticked(options, unsure):
            return [*options, *([DONT_KNOW] if unsure else [])]
        case Fact(None):
            return NONE
        case Fact(date() as day):
            return day.isoformat()
        case Fact(int() as number):
            return str(number)
        case Fact(str() as text):
            return text
        case Fact(value) if isinstance(value, tuple):
            return _raw_of_tuple(value)
    raise TypeError(f"no raw form for {type(answer)}")


def raw_place(name: str, address: Sequence[str], brand: str = "") -> dict[str, Raw]:
    """Return a location as answers store it. Of a blank brand nothing is said."""
    return {"name": name, **({"brand": brand} if brand else {}), "address": list(address)}


def _raw_of_tuple(value: tuple[Any, ...]) -> Raw:
    first = value[0]
    if isinstance(first, Place):
        return [raw_place(place.name, place.address, place.brand) for place in value]
    if isinstance(first, ContactPoint):
        return {
            point.id: {
                point.channel: list(point.lines) if point.channel == "post" else point.lines[0]
            }
            for point in value
        }
    if isinstance(first, Contact):
        return {
            contact.purpose: {
                "points": list(contact.points),
                **({"attention": contact.attention} if contact.attention else {}),
            }
            for contact in value
        }
    return list(value)


def parse_answers(vocabulary: Vocabulary, raw: Mapping[str, Raw]) -> Answers:
    """Read raw answers. Raises ``Refused``, with every problem's place (``contacts.questions``)."""
    answers, problems = sift_answers(vocabulary, raw)
    if problems:
        raise Refused(problems)
    return answers


def sift_answers(vocabulary: Vocabulary, raw: object) -> tuple[Answers, tuple[Problem, ...]]:
    """Read those raw answers that can be read, and say what is wrong with the others.

    A stored draft is read this way: an option that has vanished from the library, or a damaged
    row, costs one answer and is named, and never the draft.
    """
    if not isinstance(raw, Mapping):
        message = "Write the answers as “question: answer”, one a line."
        return Answers(vocabulary, {}), (Problem("answers", message),)
    unknown = [str(name) for name in raw if name not in vocabulary.by_id]
    problems = [
        Problem(quoted(name), f"There is no such question. {nearest(name, vocabulary.by_id)}")
        for name in unknown[:NAMED_LIMIT]
    ]
    problems += _rest(unknown, "questions")
    given: dict[str, Answer] = {}
    for question in vocabulary.questions:
        if question.id in raw:
            try:
                given[question.id] = parse_answer(question, raw[question.id])
            except Refused as refused:
                problems += [problem.inside(question.id) for problem in refused.problems]
    dangling = list(_dangling_points(given))
    for problem in dangling:
        given.pop(problem.where.partition(".")[0], None)
    return Answers(vocabulary, given), (*problems, *dangling)


def parse_answer(question: Question, raw: Raw) -> Answer:
    """Read the raw answer to one question. Raises ``Refused``."""
    if raw == DONT_KNOW or raw == [DONT_KNOW]:
        if question.required:
            raise Refused([Problem("", "There is no policy without this. Enter it.")])
        return Unknown()
    if question.kind in CHOICES:
        return _parse_ticked(question, raw)
    if raw == NONE or raw in ([], (), {}):
        if question.required:
            raise Refused([Problem("", "There is no policy without this. Enter it.")])
        return Fact(None)
    return _reserved(question, PARSERS[question.kind](question, raw))


def _reserved(question: Question, value: Value) -> Answer:
    """Read a fact that says ``none`` or ``dont-know`` with blanks around it, or in its lines."""
    lines = value if isinstance(value, tuple) else (value,)
    words = [line for line in lines if isinstance(line, str)]
    found = RESERVED.intersection(words)
    if not found:
        return Fact(value)
    if len(lines) > 1:
        message = f"{quoted(min(found))} must stand alone. Write the entries, or only this."
        raise Refused([Problem("", message)])
    return parse_answer(question, words[0])


def _rest(unknown: Sequence[str], what: str) -> list[Problem]:
    """Return one problem for all the unknown names that get none of their own."""
    rest = len(unknown) - NAMED_LIMIT
    return [Problem("", f"There are {rest:,} more unknown {what}.")] if rest > 0 else []


def _parse_ticked(question: Question, raw: Raw) -> Ticked:
    names = [raw] if isinstance(raw, str) else raw
    offered = [option.id for option in question.offered]
    if raw == NONE:
        names = []
    if raw == "":
        raise Refused([Problem("", "This is empty. Choose an option, or answer “none”.")])
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise Refused([Problem("", f"Write a list of options. {nearest('', offered)}")])
    unsure = DONT_KNOW in names
    ticked = [name for name in names if name != DONT_KNOW]
    unknown = [name for name in ticked if name not in question.by_id]
    problems = [
        Problem("", f"{quoted(name)} is no option of “{question.ask}”. {nearest(name, offered)}")
        for name in unknown[:NAMED_LIMIT]
    ]
    problems += _rest(unknown, "options")
    if question.kind is Kind.ONE and (len(set(ticked)) != 1 or unsure) and not problems:
        problems.append(Problem("", f"Choose exactly one. {nearest('', offered)}"))
    if problems:
        raise Refused(problems)
    return Ticked(tuple(option.id for option in question.options if option.id in ticked), unsure)


def _text(raw: Raw, clean: Callable[[str], str], where: str = "") -> str:
    if not isinstance(raw, str):
        raise Refused([Problem(where, "Write a text here, not a list or a mapping.")])
    try:
        text = clean(raw)
    except TextRefused as refused:
        raise Refused([Problem(where, str(refused))]) from None
    if not text:
        raise Refused([Problem(where, "This is empty. Enter it, or answer “none”.")])
    return text


def _line(raw: Raw, where: str = "", limit: int = LINE_LIMIT) -> str:
    return _text(raw, lambda text: clean_line(text, limit=limit), where)


def _parse_name(_question: Question, raw: Raw) -> str:
    return _line(raw, limit=NAME_LIMIT)


def _parse_text(_question: Question, raw: Raw) -> str:
    return _text(raw, lambda text: " ".join(clean_text(text, limit=TEXT_LIMIT).split()))


def _parse_link(_question: Question, raw: Raw) -> str:
    return _text(raw, web_address)


def _parse_date(_question: Question, raw: Raw) -> date:
    try:
        if not isinstance(raw, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw, re.ASCII):
            raise ValueError
        day = date.fromisoformat(raw)
    except ValueError:
        message = f"{quoted(raw)} is no date. Write it as 2026-01-31 (year, month, day)."
        raise Refused([Problem("", message)]) from None
    if not EARLIEST <= day <= LATEST:
        raise Refused([Problem("", f"Enter a date from {EARLIEST.year} to {LATEST.year}.")])
    return day


def _parse_number(question: Question, raw: Raw) -> int:
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,9}", raw):
        number = int(raw)
        if question.minimum <= number <= question.maximum:
            return number
    bounds = f"from {question.minimum} to {question.maximum}"
    message = f"{quoted(raw)} will not do. Enter a whole number {bounds}."
    raise Refused([Problem("", message)])


def _parse_lines(_question: Question, raw: Raw) -> tuple[str, ...]:
    return _lines(raw, "", LINES_LIMIT)


def _lines(raw: Raw, where: str, limit: int) -> tuple[str, ...]:
    entries = [raw] if isinstance(raw, str) else raw
    if not isinstance(entries, list | tuple):
        raise Refused([Problem(where, "Write a list of lines.")])
    if len(entries) > limit:
        raise Refused(
            [Problem(where, f"There are {len(entries)} lines. Keep to {limit} or fewer.")]
        )
    lines = tuple(_line(entry, where) for entry in entries)
    if not lines:
        raise Refused([Problem(where, "This is empty. Enter at least one line.")])
    return tuple(dict.fromkeys(lines))


def _parse_places(_question: Question, raw: Raw) -> tuple[Place, ...]:
    if not isinstance(raw, list | tuple) or not all(isinstance(place, Mapping) for place in raw):
        raise Refused([Problem("", "Write a list of locations, each with name and address.")])
    if len(raw) > PLACES_LIMIT:
        raise Refused(
            [Problem("", f"There are {len(raw)} locations. Keep to {PLACES_LIMIT} or fewer.")]
        )
    return tuple(_parse_place(place, str(number)) for number, place in enumerate(raw, start=1))


def _parse_place(raw: Mapping[str, Raw], where: str) -> Place:
    _only(raw, {"name", "brand", "address"}, where)
    return Place(
        _line(raw.get("name", ""), f"{where}.name"),
        _lines(raw.get("address", []), f"{where}.address", ADDRESS_LINES_LIMIT),
        _line(raw["brand"], f"{where}.brand") if "brand" in raw else "",
    )


def _only(raw: Mapping[str, Raw], known: set[str], where: str) -> None:
    wrong = [key for key in raw if key not in known]
    if wrong:
        raise Refused(
            [
                Problem(where, f"{quoted(key)} has no meaning here. {nearest(str(key), known)}")
                for key in wrong
            ]
        )


def _parse_contact_points(question: Question, raw: Raw) -> tuple[ContactPoint, ...]:
    if not isinstance(raw, Mapping):
        raise Refused([Problem("", "Write contact points as “id: {phone: number}”, one a line.")])
    if len(raw) > POINTS_LIMIT:
        raise Refused(
            [Problem("", f"There are {len(raw)} contact points. Keep to {POINTS_LIMIT} or fewer.")]
        )
    points: list[ContactPoint] = []
    problems: list[Problem] = []
    for identifier, entry in raw.items():
        try:
            points.append(_parse_contact_point(question, str(identifier), entry))
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(problems)
    return tuple(points)


def _parse_contact_point(question: Question, identifier: str, raw: Raw) -> ContactPoint:
    if len(identifier) > 40 or not POINT_ID.fullmatch(identifier):
        message = "Write the id in small letters, digits and single hyphens."
        raise Refused([Problem(quoted(identifier), message)])
    if not isinstance(raw, Mapping) or len(raw) != 1:
        message = f"Give it one channel and its value. {nearest('', question.by_id)}"
        raise Refused([Problem(identifier, message)])
    channel, value = next(iter(raw.items()))
    if channel not in question.by_id:
        message = f"{quoted(channel)} is no channel. {nearest(str(channel), question.by_id)}"
        raise Refused([Problem(identifier, message)])
    return ContactPoint(identifier, channel, contact_lines(channel, value, identifier))


CHANNEL_CHECKS: Mapping[str, Callable[[str], str]] = {
    "phone": phone_number,
    "fax": phone_number,
    "email": email_address,
    "form": web_address,
}
"""How each channel (``CHANNELS``) is read; a letter has lines of its own."""


def contact_lines(channel: str, value: Raw, where: str = "") -> tuple[str, ...]:
    """Read what a channel leads to: address lines, a number, an e-mail or a web address.

    Raises ``Refused``.
    """
    if channel in CHANNEL_CHECKS:
        return (_text(value, CHANNEL_CHECKS[channel], where),)
    return _lines(value, where, ADDRESS_LINES_LIMIT)


def _parse_contacts(question: Question, raw: Raw) -> tuple[Contact, ...]:
    if not isinstance(raw, Mapping):
        raise Refused([Problem("", "Write contacts as “purpose: {points: [ids]}”, one a line.")])
    problems: list[Problem] = []
    for purpose in raw:
        if purpose not in question.by_id:
            offered = [option.id for option in question.offered]
            message = f"There is no such purpose. {nearest(str(purpose), offered)}"
            problems.append(Problem(quoted(purpose), message))
    contacts: list[Contact] = []
    for option in question.options:
        if option.id in raw:
            try:
                contacts.append(_parse_contact(option.id, raw[option.id]))
            except Refused as refused:
                problems += refused.problems
    if problems:
        raise Refused(problems)
    return tuple(contacts)


def _parse_contact(purpose: str, raw: Raw) -> Contact:
    entry = raw if isinstance(raw, Mapping) else {"points": raw}
    _only(entry, {"points", "attention"}, purpose)
    points = entry.get("points")
    points = [points] if isinstance(points, str) else points
    if (
        not isinstance(points, list | tuple)
        or not points
        or not all(isinstance(p, str) for p in points)
    ):
        raise Refused([Problem(purpose, "Name at least one contact point: “points: [office]”.")])
    if len(points) > POINTS_LIMIT:
        raise Refused([Problem(purpose, f"Keep to {POINTS_LIMIT} contact points or fewer.")])
    attention = _line(entry["attention"], f"{purpose}.attention") if entry.get("attention") else ""
    return Contact(purpose, tuple(dict.fromkeys(points)), attention)


PARSERS: Mapping[Kind, Callable[[Question, Raw], Value]] = {
    Kind.NAME: _parse_name,
    Kind.TEXT: _parse_text,
    Kind.LINK: _parse_link,
    Kind.DATE: _parse_date,
    Kind.NUMBER: _parse_number,
    Kind.LINES: _parse_lines,
    Kind.PLACES: _parse_places,
    Kind.CONTACT_POINTS: _parse_contact_points,
    Kind.CONTACTS: _parse_contacts,
}


def contact_points(given: Mapping[str, Answer]) -> dict[str, ContactPoint]:
    """Return all contact points that were given, by id."""
    return {
        point.id: point
        for answer in given.values()
        if isinstance(answer, Fact) and isinstance(answer.value, tuple)
        for point in answer.value
        if isinstance(point, ContactPoint)
    }


def _dangling_points(given: Mapping[str, Answer]) -> Iterator[Problem]:
    known = contact_points(given)
    for name, answer in given.items():
        if not isinstance(answer, Fact) or not isinstance(answer.value, tuple):
            continue
        for contact in answer.value:
            if isinstance(contact, Contact):
                for point in contact.points:
                    if point not in known:
                        message = (
                            f"There is no contact point {quoted(point)}. {nearest(point, known)}"
                        )
                        yield Problem(f"{name}.{contact.purpose}", message)


def in_words(
    question: Question, answer: Answer, points: Mapping[str, ContactPoint]
) -> tuple[str, ...]:
    """Return an answer as a person reads it back: one line per option or entry."""
    match answer:
        case Unknown():
            return ("I don’t know yet",)
        case Ticked(options, unsure):
            lines = tuple(_label(question.by_id[option]) for option in options)
            if unsure:
                return (*lines, "I don’t know yet whether there is more")
            return lines or ("None of these",)
        case Fact(None):
            return ("None",)
        case Fact(tuple() as entries):
            return tuple(_entry_in_words(question, entry, points) for entry in entries)
        case Fact(date() as day):
            return (day_in_words(day),)
        case Fact(value):
            return (str(value),)


def _label(option: Option) -> str:
    return f"{option.label} (no longer an option)" if option.retired else option.label


def _entry_in_words(question: Question, entry: object, points: Mapping[str, ContactPoint]) -> str:
    match entry:
        case Place(name, address, brand):
            return ", ".join((name, *([brand] if brand else []), *address))
        case ContactPoint(_, channel, lines):
            return f"{question.by_id[channel].label}: {', '.join(lines)}"
        case Contact(purpose, ids, attention):
            ways = "; ".join(", ".join(points[i].lines) for i in ids if i in points)
            note = f" (Attn: {attention})" if attention else ""
            return f"{_label(question.by_id[purpose])}: {ways}{note}"
    return str(entry)
