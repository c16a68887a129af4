"""The form of every page of the interview: a list of questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property, lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from policygen.core.answers import Answer, Answers
from policygen.core.vocabulary import Question
from policygen.wizard.fields import FIELDS, Inputs, QuestionField
from policygen.wizard.inherited import Above, Inherited
from policygen.wizard.interview import Interview


@lru_cache(maxsize=256)
def fields_of(interview: Interview, page: str, *, leaving: bool) -> dict[str, QuestionField]:
    """Return the fields of a page by question id. They hold no state, so forms share them."""
    return {
        question.id: FIELDS[question.kind](question, interview.answers, leaving=leaving)
        for question in interview.pages[page]
    }


@dataclass(frozen=True)
class Mistake:
    """A message about an input; ``target`` is the input's id."""

    message: str
    target: str
    part: str


@dataclass(frozen=True)
class Asked:
    """A question as it stands on the page. ``warnings`` are about the stored answer.

    ``above`` is what is inherited, where that is shown. Two of them are equal if they look the
    same: if the question, what stands in its inputs, what there is to choose from, what is
    inherited, and the messages are the same.
    """

    field: QuestionField = dataclass_field(compare=False)
    looks: tuple[object, ...]
    name: str
    mistakes: tuple[Mistake, ...]
    warnings: tuple[str, ...]
    inputs: Inputs = dataclass_field(compare=False)
    above: Above | None = None

    @property
    def question(self) -> Question:
        """What is asked."""
        return self.field.question

    @cached_property
    def view(self) -> dict[str, Any]:
        """What the template draws inside the question."""
        wrong = {mistake.part: mistake.message for mistake in self.mistakes}
        return self.field.view(self.name, self.inputs, wrong)


class PageForm(forms.Form):
    """The questions of one page. Stored answers come in as ``initial``, in their raw form.

    ``inherited`` tells of what the draft inherits; what it holds fixed is not asked. ``moved`` says
    that a button added or removed a row: such a form is shown again, as typed, and neither
    judged nor saved.
    """

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        interview: Interview,
        page: str,
        leaving: bool = False,
        inherited: Inherited | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.interview = interview
        self.page = page
        self.inherited = inherited or Inherited()
        fields = fields_of(interview, page, leaving=leaving)
        self.asks = {name: one for name, one in fields.items() if name not in self.inherited.fixed}
        self.fields.update(self.asks)
        self._moved = self._rearranged() if self.is_bound else {}

    @property
    def moved(self) -> bool:
        """Whether a button added or removed a row."""
        return bool(self._moved)

    def given(self) -> Answers:
        """Return the answers of a valid form, without questions that were left for later."""
        given: dict[str, Answer] = {
            name: answer for name, answer in self.cleaned_data.items() if answer is not None
        }
        return Answers(self.interview.library.vocabulary, given)

    def asked(self) -> Iterator[Asked]:
        """Give each question with what stands in its inputs and what is wrong with it."""
        for name, field in self.asks.items():
            inputs = self._inputs(name, field)
            yield Asked(
                field=field,
                looks=(self.interview.library.digest, name, field.offered(), _frozen(inputs)),
                name=self.add_prefix(name),
                mistakes=tuple(self._mistakes(name, field, inputs)),
                warnings=self.interview.unreadable.get(name, ()),
                inputs=inputs,
                above=self.inherited.beside.get(name),
            )

    def _inputs(self, name: str, field: QuestionField) -> Inputs:
        if name in self._moved:
            return self._moved[name]
        return self._posted(name, field) if self.is_bound else field.inputs(self.initial.get(name))

    def _posted(self, name: str, field: QuestionField) -> Inputs:
        inputs: Inputs = field.widget.value_from_datadict(
            self.data, self.files, self.add_prefix(name)
        )
        return inputs

    def _rearranged(self) -> dict[str, Inputs]:
        asks = self.asks.items()
        found = ((name, field.rearranged(self._posted(name, field))) for name, field in asks)
        return {name: inputs for name, inputs in found if inputs is not None}

    def _mistakes(self, name: str, field: QuestionField, inputs: Inputs) -> Iterator[Mistake]:
        if not self.is_bound or self.moved:
            return
        start = f"id_{self.add_prefix(name)}"
        for error in self.errors.as_data().get(name, ()):
            part = error.code if isinstance(error, ValidationError) and error.code else ""
            part = part or field.first(inputs)
            yield Mistake(str(error.messages[0]), f"{start}-{part}" if part else start, part)


def _frozen(inputs: Inputs) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((part, tuple(texts)) for part, texts in inputs.items())
