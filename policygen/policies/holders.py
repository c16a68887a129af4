"""Who holds drafts: a browser that nobody signed in with, an account, or both at once."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest

from policygen.policies.visitors import known_visitor, visitor_of
from policygen.practices.models import Membership
from policygen.practices.roles import Right, Role, may


@dataclass(frozen=True)
class Holder:
    """Somebody who asks for drafts: the token of their browser, and their account if they have one.

    A draft is theirs if it has their token or their account, and if it belongs to a policy or to a
    level of a group, by their membership in that practice.
    """

    visitor: str = ""
    user: User | None = None

    @property
    def user_id(self) -> int | None:
        """The id of the account."""
        return self.user.pk if self.user else None

    def own(self) -> Q:
        """Return the condition of their own drafts that belong to no policy and no group."""
        mine = Q(visitor=self.visitor) if self.visitor else Q(pk__in=[])
        if self.user:
            mine |= Q(user=self.user)
        return mine & Q(policy=None, level=None)

    def reachable(self, right: Right) -> Q:
        """Return the condition of the drafts in which they have a right."""
        if not self.user:
            return self.own()
        roles = [role for role in Role if may(role, right)]
        theirs = Membership.objects.filter(
            user=self.user, user__is_active=True, role__in=roles
        ).values("practice")
        of_practice = Q(policy__practice__in=theirs) | Q(level__group__practice__in=theirs)
        return self.own() | of_practice


def holder_of(request: HttpRequest) -> Holder:
    """Return who asks."""
    return Holder(visitor_of(request), _user(request))


def known_holder(request: HttpRequest) -> Holder:
    """Return who asks; somebody without an account gets a token first if need be."""
    user = _user(request)
    return Holder(visitor_of(request), user) if user else Holder(known_visitor(request))


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
