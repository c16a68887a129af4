"""Fields of the desk's forms: from what is typed to plain values that pieces are made of."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from policygen.core.problems import Refused
from policygen.core.text import TextRefused, refuse_unprintable
from policygen.library.desk.widgets import ConditionPicker, Picked
from policygen.library.strict_yaml import Source, read_yaml

LINE_LIMIT = 500
"""The longest title, label, heading or question, in characters."""

TEXT_LIMIT = 10_000
"""The longest note, help text or list of lines, in characters."""


def as_typed(text: str) -> str:
    """Return text with line feeds only, in NFC, so that the same text is the same everywhere."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def refuse_too_long(text: str, limit: int, *, times: int = 1) -> None:
    """Raise ``ValidationError`` for a text of more characters than so many times ``limit``."""
    if len(text) > times * limit:
        raise ValidationError(
            f"This has {len(text):,} characters. Shorten it to {limit:,} or fewer.",
            code="too_long",
        )


def refuse_odd_characters(text: str) -> None:
    """Raise ``ValidationError`` for what no page and no database can hold, such as a NUL."""
    try:
        refuse_unprintable(text.replace("\t", " "))
    except TextRefused as refused:
        raise ValidationError(str(refused), code="unprintable") from None


class TextField(forms.CharField):
    """Text of any number of lines. What is wrong with it otherwise, ``library.checks`` says."""

    widget: type[forms.Widget] = forms.Textarea

    def __init__(self, *, limit: int = TEXT_LIMIT, by_line: bool = False, **options: Any) -> None:
        """With ``by_line``, what cannot be printed is left to the core, which names its line."""
        super().__init__(**{"required": False, "strip": False, **options})
        self.limit = limit
        self.validators = [] if by_line else [refuse_odd_characters]

    def to_python(self, value: Any) -> str:
        """Return the text without blank lines around it. Raises ``ValidationError``."""
        text = str(value or "")
        refuse_too_long(text, self.limit, times=2)  # early; each line end may come as two
        text = as_typed(text)
        stripped = text.rstrip()
        while stripped.startswith("\n"):
            stripped = stripped[1:]
        refuse_too_long(stripped, self.limit)
        return stripped

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether somebody typed something else, whatever the browser did to line ends."""
        return as_typed(str(initial or "")).strip() != as_typed(str(data or "")).strip()


class LineField(TextField):
    """One line of text; line breaks stay in, so that the core can refuse them."""

    widget = forms.TextInput

    def __init__(self, *, limit: int = LINE_LIMIT, **options: Any) -> None:
        super().__init__(limit=limit, **options)
        self.widget.attrs.setdefault("class", "vTextField")

    def to_python(self, value: Any) -> str:
        """Return the line without blanks around it. Raises ``ValidationError``."""
        return super().to_python(value).strip()


class LinesField(TextField):
    """A list of texts, one a line; empty lines do not count."""

    def prepare_value(self, value: Any) -> Any:
        """Return a list as lines; what was typed stays as it is."""
        return value if isinstance(value, str) else "\n".join(map(str, value or ()))

    def clean(self, value: Any) -> Any:
        """Return the list of lines. Raises ``ValidationError``."""
        return [line.strip() for line in super().clean(value).split("\n") if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether the list differs."""
        return super().has_changed(self.prepare_value(initial), data)


class GroupsField(LinesField):
    """Groups of options: a list of pairs of id and label, each a line “id: label”."""

    def prepare_value(self, value: Any) -> Any:
        """Return pairs as lines; what was typed stays as it is."""
        if isinstance(value, str):
            return value
        return "\n".join(f"{group}: {label}" for group, label in value or ())

    def clean(self, value: Any) -> list[list[str]]:
        """Return the pairs. Raises ``ValidationError`` with the line that is none."""
        return [self._pair(line) for line in super().clean(value)]

    @staticmethod
    def _pair(line: str) -> list[str]:
        group, colon, label = line.partition(":")
        if not colon or not label.strip():
            raise ValidationError(
                "“%(line)s” is no group. Write the id, a colon and the label, as in "
                "“health: Health”.",
                code="no_group",
                params={"line": line[:60]},
            )
        return [group.strip(), label.strip()]


class YamlField(TextField):
    """A plain value written as YAML. ``written`` gives the text of a value; ``empty`` has none.

    Lines of comment mean nothing and are not kept.
    """

    def __init__(self, *, written: Callable[[Any], str], empty: Any, **options: Any) -> None:
        super().__init__(**options)
        self.written, self.empty = written, empty

    def prepare_value(self, value: Any) -> Any:
        """Return a value as YAML; what was typed stays as it is."""
        if isinstance(value, str):
            return value
        return "" if value is None or value == self.empty else self.written(value)

    def read(self, value: Any) -> Source:
        """Return what was typed with its lines. Raises ``ValidationError`` with the line."""
        try:
            return read_yaml(super().clean(value))
        except Refused as refused:
            raise ValidationError(
                [in_line(problem.line, problem.message) for problem in refused.problems],
                code="yaml",
            ) from None

    def clean(self, value: Any) -> Any:
        """Return the plain value. Raises ``ValidationError`` with the line."""
        found = self.read(value).value
        return copy(self.empty) if found == "" else found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether the text differs."""
        return super().has_changed(self.prepare_value(initial), data)


def in_line(line: int, message: str) -> str:
    """Return what is wrong in a line of a text."""
    return f"Line {line}: {message}"


class NumberField(forms.IntegerField):
    """A whole number from 0, as large as any database takes it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=999_999_999,
            error_messages={
                "required": "Write a whole number, such as 40.",
                "invalid": "Write a whole number, such as 40.",
            },
            **options,
        )
        self.widget.attrs.setdefault("class", "vIntegerField")


class ConditionField(forms.Field):
    """A condition in its plain form, from a picker. What it names, ``library.checks`` looks up."""

    widget = ConditionPicker

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, **options})

    def to_python(self, value: Any) -> dict[str, Sequence[str]]:
        """Return the condition without empty rows."""
        return dict(value.condition()) if isinstance(value, Picked) else dict(value or {})

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether the condition differs; empty rows make no difference."""
        return self.to_python(initial) != self.to_python(data)
