"""The desk's pages of clauses: their list, and the page where one is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from policygen.library.desk import columns
from policygen.library.desk.changes import Words
from policygen.library.desk.editing import PieceAdmin
from policygen.library.desk.filters import (
    DataItemFilter,
    ModelPolicyFilter,
    RecipientFilter,
    SectionFilter,
    StateFilter,
)
from policygen.library.desk.forms import ClauseForm, PieceForm
from policygen.library.desk.preview import EXAMPLE, LEAST, make_preview, sentence
from policygen.library.models import ClauseVersion


class NewestVersions(ChangeList):
    """The newest version of each clause."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[ClauseVersion]:
        """Leave out what a newer version followed."""
        return super().get_queryset(request, exclude_parameters).filter(newest_of__isnull=False)


@admin.register(ClauseVersion)
class ClauseVersionAdmin(PieceAdmin):
    """Clauses: the list has the newest version of each, and every version has a page."""

    desk_order = 10
    form = ClauseForm
    change_form_template = "admin/library/clause.html"
    list_display = (
        *("title_and_slug", "section", columns.state, "order"),
        *(columns.written_by, "edited_at"),
    )
    list_select_related = ("section", "edited_by")
    list_filter = (StateFilter, SectionFilter, DataItemFilter, RecipientFilter, ModelPolicyFilter)
    search_fields = ("clause__slug", "title", "body", "note")

    fieldsets = (
        ("The clause", {"fields": ("title", "section_id", "order")}),
        ("What it says", {"fields": ("body", "run_in"), "classes": ("text",)}),
        ("When it is said", {"fields": ("when",)}),
        (
            "What it rests on",
            {"fields": ("claims", "satisfies", "statements", "citations", "note")},
        ),
        ("Why", {"fields": ("reason", "withdrawn")}),
    )
    add_fieldsets = (
        ("The clause", {"fields": ("name", "title", "section_id", "order")}),
        *fieldsets[1:-1],
        ("Why", {"fields": ("reason",)}),
    )

    @admin.display(description="clause", ordering="title")
    def title_and_slug(self, version: ClauseVersion) -> SafeString:
        """Show what colleagues call it, and its slug."""
        return columns.named(version.title, version.name)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """List the newest version of each clause."""
        return NewestVersions

    def words(self, form: PieceForm) -> Words:
        """Return titles of sections, and conditions as sentences."""
        frame = form.frame
        return Words(
            super().words(form).sections,
            (lambda when: sentence(when, frame)) if frame else None,
        )

    def more(self, request: HttpRequest, form: PieceForm, piece: Any) -> Mapping[str, Any]:
        """Give the preview, and whether a newer version is there."""
        asked = request.POST if request.method == "POST" else request.GET
        newest = piece.clause.newest if piece is not None else None
        today, example = timezone.localdate(), asked.get(EXAMPLE, LEAST)
        preview = make_preview(cast("ClauseForm", form), example, on=today)
        return {
            "preview": preview,
            "sentence": preview.sentence,
            "newer": newest if newest is not None and newest.pk != piece.pk else None,
        }

    def title_of(self, piece: Any) -> str:
        """Return the title for colleagues."""
        return piece.title if piece is not None else "New clause"
