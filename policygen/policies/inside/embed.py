"""How to put a policy into the practice's own web site."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from policygen.policies.inside.pages import member_page, policy_of
from policygen.policies.models import Policy
from policygen.policies.public.downloads import page_policy
from policygen.policies.published.serving import NotServed, content_of
from policygen.policies.published.versions import files_of, in_force
from policygen.policies.site import absolute
from policygen.practices.access import Access
from policygen.practices.roles import Right

logger = logging.getLogger("policygen.policies")

ADDRESSES = {
    "page": ("public",),
    "fragment": ("public_fragment",),
    "pdf": ("public_file", "pdf"),
    "html": ("public_file", "html"),
    "feed": ("public_feed",),
}
"""What each public address is called in the template, and the name of its path."""


@member_page(Right.SEE, "GET", "HEAD")
def embed(request: HttpRequest, access: Access, policy: str) -> HttpResponse:
    """Give what to copy for every kind of web site."""
    found = policy_of(access, policy)
    there = [access.practice.slug, found.slug]
    context = {
        "access": access,
        "policy": found,
        "to": {name: absolute(path, *there, *rest) for name, (path, *rest) in ADDRESSES.items()},
        "path": reverse("public_fragment", args=there),
        "site": settings.SITE_URL,
        "host": settings.SITE_URL.partition("://")[2],
        "applies": in_force(found, access.practice.today()) is not None,
        "rules": _rules(found, access),
    }
    return render(request, "policies/inside/embed.html", context)


def _rules(policy: Policy, access: Access) -> str:
    """Return the Content-Security-Policy of the stand-alone page that applies, or nothing."""
    version = in_force(policy, access.practice.today())
    file = files_of(version).get("html") if version else None
    if file is None:
        return ""
    try:
        return page_policy(content_of(file))
    except NotServed as error:
        logger.error("the stand-alone page is missing", exc_info=error)
        return ""
