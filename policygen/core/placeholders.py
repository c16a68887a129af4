"""Placeholders in clause text: ``{{ data.health | listing }}``.

They are written as Jinja2 expressions and read with Jinja2's parser, but never compiled and never
run: the parsed tree may hold one name, at most one attribute and listed filters without
arguments, and this module evaluates those itself. Compiling is where template attacks and
template bombs begin (Jinja2 folds constants while compiling), so there is nothing to attack.

A placeholder has a type that follows from the question it names, and each filter maps one type to
another; what does not fit is refused when the clause is read, with the names that would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from jinja2 import TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from policygen.core.answers import (
    Answers,
    Contact,
    ContactPoint,
    Fact,
    Place,
    Ticked,
    contact_points,
)
from policygen.core.document import AddressBlock, AddressEntry, Block, ListBlock, Run
from policygen.core.links import mailto_href, tel_href
from policygen.core.problems import nearest, quoted
from policygen.core.text import day_in_words
from policygen.core.vocabulary import Kind, Question, Vocabulary

SOURCE_LIMIT = 200
"""The longest placeholder that is read, in characters."""

PRACTICE = "practice"
"""The short name if there is one, else the full name: made from two answers, so no question."""

DOCUMENT_DATE = "document_date"
"""The day that the document is assembled for."""

DERIVED: Mapping[str, str] = {PRACTICE: "text", DOCUMENT_DATE: "day"}
"""Paths that no single question answers, with their types."""

_parser = ImmutableSandboxedEnvironment(autoescape=True)
_parser.globals.clear()


class PlaceholderRefused(ValueError):
    """A placeholder cannot be read; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A path (``question``, ``question.group`` or ``contacts.purpose``) and filters, in order."""

    path: str
    filters: tuple[str, ...]

    def __str__(self) -> str:
        return "{{ " + " | ".join((self.path, *self.filters)) + " }}"


@lru_cache(maxsize=4096)
def parse_placeholder(source: str) -> Placeholder:
    """Read what stands between ``{{`` and ``}}``. Raises ``PlaceholderRefused``."""
    if len(source) > SOURCE_LIMIT:
        raise PlaceholderRefused("This placeholder is too long. Write a name and filters only.")
    try:
        tree = _parser.parse("{{" + source + "}}")
    except (TemplateError, RecursionError, SyntaxError, OverflowError, MemoryError, ValueError):
        message = (
            f"{quoted(source)} is no placeholder. Write one like {{{{ data.health | listing }}}}."
        )
        raise PlaceholderRefused(message) from None
    match tree.body:
        case [nodes.Output(nodes=[expression])]:
            return _read(expression, source)
    raise PlaceholderRefused(f"{quoted(source)} is no placeholder. Write a name and filters only.")


def _read(node: nodes.Expr | nodes.Node, source: str) -> Placeholder:
    match node:
        case nodes.Name(name=str(name)):
            return Placeholder(name, ())
        case nodes.Getattr(node=nodes.Name(name=str(name)), attr=str(attribute)):
            return Placeholder(f"{name}.{attribute}", ())
        case nodes.Filter(
            node=inner, name=name, args=[], kwargs=[], dyn_args=None, dyn_kwargs=None
        ) if inner:
            before = _read(inner, source)
            return Placeholder(before.path, (*before.filters, name))
    raise PlaceholderRefused(
        f"{quoted(source)} does more than a placeholder may. "
        "Write question or question.group, then filters after |, without brackets or quotes."
    )


# ------------------------------------------------------------------ types

TYPES: Mapping[Kind, str] = {
    Kind.ONE: "text",
    Kind.MANY: "phrases",
    Kind.NAME: "text",
    Kind.TEXT: "text",
    Kind.LINK: "link",
    Kind.DATE: "day",
    Kind.NUMBER: "text",
    Kind.LINES: "phrases",
    Kind.PLACES: "places",
}


def paths(vocabulary: Vocabulary) -> dict[str, str]:
    """Return every path that a placeholder may name, with the type of its value."""
    known = dict(DERIVED)
    if "practice_name" not in vocabulary.by_id:
        del known[PRACTICE]
    for question in vocabulary.questions:
        if question.kind in TYPES:
            known[question.id] = TYPES[question.kind]
        if question.kind is Kind.MANY:
            known |= {f"{question.id}.{group}": "phrases" for group in question.groups}
        if question.kind is Kind.CONTACTS:
            known |= {f"{question.id}.{attribute(o.id)}": "contact" for o in question.options}
    return known


def attribute(option: str) -> str:
    """Return the name of a purpose of contact in a path: ``fax_opt_out`` for ``fax-opt-out``."""
    return option.replace("-", "_")


def check_placeholder(placeholder: Placeholder, known: Mapping[str, str]) -> Iterator[str]:
    """Give a message for a path or filter that does not fit. ``known`` comes from ``paths``."""
    if placeholder.path not in known:
        yield f"{quoted(placeholder.path)} names no answer. {nearest(placeholder.path, known)}"
        return
    kind = known[placeholder.path]
    for name in placeholder.filters:
        if name not in FILTERS:
            yield f"There is no filter {quoted(name)}. {nearest(name, FILTERS)}"
            return
        if FILTERS[name].takes != kind:
            fitting = [other for other, filter_ in FILTERS.items() if filter_.takes == kind]
            yield f"The filter {quoted(name)} does not fit here. {nearest(name, fitting)}"
            return
        kind = FILTERS[name].gives
    if kind not in {"text", "link", "runs", "block"}:
        fitting = [name for name, filter_ in FILTERS.items() if filter_.takes == kind]
        yield f"{placeholder} needs a filter. {nearest('', fitting)}"


def atoms_needed(path: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the atoms that must be true for a path to have a value."""
    if path in DERIVED:
        return ("practice_name",) if path == PRACTICE else ()
    name, _, part = path.partition(".")
    if vocabulary.by_id[name].kind is Kind.CONTACTS:
        return (f"{name}:{part.replace('_', '-')}",)
    return (path,)


def gives_block(placeholder: Placeholder) -> bool:
    """Tell whether a placeholder makes a list or an address and must be a paragraph of its own."""
    return (
        bool(placeholder.filters)
        and getattr(FILTERS.get(placeholder.filters[-1]), "gives", "") == "block"
    )


# ------------------------------------------------------------------ values


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """A contact with its points looked up, and the channels' phrases."""

    contact: Contact
    points: tuple[ContactPoint, ...]
    phrases: Mapping[str, str]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filled:
    """The value of a path, and the atoms of the answers it came from."""

    value: object
    atoms: tuple[str, ...]


class Filling:
    """Looks values up in answers; each path is looked up once."""

    def __init__(self, answers: Answers, on: date) -> None:
        self._answers = answers.in_force
        self._on = on
        self._found: dict[str, Filled | None] = {}

    def value(self, path: str) -> Filled | None:
        """Return the value of a path, or ``None`` where the answers give none."""
        if path not in self._found:
            self._found[path] = self._look_up(path)
        return self._found[path]

    def _look_up(self, path: str) -> Filled | None:
        if path == DOCUMENT_DATE:
            return Filled(self._on, ())
        if path == PRACTICE:
            return self._look_up("short_name") or self._look_up("practice_name")
        name, _, part = path.partition(".")
        question = self._answers.vocabulary.by_id.get(name)
        answer = self._answers.given.get(name)
        if question is None or answer is None:
            return None
        match answer:
            case Ticked(options):
                chosen = [o for o in question.offered if o.id in options and part in ("", o.group)]
                atoms = tuple(f"{name}:{option.id}" for option in chosen)
                phrases = tuple(option.phrase for option in chosen)
                if not phrases:
                    return None
                return Filled(phrases[0] if question.kind is Kind.ONE else phrases, atoms)
            case Fact(tuple() as entries) if question.kind is Kind.CONTACTS:
                return self._contact(question, part, entries)
            case Fact(None):
                return None
            case Fact(value):
                return Filled(value, (name,))
        return None

    def _contact(self, question: Question, part: str, entries: tuple[object, ...]) -> Filled | None:
        points = contact_points(self._answers.given)
        purposes = {option.id for option in question.offered if attribute(option.id) == part}
        for entry in entries:
            if isinstance(entry, Contact) and entry.purpose in purposes:
                found = tuple(points[i] for i in entry.points if i in points)
                if not found:
                    return None
                channels = _channels(self._answers.vocabulary)
                details = ContactDetails(
                    entry,
                    tuple(sorted(found, key=lambda point: list(channels).index(point.channel))),
                    {channel: option[0] for channel, option in channels.items()},
                    {channel: option[1] for channel, option in channels.items()},
                )
                return Filled(details, (f"{question.id}:{entry.purpose}",))
        return None


def _channels(vocabulary: Vocabulary) -> dict[str, tuple[str, str]]:
    """Return phrase and label of each channel, in the vocabulary's order."""
    return {
        option.id: (option.phrase, option.label)
        for question in vocabulary.questions
        if question.kind is Kind.CONTACT_POINTS
        for option in question.options
    }


# ---------------------------------------------------------------- filters


def listing(phrases: Sequence[str], last: str = "and") -> str:
    """Join phrases as English does: ``a``, ``a and b``, ``a, b and c``."""
    if len(phrases) == 1:
        return phrases[0]
    return f"{', '.join(phrases[:-1])} {last} {phrases[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _link(address: str) -> tuple[Run, ...]:
    return (Run(address, href=address),)


def _ways(details: ContactDetails) -> str:
    channels = dict.fromkeys(point.channel for point in details.points)
    return listing(tuple(details.phrases[channel] for channel in channels), "or")


def _reach(details: ContactDetails) -> tuple[Run, ...]:
    parts: list[tuple[Run, ...]] = []
    for point in details.points:
        parts.append(
            (Run(f"{details.phrases[point.channel]} at "), *_inline(point, details.contact))
        )
    runs: list[Run] = []
    for number, part in enumerate(parts):
        if number:
            runs.append(Run(" or " if number == len(parts) - 1 else ", "))
        runs += part
    return tuple(runs)


def _inline(point: ContactPoint, contact: Contact) -> tuple[Run, ...]:
    if point.channel == "post":
        return (Run(", ".join(_envelope(point, contact))),)
    return (Run(point.lines[0], href=_href(point)),)


def _phone_and_email(details: ContactDetails) -> tuple[Run, ...]:
    """Return the bare numbers and email addresses, or every point where there are none."""
    spoken = tuple(p for p in details.points if p.channel in {"phone", "email"}) or details.points
    runs: list[Run] = []
    for number, point in enumerate(spoken):
        if number:
            runs.append(Run(" and " if number == len(spoken) - 1 else ", "))
        runs += _inline(point, details.contact)
    return tuple(runs)


def _envelope(point: ContactPoint, contact: Contact) -> tuple[str, ...]:
    return (*point.lines, *([f"Attn: {contact.attention}"] if contact.attention else []))


def _href(point: ContactPoint) -> str:
    match point.channel:
        case "email":
            return mailto_href(point.lines[0])
        case "phone":
            return tel_href(point.lines[0])
        case "form":
            return point.lines[0]
    return ""


def _bullets(phrases: tuple[str, ...]) -> Block:
    return ListBlock(tuple((Run(phrase),) for phrase in phrases))


def _contact_block(details: ContactDetails) -> Block:
    return AddressBlock(
        tuple(
            AddressEntry(
                "" if point.channel == "post" else details.labels[point.channel],
                tuple((Run(line),) for line in _envelope(point, details.contact))
                if point.channel == "post"
                else ((Run(point.lines[0], href=_href(point)),),),
            )
            for point in details.points
        )
    )


def _places_block(places: tuple[Place, ...]) -> Block:
    return AddressBlock(
        tuple(
            AddressEntry(
                "",
                (
                    (Run(place.name, strong=True),),
                    *((Run(line),) for line in (place.brand, *place.address) if line),
                ),
            )
            for place in places
        )
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter takes, what it gives, and how; ``help`` is shown to the authors of clauses."""

    takes: str
    gives: str
    apply: Callable[..., object]
    help: str


FILTERS: Mapping[str, Filter] = {
    "listing": Filter("phrases", "text", listing, "a, b and c"),
    "choices": Filter("phrases", "text", lambda phrases: listing(phrases, "or"), "a, b or c"),
    "bullets": Filter("phrases", "block", _bullets, "a bulleted list; must be its own paragraph"),
    "capital": Filter("text", "text", _capital, "a capital first letter"),
    "date": Filter("day", "text", day_in_words, "May 17, 2012"),
    "link": Filter("link", "runs", _link, "a web address that can be clicked"),
    "ways": Filter("contact", "text", _ways, "by post, by phone or by email"),
    "reach": Filter("contact", "runs", _reach, "by phone at 555-0100 or by email at a@example.com"),
    "phone_and_email": Filter("contact", "runs", _phone_and_email, "555-0100 and a@example.com"),
    "contact_block": Filter(
        "contact", "block", _contact_block, "address lines; must be its own paragraph"
    ),
    "places_block": Filter(
        "places", "block", _places_block, "locations; must be its own paragraph"
    ),
}


def fill(placeholder: Placeholder, value: object) -> tuple[Run, ...] | Block:
    """Return what a checked placeholder prints for a value: runs, or a whole block."""
    for name in placeholder.filters:
        value = FILTERS[name].apply(value)
    if isinstance(value, ListBlock | AddressBlock):
        return _named(value, placeholder.path)
    if isinstance(value, tuple):
        return tuple(_from(run, placeholder.path) for run in value)
    return (Run(str(value), filled_by=placeholder.path),)


def _from(run: Run, path: str) -> Run:
    return Run(run.text, run.strong, run.em, run.href, path)


def _named(block: ListBlock | AddressBlock, path: str) -> Block:
    if isinstance(block, ListBlock):
        return ListBlock(
            tuple(tuple(_from(r, path) for r in item) for item in block.items), block.ordered
        )
    return AddressBlock(
        tuple(
            AddressEntry(
                entry.label, tuple(tuple(_from(r, path) for r in line) for line in entry.lines)
            )
            for entry in block.entries
        )
    )
