"""Who asks without an account: a random token in the session of one browser."""

from __future__ import annotations

import secrets

from django.http import HttpRequest

KEY = "visitor"


def visitor_of(request: HttpRequest) -> str:
    """Return the token of the browser that asks, or an empty text if it has none yet."""
    token = request.session.get(KEY, "")
    return token if isinstance(token, str) else ""


def known_visitor(request: HttpRequest) -> str:
    """Return the token of the browser that asks, giving it one first if need be."""
    token = visitor_of(request)
    if not token:
        token = request.session[KEY] = secrets.token_urlsafe(16)
    return token


def remember(request: HttpRequest) -> None:
    """Let the browser's session live on for its full time from now."""
    request.session.modified = True
