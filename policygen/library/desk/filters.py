"""Filters of the lists of pieces.

They look into columns of JSON as text, which SQLite and PostgreSQL read alike: an atom stands there
in quotation marks, so that ``data:name`` is not found in ``data:name-x``.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest

from policygen.core.conditions import question_of
from policygen.library.models import ClauseVersion, Option, Question, Section, State

MODEL_POLICIES = (
    ("dentrix", "Dentrix"),
    ("dentx", "DentX"),
    ("panther", "PracticePanther"),
    ("sesame", "Sesame"),
)
"""The model policies, by what the ids of their statements begin with."""


class StateFilter(admin.SimpleListFilter):
    """Where pieces stand."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Give the states."""
        return [(state.value, str(state.label)) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Keep what stands there."""
        return queryset.filter(state=self.value()) if self.value() in State.values else None


class YesNoFilter(admin.SimpleListFilter):
    """Pieces that have a mark, and those that have not."""

    field: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Give yes and no."""
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Keep those with the mark, or those without."""
        if self.value() not in {"yes", "no"}:
            return None
        return queryset.filter(**{self.field: self.value() == "yes"})


class WithdrawnFilter(YesNoFilter):
    """What is being taken out, or was."""

    title = "taken out"
    parameter_name = field = "withdrawn"


class InformativeFilter(YesNoFilter):
    """Options that may stand unused."""

    title = "informative"
    parameter_name = field = "informative"


class ChosenFilter(admin.SimpleListFilter):
    """A filter by one of some rows; what is none of them filters nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Keep what belongs to the chosen row."""
        value = self.value()
        if value is None or value not in {str(known) for known, _ in self.lookup_choices}:
            return None
        return self.chosen(queryset, value)

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep what belongs to a row that there is."""
        raise NotImplementedError


class SectionFilter(ChosenFilter):
    """The section of clauses."""

    title = "section"
    parameter_name = "section"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Give the sections in their order."""
        return list(Section.objects.values_list("name", "title"))

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the clauses of the section."""
        return queryset.filter(section=value)


class QuestionFilter(ChosenFilter):
    """The question of options."""

    title = "question"
    parameter_name = "question"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Give the questions that have options."""
        found = Question.objects.filter(options__isnull=False).distinct()
        return list(found.values_list("name", "ask"))

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the options of the question."""
        return queryset.filter(question=value)


class GroupFilter(ChosenFilter):
    """The group of options, within the chosen question if one is chosen."""

    title = "group"
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Give the groups, as ``question.group``."""
        questions = Question.objects.values_list("name", "groups")
        chosen = request.GET.get(QuestionFilter.parameter_name)
        return [
            (f"{question}.{group}", label if question == chosen else f"{label} ({question})")
            for question, groups in questions
            for group, label in groups
            if chosen in {None, question}
        ]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the options of the group."""
        question, _, group = value.partition(".")
        return queryset.filter(question=question, group=group)


class ConcernsFilter(ChosenFilter):
    """Clauses that deal with an option of one question.

    They name it or its group in the condition or in a claim, or they print its question or group.
    """

    question: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Give the options of the question."""
        options = Option.objects.filter(question=self.question).order_by("order", "name")
        self._groups = {
            name: group for name, _, group in options.values_list("name", "label", "group")
        }
        return [(name, label) for name, label in options.values_list("name", "label")]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the clauses that deal with the option."""
        return concerned_with(queryset, value, self._groups[value])


class DataItemFilter(ConcernsFilter):
    """Clauses by what is kept."""

    title = "data item"
    parameter_name = "data"
    question = "data"


class RecipientFilter(ConcernsFilter):
    """Clauses by who gets something."""

    title = "recipient"
    parameter_name = "recipient"
    question = "recipients"


class ModelPolicyFilter(ChosenFilter):
    """Clauses by the model policies whose statements they make."""

    title = "model policy"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Give the model policies."""
        return list(MODEL_POLICIES)

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the clauses that make a statement of it."""
        made: QuerySet[Any] = queryset.alias(made=Cast("statements", TextField()))
        return made.filter(made__contains=f'"{value}-')


def concerned_with(
    versions: QuerySet[ClauseVersion], option: str, group: str
) -> QuerySet[ClauseVersion]:
    """Return the versions that deal with an option (an atom) of a group (its id, or empty)."""
    atoms = [option, f"{question_of(option)}.{group}"] if group else [option]
    asked, claimed = Q(), Q()
    for atom in atoms:
        asked |= Q(asked__contains=f'"{atom}"')
        for before, after in product(("(", " "), (";", ")")):
            claimed |= Q(claimed__contains=f"{before}{atom}{after}")
    printed = Q(body__regex=printing(question_of(option), group))
    return versions.alias(
        asked=Cast("when", TextField()), claimed=Cast("claims", TextField())
    ).filter(asked | claimed | printed)


def printing(question: str, group: str = "") -> str:
    """Return the pattern of placeholders that print a question or one of its groups."""
    part = rf"(\.{re.escape(group)})?" if group else ""
    return rf"\{{\{{\s*{re.escape(question)}{part}\s*(\||\}}\}})"
