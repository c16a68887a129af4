"""What the pages of a practice's policies have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from policygen.library.store import NoRelease
from policygen.policies.drafting.drafts import Opened
from policygen.policies.models import Policy, PolicyVersion
from policygen.practices.access import Access, within
from policygen.practices.roles import Right

PAGE = 50
"""How many lines of a list one page shows."""

View = Callable[..., HttpResponse]


def member_page(right: Right, *methods: str) -> Callable[[View], View]:
    """Mark a view as a page of a practice, for members with a right, and these methods alone.

    The view is called with ``Access`` in place of the practice's slug. A site on which no clause
    library is loaded yet says so instead of failing.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(
            request: HttpRequest, access: Access, *args: Any, **kwargs: Any
        ) -> HttpResponse:
            try:
                return view(request, access, *args, **kwargs)
            except NoRelease:
                return render(request, "not_ready.html", status=503)

        return require_http_methods([*methods])(within(right)(guarded))

    return mark


def number_in(sent: str, otherwise: int = 0) -> int:
    """Return the number that was sent, or ``otherwise`` where none was; one has nine digits."""
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else otherwise


def policy_of(access: Access, slug: str) -> Policy:
    """Return a policy of the practice. Raises ``Http404``."""
    policies = Policy.objects.filter(practice=access.practice, slug=slug)
    found = policies.select_related("location").first()
    if found is None:
        raise Http404
    found.practice = access.practice
    return found


def version_of(policy: Policy, number: int) -> PolicyVersion:
    """Return a version of a policy with all its texts. Raises ``Http404``."""
    found = PolicyVersion.objects.filter(policy=policy, number=number).first()
    if found is None:
        raise Http404
    found.policy = policy
    return found


def access_in(request: HttpRequest, found: Opened) -> Access:
    """Return the membership with which somebody opened the draft of a policy."""
    policy, user = found.draft.policy, request.user
    if policy is None or found.role is None or not isinstance(user, User):
        raise PermissionDenied
    return Access(user, policy.practice, found.role)


def paged(request: HttpRequest, rows: QuerySet[Any], name: str) -> Page[Any]:
    """Return the page of a list that the address asks for; any other number gives the nearest."""
    return Paginator(rows, PAGE).get_page(request.GET.get(name))
