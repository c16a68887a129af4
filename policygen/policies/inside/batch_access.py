"""The way to a batch: who may look at it, and who may decide about it.

Everybody sees the policies of the practices in which they are members. A batch in which there is
none of these is not there (404). It acts in the name of whoever started it, so only they decide
what is done next; an owner of its practice can stop it, let it go on again and give it up, and
reviewers approve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from policygen.identity import lead_to_second_factor, needs_second_factor
from policygen.library.store import NoRelease
from policygen.policies.bulk.seeing import batches_for, pieces_for, practices_in
from policygen.policies.drafting.levels import ROOT_DRAFT
from policygen.policies.models import Batch, Draft, Piece
from policygen.practices.access import Access, access_of
from policygen.practices.models import Membership
from policygen.practices.roles import Right, may

P = ParamSpec("P")

SECOND_FACTOR = "A practice in this work asks everybody for a second factor at the sign-in."


@dataclass(frozen=True)
class HeldBatch:
    """A batch as somebody opened it: ``pieces`` are those that they may see."""

    user: User
    batch: Batch

    @property
    def pieces(self) -> QuerySet[Piece]:
        """The pieces of practices in which the person is a member."""
        return pieces_for(self.user, self.batch.pk)

    @cached_property
    def root(self) -> UUID | None:
        """The id of the draft with the group's own answers, if the batch is of a group."""
        if self.batch.group_id is None:
            return None
        roots = Draft.objects.filter(ROOT_DRAFT, level__group=self.batch.group_id)
        return roots.values_list("pk", flat=True).first()

    @property
    def is_own(self) -> bool:
        """Whether the person started it."""
        return self.batch.by_id == self.user.pk

    @cached_property
    def access(self) -> Access | None:
        """The person's membership in the practice of the batch; over many practices there is none.

        Raises ``Http404`` if they left it meanwhile.
        """
        return access_of(self.user, self.batch.practice.slug) if self.batch.practice else None

    @cached_property
    def may_decide(self) -> bool:
        """Whether the person may submit, publish, retry: they started it, and still could."""
        if self.access is not None:
            return self.is_own and self.access.may(Right.EDIT) and self.access.may(Right.PUBLISH)
        return self.is_own

    @cached_property
    def may_stop(self) -> bool:
        """Whether the person may stop it, let it go on again and give it up."""
        if self.access is None:
            return self.is_own
        return self.access.may(Right.MANAGE) or (self.is_own and self.access.may(Right.EDIT))

    @cached_property
    def may_approve(self) -> bool:
        """Whether the person may approve something in it: never what they started themselves."""
        if self.is_own:
            return False
        if self.access is not None:
            return self.access.may(Right.REVIEW)
        practices = practices_in(self.pieces)
        roles = Membership.objects.filter(user=self.user, practice__in=practices)
        return any(may(role, Right.REVIEW) for (role,) in roles.values_list("role"))


View = Callable[Concatenate[HttpRequest, HeldBatch, P], HttpResponseBase]
OverPractices = Callable[[HttpRequest, User], HttpResponseBase]


def of_batch(
    *methods: str, only: Callable[[HeldBatch], bool] | None = None
) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Mark a view as one of a batch: its address has ``<uuid:batch>``.

    The view is called with a ``HeldBatch`` in place of the id, and, where ``only`` is given, only
    for people of whom that is true; others get 403. Nobody keeps a copy of the page.
    """

    def mark(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(
            request: HttpRequest, batch: UUID, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            def answer(user: User) -> HttpResponseBase:
                held = held_in(user, batch)
                if only is not None and not only(held):
                    raise PermissionDenied
                asked = _second_factor_first(request, demanded=_demands_second_factor(held))
                return asked or view(request, held, *args, **kwargs)

            return _in_private(request, answer)

        return require_http_methods([*methods])(guarded)

    return mark


def over_practices(*methods: str) -> Callable[[OverPractices], Callable[..., HttpResponseBase]]:
    """Mark a view as one over all practices of a person, which is called with them.

    If one of these demands a second factor, it is asked for first. Nobody keeps a copy of the page.
    """

    def mark(view: OverPractices) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponseBase:
            def answer(user: User) -> HttpResponseBase:
                theirs = Membership.objects.filter(user=user)
                demanded = theirs.filter(practice__needs_second_factor=True).exists()
                return _second_factor_first(request, demanded=demanded) or view(request, user)

            return _in_private(request, answer)

        return require_http_methods([*methods])(guarded)

    return mark


def held_in(user: User, batch: UUID) -> HeldBatch:
    """Return a batch that a person may look at. Raises ``Http404`` for any other."""
    found = batches_for(user).filter(pk=batch).first()
    if found is None:
        raise Http404
    return HeldBatch(user, found)


def _in_private(
    request: HttpRequest, answer: Callable[[User], HttpResponseBase]
) -> HttpResponseBase:
    """Answer whoever is signed in, so that nobody keeps a copy; others are asked to sign in.

    A site on which no clause library is loaded yet says so instead.
    """
    if not isinstance(request.user, User):
        response: HttpResponseBase = redirect_to_login(request.get_full_path())
    else:
        try:
            response = answer(request.user)
        except NoRelease:
            response = render(request, "not_ready.html", status=503)
    response["Cache-Control"] = "private, no-store"
    return response


def _second_factor_first(request: HttpRequest, *, demanded: bool) -> HttpResponse | None:
    """Lead to the page that asks for a second factor, where it is demanded and was not used."""
    if not demanded or not needs_second_factor(request):
        return None
    return lead_to_second_factor(request, SECOND_FACTOR, home=reverse("practices"))


def _demands_second_factor(held: HeldBatch) -> bool:
    if held.batch.practice is not None:
        return held.batch.practice.needs_second_factor
    return practices_in(held.pieces).filter(needs_second_factor=True).exists()
