"""The form of every page of the interview: a list of questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString

from policygen.core.answers import Answer, Answers
from policygen.core.vocabulary import Question
from policygen.wizard import drawing
from policygen.wizard.fields import FIELDS, Inputs, QuestionField


@dataclass(frozen=True)
class Mistake:
    """A message about an input; ``target`` is the input's id."""

    message: str
    target: str
    part: str


@dataclass(frozen=True)
class Asked:
    """A question as it stands on the page. ``warnings`` are about the stored answer.

    Two of them are equal if they look the same: if the question, what stands in its inputs, what
    there is to choose from, and the messages are the same.
    """

    field: QuestionField = dataclass_field(compare=False)
    looks: tuple[object, ...]
    name: str
    mistakes: tuple[Mistake, ...]
    warnings: tuple[str, ...]
    inputs: Inputs = dataclass_field(compare=False)

    @property
    def question(self) -> Question:
        """What is asked."""
        return self.field.question

    @cached_property
    def view(self) -> dict[str, Any]:
        """What the template draws inside the question."""
        wrong = {mistake.part: mistake.message for mistake in self.mistakes}
        return self.field.view(self.name, self.inputs, wrong)

    @property
    def drawn(self) -> SafeString:
        """The finished markup."""
        return drawing.question(self)


class PageForm(forms.Form):
    """The questions of one page. Stored answers come in as ``initial``, in their raw form.

    ``moved`` says that a button added or removed a row: such a form is shown again, as typed, and
    neither judged nor saved.
    """

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        questions: Sequence[Question] = (),
        answers: Answers,
        release: str = "",
        leaving: bool = False,
        warnings: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        self.answers = answers
        self.release = release
        self.warnings = warnings or {}
        self.asks = {q.id: FIELDS[q.kind](q, answers, leaving=leaving) for q in questions}
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
        return Answers(self.answers.vocabulary, given)

    def asked(self) -> Iterator[Asked]:
        """Give each question with what stands in its inputs and what is wrong with it."""
        for name, field in self.asks.items():
            inputs = self._inputs(name, field)
            yield Asked(
                field=field,
                looks=(self.release, name, field.offered(), _frozen(inputs)),
                name=self.add_prefix(name),
                mistakes=tuple(self._mistakes(name, field, inputs)),
                warnings=tuple(self.warnings.get(name, ())),
                inputs=inputs,
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
