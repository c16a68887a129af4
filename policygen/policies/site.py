"""The site's own addresses, in full."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse


def absolute(name: str, *arguments: object) -> str:
    """Return the address of a page of this site with the site, whichever host was asked."""
    return f"{settings.SITE_URL}{reverse(name, args=arguments)}"
