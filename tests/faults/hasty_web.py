"""The site as gunicorn serves it, which waits two seconds, and not five, for a database."""

from __future__ import annotations

from django.conf import settings

settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 2

from policygen.wsgi import application  # noqa: E402

__all__ = ["application"]
