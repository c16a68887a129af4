"""The desk's pages of what clauses stand on: sections, questions, options, the title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from policygen.core.in_words import OF_QUESTIONS
from policygen.core.vocabulary import Kind
from policygen.library.desk import columns
from policygen.library.desk.changes import Words
from policygen.library.desk.editing import PieceAdmin
from policygen.library.desk.filters import (
    GroupFilter,
    InformativeFilter,
    QuestionFilter,
    StateFilter,
    WithdrawnFilter,
    printing,
)
from policygen.library.desk.forms import (
    OptionForm,
    PieceForm,
    QuestionForm,
    SectionForm,
    TitleForm,
)
from policygen.library.desk.preview import sentence
from policygen.library.models import ClauseVersion, Option, PolicyTitle, Question, Section

PRINTED_BY_LIMIT = 50
"""How many clauses that print a group are listed."""

CHANGE: Any = ("Why", {"fields": ("reason", "withdrawn")})


@admin.register(PolicyTitle)
class PolicyTitleAdmin(PieceAdmin):
    """The one title of all policies."""

    desk_order = 50
    form = TitleForm
    list_display = ("title", columns.state, columns.written_by, "edited_at")
    list_select_related = ("edited_by",)
    fieldsets = ((None, {"fields": ("title",)}), ("Why", {"fields": ("reason",)}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let nobody add a second title."""
        return False


@admin.register(Section)
class SectionAdmin(PieceAdmin):
    """Sections: headings and their order."""

    desk_order = 20
    form = SectionForm
    list_display = (
        *("heading_and_id", "order", columns.state),
        *("withdrawn", columns.written_by, "edited_at"),
    )
    list_select_related = ("edited_by",)
    list_filter = (StateFilter, WithdrawnFilter)
    search_fields = ("name", "title")
    fieldsets = ((None, {"fields": ("title", "order", "needed")}), CHANGE)
    add_fieldsets = (
        (None, {"fields": ("name", "title", "order", "needed")}),
        ("Why", {"fields": ("reason",)}),
    )

    @admin.display(description="section", ordering="title")
    def heading_and_id(self, section: Section) -> SafeString:
        """Show the heading, and the id that links point to."""
        return columns.named(section.title, section.name)


@admin.register(Question)
class QuestionAdmin(PieceAdmin):
    """Questions of the interview. New ones come with files, since they need a page."""

    desk_order = 40
    form = QuestionForm
    change_form_template = "admin/library/question.html"
    list_display = (
        *("question_and_id", "kind_of_answer", "page", columns.state),
        *(columns.written_by, "edited_at"),
    )
    list_select_related = ("edited_by",)
    list_filter = (StateFilter, WithdrawnFilter)
    search_fields = ("name", "ask", "help", "example")
    fieldsets = (
        ("The question", {"fields": ("ask", "help", "example")}),
        ("When it is asked", {"fields": ("when",)}),
        ("What can be answered", {"fields": ("groups", "minimum", "maximum", "order")}),
        CHANGE,
    )

    @admin.display(description="question", ordering="ask")
    def question_and_id(self, question: Question) -> SafeString:
        """Show the question, and the id that conditions name."""
        return columns.named(question.ask, question.name)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let nobody add a question here: it needs a page of the interview."""
        return False

    def words(self, form: PieceForm) -> Words:
        """Return conditions as sentences."""
        frame = form.frame
        return Words({}, (lambda when: sentence(when, frame, OF_QUESTIONS)) if frame else None)

    def more(self, request: HttpRequest, form: PieceForm, piece: Any) -> Mapping[str, Any]:
        """Give the condition as a sentence."""
        return {"sentence": sentence(form.content()["when"], form.frame, OF_QUESTIONS)}


@admin.register(Option)
class OptionAdmin(PieceAdmin):
    """Options: what can be ticked, and the phrases that policies print."""

    desk_order = 30
    form = OptionForm
    change_form_template = "admin/library/option.html"
    list_display = (
        *("label_and_name", "question", "group", columns.state),
        *("informative", "withdrawn", "order", columns.written_by, "edited_at"),
    )
    list_select_related = ("question", "edited_by")
    list_filter = (QuestionFilter, GroupFilter, StateFilter, InformativeFilter, WithdrawnFilter)
    search_fields = ("name", "label", "help", "phrase")
    fieldsets = (
        ("In the interview", {"fields": ("group", "label", "help", "order")}),
        ("In a policy", {"fields": ("phrase", "informative")}),
        CHANGE,
    )
    add_fieldsets = (
        ("In the interview", {"fields": ("group", "name", "label", "help", "order")}),
        ("In a policy", {"fields": ("phrase", "informative")}),
        ("Why", {"fields": ("reason",)}),
    )

    @admin.display(description="option", ordering="label")
    def label_and_name(self, option: Option) -> SafeString:
        """Show the label, and the name by which conditions ask for it."""
        return columns.named(option.label, option.name)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the group where a question has none, as for purposes of contact."""
        parts = super().get_fieldsets(request, obj)
        if obj is None or obj.question.groups:
            return parts
        return [
            (title, {**part, "fields": [name for name in part["fields"] if name != "group"]})
            for title, part in parts
        ]

    def more(self, request: HttpRequest, form: PieceForm, piece: Any) -> Mapping[str, Any]:
        """Give the other options of the group with their phrases, and the clauses that print it."""
        if piece is None:
            return {}
        siblings = Option.objects.filter(question=piece.question_id, group=piece.group)
        siblings = siblings.exclude(pk=piece.pk).order_by("order", "name")
        printed_by = ClauseVersion.objects.filter(
            newest_of__isnull=False, body__regex=_printed(piece)
        ).only("clause_id", "title")[: PRINTED_BY_LIMIT + 1]
        return {
            "siblings": siblings,
            "group_label": dict(piece.question.groups).get(piece.group, ""),
            "printed_by": printed_by[:PRINTED_BY_LIMIT],
            "more_print_it": len(printed_by) > PRINTED_BY_LIMIT,
        }


def _printed(option: Option) -> str:
    """Return the pattern of placeholders that print an option."""
    if option.question.kind_of_answer == Kind.CONTACTS:
        purpose = option.name.partition(":")[2].replace("-", "_")
        return printing(f"{option.question_id}.{purpose}")
    return printing(option.question_id, option.group)
