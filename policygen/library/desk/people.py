"""The desk's page of people: they are made inactive and never deleted, since the log names them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

NOT_DELETED = "People are made inactive, not deleted: the log names them."

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Who works at the desk."""

    fieldsets: ClassVar[Any] = tuple(
        (title, {**part, "description": NOT_DELETED} if "is_active" in part["fields"] else part)
        for title, part in UserAdmin.fieldsets or ()
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let nobody delete people; the action goes with the right."""
        return False
