"""Lists of what is never edited: each row leads to a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect


class ListOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list in the admin. What is in it comes and goes by pages and functions of its own."""

    actions = None
    gone: str
    """What somebody reads who follows a link to what is no longer there."""

    def page_address(self, found: Any) -> str:
        """Return the address of the page of one that is listed."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here."""
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseRedirect:
        """Lead to the page of the one that was chosen. Raises ``Http404``."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404(self.gone)
        return redirect(self.page_address(found))
