"""What the desk's own pages have in common: who may read them, and what comes in with a request."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from policygen.core.problems import Problem, Refused
from policygen.core.text import TextRefused, clean_text
from policygen.library.desk.steps import may_read
from policygen.library.publishing import WHY_LIMIT

WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")

Page = Callable[..., HttpResponse]


def for_readers(view: Page) -> Page:
    """Let only those see a page who may read the library."""

    @wraps(view)
    def checked_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_read(person_of(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked_view


def person_of(request: HttpRequest) -> User:
    """Return who asks; the admin lets nobody in who has not signed in."""
    return cast("User", request.user)


def page_of(
    request: HttpRequest, template: str, title: str, *, status: int = 200, **context: object
) -> HttpResponse:
    """Return a page of the desk, from a template in ``admin/desk/``."""
    whole = {**admin.site.each_context(request), "title": title, **context}
    return render(request, f"admin/desk/{template}", whole, status=status)


def number_in(fields: QueryDict, name: str) -> int | None:
    """Return the whole number that a field holds, or ``None`` if it holds none."""
    text = fields.get(name, "")
    return int(text) if WHOLE_NUMBER.fullmatch(text) else None


def why_in(request: HttpRequest) -> str:
    """Return the reason or the comment that was sent. Raises ``Refused``."""
    try:
        return clean_text(request.POST.get("why", ""), limit=WHY_LIMIT)
    except TextRefused as refused:
        raise Refused([Problem("why", str(refused))]) from None
