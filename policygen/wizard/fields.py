"""How each kind of question is asked on a page: one field class a kind, in ``FIELDS``.

A field turns what a browser sends into the raw form of ``core.answers`` and back, and nothing
more: whether an answer will do is decided by ``parse_answer``, here as in a file. What was typed
is kept as it is, so that a page with a mistake is shown again without losing anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from policygen.core.answers import (
    POINTS_LIMIT,
    Answer,
    Answers,
    ContactPoint,
    Raw,
    contact_points,
    parse_answer,
    retired_in,
)
from policygen.core.problems import Problem, Refused, quoted
from policygen.core.vocabulary import DONT_KNOW, NONE, Kind, Option, Question
from policygen.wizard.drawing import choice

RETIRED = "No longer offered: the policy says nothing of it. {instead}"
THERE_IS_NONE = "There is none"
NONE_OF_THESE = "None of these"
UNKNOWN = "I don’t know yet"

LINE_BREAK = re.compile(r"\r\n?|\n")
INSTEAD = "instead"

Inputs = Mapping[str, Sequence[str]]
"""What stands in the inputs of one question, by the end of their names; ``""`` is the name."""


class Collected(forms.Widget):
    """Gathers all inputs whose names begin with the question's."""

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Inputs:
        """Return the inputs of one question."""
        if not isinstance(data, MultiValueDict):
            return {}
        start = f"{name}-"
        return {
            key[len(start) :]: data.getlist(key)
            for key in data
            if key == name or key.startswith(start)
        }


class QuestionField(forms.Field):
    """Asks one question. ``template`` draws its inputs.

    ``answers`` are the stored answers. With ``leaving``, a question that was left blank is no
    mistake: the person goes elsewhere and comes back to it.
    """

    template: ClassVar[str]

    def __init__(self, question: Question, answers: Answers, *, leaving: bool = False) -> None:
        super().__init__(required=False, label=question.ask, widget=Collected)
        self.question = question
        self.answers = answers
        self.leaving = leaving

    def clean(self, value: Inputs) -> Answer | None:
        """Return the answer, or None if the person left it blank and goes elsewhere."""
        if self.leaving and self.is_blank(value):
            return None
        try:
            return parse_answer(self.question, self.raw(value))
        except Refused as refused:
            raise ValidationError(
                [
                    ValidationError(p.message, code=self.part(p.where, value))
                    for p in refused.problems
                ]
            ) from None

    def rearranged(self, inputs: Inputs) -> Inputs | None:
        """Return the inputs after a press on "Add" or "Remove", or None if neither was pressed."""
        return None

    @property
    def example(self) -> str:
        """Return the question's example as a person would enter it."""
        return self.question.example

    def is_blank(self, inputs: Inputs) -> bool:
        """Tell whether nothing is ticked and nothing is typed."""
        return not any(text.strip() for texts in inputs.values() for text in texts)

    def inputs(self, raw: Raw) -> Inputs:
        """Return what the inputs show for a stored answer, or for none (``None``)."""
        raise NotImplementedError

    def raw(self, inputs: Inputs) -> Raw:
        """Return the raw form of what was entered. Raises ``Refused``."""
        raise NotImplementedError

    def view(self, name: str, inputs: Inputs, wrong: Mapping[str, str]) -> dict[str, Any]:
        """Return what the template draws; ``wrong`` has messages by the end of the input's name."""
        raise NotImplementedError

    def offered(self) -> tuple[object, ...]:
        """Return what the view shows that is in neither the question nor the inputs."""
        return ()

    def lingering(self) -> frozenset[str]:
        """Return the retired options that the stored answer names: only these are on the page."""
        answer = self.answers.given.get(self.question.id)
        return retired_in(self.question, answer) if answer is not None else frozenset()

    def part(self, where: str, inputs: Inputs) -> str:
        """Return the end of the name of the input that a problem is about."""
        return ""

    def first(self, inputs: Inputs) -> str:
        """Return the end of the name of the first input."""
        return ""


def only(inputs: Inputs, part: str = "") -> str:
    """Return the text of an input that stands on the page once."""
    texts = inputs.get(part) or [""]
    return texts[-1]


def refused(message: str, where: str = "") -> Refused:
    """Return the error that says one thing about an answer."""
    return Refused([Problem(where, message)])


# ------------------------------------------------------------------ ticking


class ChoiceField(QuestionField):
    """Options to tick, of which one or many may be ticked."""

    template = "wizard/kinds/choices.html"

    def inputs(self, raw: Raw) -> Inputs:
        """Tick what is stored."""
        return {"": [NONE] if raw == [] else _texts(raw)}

    def raw(self, inputs: Inputs) -> Raw:
        """Return what is ticked."""
        values = list(dict.fromkeys(inputs.get("", ())))
        if not values:
            raise refused(f"Choose {self._choose()}.")
        if gone := [option for option in self.question.options if self._is_gone(option, values)]:
            raise refused(f"“{gone[0].label}” is no longer offered. {self._let_go()}")
        if self.question.kind is Kind.ONE:
            return values[0] if len(values) == 1 else values
        if NONE in values and len(values) > 1:
            raise refused(
                f"You ticked “{NONE_OF_THESE}” and something else. Keep one or the other."
            )
        return [] if values == [NONE] else values

    def first(self, inputs: Inputs) -> str:
        """Return the first option on the page."""
        shown = (option.id for option in self.question.options if self._is_shown(option, inputs))
        return next(shown, DONT_KNOW)

    def part(self, where: str, inputs: Inputs) -> str:
        """Point to the first option."""
        return self.first(inputs)

    def view(self, name: str, inputs: Inputs, wrong: Mapping[str, str]) -> dict[str, Any]:
        """Return the groups with their options as rows, and the rows that stand apart."""
        ticked = inputs.get("", ())
        groups = [
            (label, [self._row(name, option, ticked) for option in self._shown(group, inputs)])
            for group, label in self.question.groups.items()
        ]
        groups = [(label, rows) for label, rows in groups if rows]
        return {"groups": groups, "instead": self._instead(name, ticked)}

    def offered(self) -> tuple[object, ...]:
        """Return the retired options that the stored answer still has."""
        return tuple(sorted(self.lingering()))

    def _shown(self, group: str, inputs: Inputs) -> list[Option]:
        options = self.question.in_group(group)
        return [option for option in options if self._is_shown(option, inputs)]

    def _is_shown(self, option: Option, inputs: Inputs) -> bool:
        """Tell whether an option stands on the page: a retired one only where it was ticked."""
        return not option.retired or option.id in {*self.lingering(), *inputs.get("", ())}

    def _is_gone(self, option: Option, values: Sequence[str]) -> bool:
        """Tell whether a retired option is ticked that is not in the stored answer."""
        return option.retired and option.id in values and option.id not in self.lingering()

    def _let_go(self) -> str:
        return "Choose another." if self.question.kind is Kind.ONE else "Untick it."

    def _instead(self, name: str, ticked: Sequence[str]) -> list[SafeString]:
        if self.question.required:
            return []
        if self.question.kind is Kind.ONE:
            return [self._row(name, Option(DONT_KNOW, UNKNOWN, "", "", ""), ticked)]
        note = "Tick what you know of. With this ticked too, there may be more."
        return [
            self._row(name, Option(NONE, NONE_OF_THESE, "", "", ""), ticked),
            self._row(name, Option(DONT_KNOW, UNKNOWN, note, "", ""), ticked),
        ]

    def _row(self, name: str, option: Option, ticked: Sequence[str]) -> SafeString:
        shape = "radio" if self.question.kind is Kind.ONE else "checkbox"
        hint = RETIRED.format(instead=self._let_go()) if option.retired else option.help
        return choice(shape, name, option.id, option.label, hint, option.id in ticked)

    def _choose(self) -> str:
        if self.question.required:
            return "one" if self.question.kind is Kind.ONE else "at least one"
        if self.question.kind is Kind.ONE:
            return f"one, or “{UNKNOWN}”"
        return f"at least one, or “{NONE_OF_THESE}”, or “{UNKNOWN}”"


# ------------------------------------------------------------------ typing


class FactField(QuestionField):
    """Something to enter, with "There is none" and "I don't know yet" beside it."""

    template = "wizard/kinds/entry.html"
    what: ClassVar[str] = "it"

    def inputs(self, raw: Raw) -> Inputs:
        """Fill in what is stored."""
        if raw is None:
            return self.parts(None)
        if raw in (NONE, DONT_KNOW, [DONT_KNOW]):
            return {**self.parts(None), INSTEAD: [DONT_KNOW if raw != NONE else NONE]}
        if raw in ([], {}):
            return {**self.parts(None), INSTEAD: [NONE]}
        return self.parts(raw)

    def raw(self, inputs: Inputs) -> Raw:
        """Return what was entered, or which box was ticked instead."""
        instead = [value for value in inputs.get(INSTEAD, ()) if value in (NONE, DONT_KNOW)]
        entered = self.entered(inputs)
        if len(set(instead)) > 1:
            raise refused(f"Tick “{THERE_IS_NONE}” or “{UNKNOWN}”, not both.")
        if instead and entered:
            label = THERE_IS_NONE if instead[0] == NONE else UNKNOWN
            raise refused(f"You entered something and ticked “{label}”. Keep one or the other.")
        if instead:
            return instead[0]
        if not entered:
            if self.question.required:
                raise refused("There is no policy without this. Enter it.")
            raise refused(f"Enter {self.what}, or tick “{THERE_IS_NONE}” or “{UNKNOWN}”.")
        return self.fact(inputs)

    def view(self, name: str, inputs: Inputs, wrong: Mapping[str, str]) -> dict[str, Any]:
        """Return what is entered, and the boxes beside it."""
        return {"text": only(inputs), "instead": self._instead(name, inputs)}

    def _instead(self, name: str, inputs: Inputs) -> list[SafeString]:
        if self.question.required:
            return []
        ticked = inputs.get(INSTEAD, ())
        return [
            choice("checkbox", f"{name}-{INSTEAD}", value, label, "", value in ticked)
            for value, label in ((NONE, THERE_IS_NONE), (DONT_KNOW, UNKNOWN))
        ]

    def is_blank(self, inputs: Inputs) -> bool:
        """Tell whether nothing is entered and no box is ticked."""
        return not inputs.get(INSTEAD) and not self.entered(inputs)

    def entered(self, inputs: Inputs) -> bool:
        """Tell whether something is entered."""
        return bool(only(inputs).strip())

    def parts(self, raw: Raw) -> Inputs:
        """Return what the inputs show for a stored fact, or for none (``None``)."""
        return {"": [raw if isinstance(raw, str) else ""]}

    def fact(self, inputs: Inputs) -> Raw:
        """Return the raw form of what was entered."""
        return only(inputs)


class NumberField(FactField):
    """A whole number."""

    what = "a whole number"

    def fact(self, inputs: Inputs) -> Raw:
        """Return the number without the blanks around it."""
        return only(inputs).strip()


class DateField(FactField):
    """A date: month, day and year, each in an input of its own."""

    template = "wizard/kinds/date.html"
    what = "the date"
    order: ClassVar[Sequence[str]] = ("month", "day", "year")

    @property
    def example(self) -> str:
        """Return the example in the order of the three inputs."""
        parts = self.parts(self.question.example)
        return " ".join(only(parts, part) for part in self.order)

    def entered(self, inputs: Inputs) -> bool:
        """Tell whether any of the three is entered."""
        return any(only(inputs, part).strip() for part in self.order)

    def parts(self, raw: Raw) -> Inputs:
        """Take the date apart."""
        year, month, day, *_ = [*str(raw or "").split("-"), "", "", ""]
        return {"month": [month.lstrip("0")], "day": [day.lstrip("0")], "year": [year]}

    def fact(self, inputs: Inputs) -> Raw:
        """Put the date together. Raises ``Refused`` where a part is missing."""
        parts = {part: only(inputs, part).strip() for part in self.order}
        if missing := [part for part, text in parts.items() if not text]:
            raise refused(f"Enter the {' and the '.join(missing)} too.", missing[0])
        if odd := [part for part, text in parts.items() if not text.isdigit()]:
            raise refused(f"Enter the {odd[0]} as a number.", odd[0])
        return f"{parts['year']:0>4}-{parts['month']:0>2}-{parts['day']:0>2}"

    def view(self, name: str, inputs: Inputs, wrong: Mapping[str, str]) -> dict[str, Any]:
        """Return the three parts, each with its label."""
        parts = [
            {
                "part": part,
                "label": part.capitalize(),
                "text": only(inputs, part),
                "wrong": part in wrong,
            }
            for part in self.order
        ]
        return {**super().view(name, inputs, wrong), "parts": parts}

    def part(self, where: str, inputs: Inputs) -> str:
        """Point to the part that is missing, or to the first."""
        return where or self.order[0]

    def first(self, inputs: Inputs) -> str:
        """Return the first of the three."""
        return self.order[0]


class LinesField(FactField):
    """Several short texts, one a line."""

    template = "wizard/kinds/lines.html"
    what = "at least one line"

    def parts(self, raw: Raw) -> Inputs:
        """Put each text on a line."""
        return {"": [_joined(raw)]}

    def fact(self, inputs: Inputs) -> Raw:
        """Return the lines that are not blank."""
        return _lines(only(inputs))


def _lines(text: str) -> list[str]:
    return [line for line in LINE_BREAK.split(text) if line.strip()]


def _texts(raw: Raw) -> list[str]:
    """Return a stored text, or list of texts, as a list; whatever else it may hold is left out."""
    entries = [raw] if isinstance(raw, str) else raw
    return (
        [entry for entry in entries if isinstance(entry, str)] if isinstance(entries, list) else []
    )


def _joined(raw: Raw) -> str:
    return "\n".join(_texts(raw))


# ------------------------------------------------------------------ rows


class RowsField(FactField):
    """A list of entries, each in a row of inputs. Rows that are blank do not count."""

    columns: ClassVar[Sequence[str]]
    """The ends of the inputs' names that make a row count."""
    kept: ClassVar[Sequence[str]] = ()
    """The ends of further inputs of a row."""
    limit: ClassVar[int]

    def entered(self, inputs: Inputs) -> bool:
        """Tell whether any row is filled in."""
        return bool(self.filled(inputs))

    def rows(self, inputs: Inputs) -> list[dict[str, str]]:
        """Return the rows as they stand on the page; there is at least one."""
        stated = only(inputs, "rows")
        number = int(stated) if re.fullmatch(r"[0-9]{1,3}", stated) else 0
        number = max(1, min(number, self.limit + 1))
        parts = (*self.columns, *self.kept)
        return [{part: only(inputs, f"{i}-{part}") for part in parts} for i in range(number)]

    def filled(self, inputs: Inputs) -> list[tuple[int, dict[str, str]]]:
        """Return the rows in which something is entered, each with its position."""
        rows = enumerate(self.rows(inputs))
        return [(i, row) for i, row in rows if any(row[part].strip() for part in self.columns)]

    def rearranged(self, inputs: Inputs) -> Inputs | None:
        """Add or remove a row."""
        rows, removed = self.rows(inputs), only(inputs, "remove")
        if "add" in inputs and len(rows) < self.limit:
            rows.append(dict.fromkeys(rows[0], ""))
            fresh = len(rows) - 1
        elif re.fullmatch(r"[0-9]{1,3}", removed):
            del rows[int(removed) : int(removed) + 1]
            fresh = max(0, int(removed) - 1)
        elif "add" not in inputs:
            return None
        else:
            fresh = len(rows) - 1
        return {**self.as_inputs(rows), INSTEAD: inputs.get(INSTEAD, ()), "fresh": [str(fresh)]}

    def view(self, name: str, inputs: Inputs, wrong: Mapping[str, str]) -> dict[str, Any]:
        """Return the rows, each with its position and the messages about it."""
        fresh = only(inputs, "fresh")
        rows = [
            {
                **row,
                "number": i + 1,
                "start": f"{name}-{i}",
                "index": i,
                "fresh": fresh == str(i),
                "wrong": {p: wrong[f"{i}-{p}"] for p in row if f"{i}-{p}" in wrong},
            }
            for i, row in enumerate(self.rows(inputs))
        ]
        view = {"rows": rows, "full": len(rows) >= self.limit}
        return {**super().view(name, inputs, wrong), **view}

    def as_inputs(self, rows: Iterable[Mapping[str, str]]) -> Inputs:
        """Return rows as inputs; ``rows`` counts them."""
        listed = list(rows) or [dict.fromkeys((*self.columns, *self.kept), "")]
        inputs = {
            f"{i}-{part}": [text] for i, row in enumerate(listed) for part, text in row.items()
        }
        return {**inputs, "rows": [str(len(listed))]}

    def first(self, inputs: Inputs) -> str:
        """Return the first input of the first row."""
        return f"0-{self.columns[0]}"


PLACES_LIMIT = 20
"""How many locations one page takes; groups of policies have room for more."""


class PlacesField(RowsField):
    """Locations, each with a name and an address."""

    template = "wizard/kinds/places.html"
    what = "at least one location"
    columns = ("name", "address")
    limit = PLACES_LIMIT

    def parts(self, raw: Raw) -> Inputs:
        """Give each location a row."""
        places = (
            [place for place in raw if isinstance(place, dict)] if isinstance(raw, list) else []
        )
        return self.as_inputs(
            {"name": _joined(place.get("name")), "address": _joined(place.get("address"))}
            for place in places
        )

    def fact(self, inputs: Inputs) -> Raw:
        """Return the locations. Raises ``Refused`` where there are more than a page takes."""
        filled = self.filled(inputs)
        if len(filled) > self.limit:
            message = f"There are {len(filled)} locations. Keep to {self.limit} or fewer."
            raise Refused([Problem("", message)])
        return [{"name": row["name"], "address": _lines(row["address"])} for _, row in filled]

    def part(self, where: str, inputs: Inputs) -> str:
        """Point to the input of the row that a problem ("2.address") is about."""
        number, _, column = where.partition(".")
        filled = self.filled(inputs)
        if not number.isdigit() or not 0 < int(number) <= len(filled):
            return self.first(inputs)
        return f"{filled[int(number) - 1][0]}-{column or 'name'}"


class ContactPointsField(RowsField):
    """Ways to reach the practice, each with a channel and what stands behind it.

    A contact point keeps its id when it is edited, and no id is ever given to another one: the
    contacts page remembers contact points by their ids.
    """

    template = "wizard/kinds/contact_points.html"
    what = "at least one"
    columns = ("value",)
    kept = ("channel", "id")
    limit = POINTS_LIMIT

    def parts(self, raw: Raw) -> Inputs:
        """Give each contact point a row."""
        return self.as_inputs(
            {"value": _joined(value), "channel": channel, "id": identifier}
            for identifier, point in (raw.items() if isinstance(raw, dict) else ())
            if isinstance(point, dict) and len(point) == 1
            for channel, value in point.items()
        )

    def fact(self, inputs: Inputs) -> Raw:
        """Return the contact points by id. Raises ``Refused`` where a channel is missing."""
        points: dict[str, Raw] = {}
        problems = []
        for row, (identifier, channel, value) in self._identified(inputs):
            if identifier in points:
                problems.append(Problem(f"#{row}-value", "This stands here twice. Remove one."))
            elif not channel:
                problems.append(Problem(f"#{row}-channel", "Choose what kind of contact this is."))
            else:
                lines = _lines(value)
                points[identifier] = {channel: lines if channel == "post" else value.strip()}
        if problems:
            raise Refused(problems)
        return points

    def view(self, name: str, inputs: Inputs, wrong: Mapping[str, str]) -> dict[str, Any]:
        """Return the rows and the channels to choose from."""
        return {**super().view(name, inputs, wrong), "channels": self.question.options}

    def part(self, where: str, inputs: Inputs) -> str:
        """Point to the row of the contact point that a problem is about."""
        if where.startswith("#"):
            return where[1:]
        for row, (identifier, _, _) in self._identified(inputs):
            if where in (identifier, quoted(identifier)):
                return f"{row}-value"
        return self.first(inputs)

    def first(self, inputs: Inputs) -> str:
        """Return the channel of the first row."""
        return "0-channel"

    def _identified(self, inputs: Inputs) -> Iterator[tuple[str, tuple[str, str, str]]]:
        """Give each filled row's position, and its id, channel and value."""
        filled = self.filled(inputs)
        taken = set(contact_points(self.answers.given)) | {row["id"] for _, row in filled}
        for position, row in filled:
            identifier = row["id"] or _free(row["channel"], taken)
            taken.add(identifier)
            yield str(position), (identifier, row["channel"], row["value"])


def _free(channel: str, taken: set[str]) -> str:
    return next(f"{channel}-{n}" for n in count(1) if f"{channel}-{n}" not in taken)


# ------------------------------------------------------------------ contacts


class ContactsField(FactField):
    """For each purpose the contact points that serve it, and the "Attn:" line of a letter."""

    template = "wizard/kinds/contacts.html"

    def points(self) -> dict[str, ContactPoint]:
        """Return the contact points that there are to choose from."""
        return contact_points(self.answers.in_force.given)

    def purposes(self) -> list[Option]:
        """Return the purposes on the page: a retired one only where it has a contact."""
        lingering = self.lingering()
        return [o for o in self.question.options if not o.retired or o.id in lingering]

    def parts(self, raw: Raw) -> Inputs:
        """Tick the contact points of each purpose."""
        inputs: dict[str, Sequence[str]] = {}
        for purpose, entry in raw.items() if isinstance(raw, dict) else ():
            contact = entry if isinstance(entry, dict) else {"points": entry}
            inputs[purpose] = _texts(contact.get("points"))
            inputs[f"{purpose}-attention"] = _texts(contact.get("attention"))
        return inputs

    def entered(self, inputs: Inputs) -> bool:
        """Tell whether anything is ticked or entered for any purpose."""
        return any(
            inputs.get(option.id) or only(inputs, f"{option.id}-attention").strip()
            for option in self.purposes()
        )

    def raw(self, inputs: Inputs) -> Raw:
        """Return the contacts, with a message of their own if nothing is ticked."""
        if self.is_blank(inputs):
            raise refused(
                f"Tick a contact for at least one purpose, or “{THERE_IS_NONE}”, or “{UNKNOWN}”."
            )
        return super().raw(inputs)

    def fact(self, inputs: Inputs) -> Raw:
        """Return the contacts by purpose. Raises ``Refused``."""
        contacts: dict[str, Raw] = {}
        problems: list[Problem] = []
        known = self.points()
        for option in self.purposes():
            ticked = list(inputs.get(option.id, ()))
            attention = only(inputs, f"{option.id}-attention")
            if any(point not in known for point in ticked):
                message = "A contact that was ticked here is gone. Choose again."
                problems.append(Problem(option.id, message))
            elif attention.strip() and not ticked:
                message = f"{option.label}: tick how to reach this person, or clear the line."
                problems.append(Problem(option.id, message))
            elif ticked:
                contacts[option.id] = {"points": ticked, "attention": attention.strip()}
        if problems:
            raise Refused(problems)
        return contacts

    def part(self, where: str, inputs: Inputs) -> str:
        """Point to the purpose, or to its attention line, that a problem is about."""
        purpose, _, column = where.partition(".")
        if column:
            return f"{purpose}-{column}"
        point = next(iter(self.points()), None)
        purpose = purpose or self.question.offered[0].id
        return f"{purpose}-{point}" if point else f"{INSTEAD}-{NONE}"

    def first(self, inputs: Inputs) -> str:
        """Return the first box of the first purpose."""
        return self.part("", inputs)

    def view(self, name: str, inputs: Inputs, wrong: Mapping[str, str]) -> dict[str, Any]:
        """Return each purpose with the contact points as rows and its attention line."""
        purposes = [
            {
                "label": option.label,
                "id": option.id,
                "help": RETIRED.format(instead="Untick it.") if option.retired else option.help,
                "rows": [
                    choice(
                        "checkbox",
                        f"{name}-{option.id}",
                        point,
                        label,
                        "",
                        point in inputs.get(option.id, ()),
                    )
                    for point, label in self._labels().items()
                ],
                "attention": only(inputs, f"{option.id}-attention"),
                "wrong": next(
                    (m for part, m in wrong.items() if part.startswith(f"{option.id}-")), ""
                ),
            }
            for option in self.purposes()
        ]
        return {**super().view(name, inputs, wrong), "purposes": purposes}

    def offered(self) -> tuple[object, ...]:
        """Return the contact points that there are to choose from, and for what."""
        return (*self._labels().items(), *(option.id for option in self.purposes()))

    def _labels(self) -> dict[str, str]:
        """Name each contact point by its channel and what stands behind it."""
        channels = {
            option.id: option.label
            for question in self.answers.vocabulary.questions
            if question.kind is Kind.CONTACT_POINTS
            for option in question.options
        }
        return {
            identifier: f"{channels.get(point.channel, point.channel)}: {', '.join(point.lines)}"
            for identifier, point in self.points().items()
        }


FIELDS: Mapping[Kind, type[QuestionField]] = {
    Kind.ONE: ChoiceField,
    Kind.MANY: ChoiceField,
    Kind.NAME: FactField,
    Kind.TEXT: FactField,
    Kind.LINK: FactField,
    Kind.DATE: DateField,
    Kind.NUMBER: NumberField,
    Kind.LINES: LinesField,
    Kind.PLACES: PlacesField,
    Kind.CONTACT_POINTS: ContactPointsField,
    Kind.CONTACTS: ContactsField,
}
