"""Drafts in the admin: to be looked at and deleted, never written."""

from collections.abc import Iterable

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from policygen.library.tryout import forget
from policygen.policies.models import Draft


@admin.register(Draft)
class DraftAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list for whoever runs the site. The visitor's token opens the draft, so it is not shown.

    No role of the desk has permissions for drafts, so only superusers come here.
    """

    list_display = ["__str__", "created", "updated", "revision"]
    fields = ("id", "title", "answers", "release", "revision", "created", "updated")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Drafts begin in the interview."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Draft | None = None) -> bool:
        """Nobody else's hand is in a draft."""
        return False

    def delete_model(self, request: HttpRequest, obj: Draft) -> None:
        """Delete a draft, and what try-outs kept of it."""
        _delete([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        """Delete drafts, and what try-outs kept of them."""
        _delete(queryset)


def _delete(drafts: Iterable[Draft]) -> None:
    keys = [draft.pk for draft in drafts]
    with transaction.atomic():
        Draft.objects.filter(pk__in=keys).delete()
        forget("drafts", map(str, keys))
