"""The way into a practice: every page of it, and every query, begins with ``Access``.

Somebody who is no member gets the page that a practice which does not exist gives (404). A member
without the right gets 403. Who is not signed in is asked to sign in first, and where the practice
demands a second factor, who did not use one is asked for it.

How recently somebody proved who they are is another question: views that change members or settings
are marked with ``policygen.identity.confirm_it_is_you``, below ``within``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from policygen.identity import lead_to_second_factor, needs_second_factor
from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Right, Role, may

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, "Access", P], HttpResponse]


@dataclass(frozen=True)
class Access:
    """A member inside a practice."""

    user: User
    practice: Practice
    role: Role

    def may(self, right: Right) -> bool:
        """Tell whether the member has a right."""
        return may(self.role, right)

    def require(self, right: Right) -> None:
        """Raise ``PermissionDenied`` unless the member has a right."""
        if not self.may(right):
            raise PermissionDenied

    @property
    def rights(self) -> dict[str, bool]:
        """Every right by its name, for templates."""
        return {right.value: self.may(right) for right in Right}


def access_of(user: User | AnonymousUser, practice: str) -> Access:
    """Let a person into the practice of this slug. Raises ``Http404`` unless they are a member."""
    found = None
    if isinstance(user, User):
        memberships = Membership.objects.filter(user=user, practice__slug=practice)
        found = memberships.select_related("practice").first()
    if found is None or not isinstance(user, User):
        raise Http404
    return Access(user, found.practice, Role(found.role))


def within(right: Right) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Mark a view as one of a practice: its address has ``<slug:practice>``.

    The view is called with an ``Access`` in place of the slug, and only for a member with the
    right. Nobody keeps a copy of the page.
    """

    def mark(view: View[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(
            request: HttpRequest, practice: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            if not isinstance(request.user, User):
                response: HttpResponse = redirect_to_login(request.get_full_path())
            else:
                access = access_of(request.user, practice)
                access.require(right)
                response = _second_factor_first(request, access) or view(
                    request, access, *args, **kwargs
                )
            response["Cache-Control"] = "private, no-store"
            return response

        return guarded

    return mark


def _second_factor_first(request: HttpRequest, access: Access) -> HttpResponse | None:
    """Lead to the page that asks for a second factor, where the practice demands one and it lacks.

    What was sent is not kept meanwhile: whoever comes back begins at the page of the practice.
    """
    if not access.practice.needs_second_factor or not needs_second_factor(request):
        return None
    text = f"“{access.practice}” asks everybody who works in it for a second factor at the sign-in."
    return lead_to_second_factor(request, text, home=access.practice.get_absolute_url())


def require_now(user: User, practice: Practice, right: Right) -> None:
    """Raise ``PermissionDenied`` unless a person has a right in a practice at this moment.

    They had it when their page was opened, but an owner may have been quicker. So whatever changes
    something asks again, once it holds the row that the change is about. A closed account has no
    rights: work that goes on by itself in its name ends there.
    """
    found = Membership.objects.filter(practice=practice, user=user, user__is_active=True)
    if not may(found.values_list("role", flat=True).first() or "", right):
        raise PermissionDenied


def memberships_of(user: User) -> list[Membership]:
    """Return the memberships of a person with their practices, by name."""
    memberships = Membership.objects.filter(user=user).select_related("practice")
    return list(memberships.order_by("practice__sorted_as", "practice_id"))
