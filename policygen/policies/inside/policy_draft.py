"""What the pages of a policy's draft have in common: who opens it, and what they had in view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from policygen.policies.drafting.drafts import Opened
from policygen.policies.holders import Holder, holder_of
from policygen.policies.inside.history import Line, lines_of
from policygen.policies.inside.pages import number_in
from policygen.policies.models import Draft, Event, Policy
from policygen.policies.pages import opened, personal
from policygen.practices.roles import Right

P = ParamSpec("P")

SHOWN_LINES = 30
"""How many lines of the log a page names at most."""

UNSEEN = -1
"""A revision that no draft has: what was in view cannot be told."""


@dataclass(frozen=True)
class Held:
    """A draft of a policy, as a member opened it."""

    holder: Holder
    opened: Opened
    policy: Policy

    @property
    def draft(self) -> Draft:
        """The draft."""
        return self.opened.draft

    @property
    def today(self) -> date:
        """Today's date where the practice is."""
        return self.opened.today()

    def may(self, right: Right) -> bool:
        """Tell whether the member has a right."""
        return self.opened.may(right)


NO_POLICY = (
    "That is done with the draft of a policy. Keep this one in a practice first; or, where it has "
    "the answers of a group, make the policies of the group."
)

View = Callable[Concatenate[HttpRequest, Held, P], HttpResponse]


def of_policy(right: Right, *methods: str) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Mark a view as one of a policy's draft: its address has ``<uuid:draft>``.

    The view is called with a ``Held`` in place of the id, and only for a member with the right:
    for others the draft is not there (404), for a member without the right it is refused (403). A
    draft that belongs to no policy leads to its own pages.
    """

    def mark(view: View[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(
            request: HttpRequest, draft: UUID, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            held = held_in(request, draft)
            if held is None:
                messages.info(request, NO_POLICY)
                return redirect("review", draft)
            held.opened.require(right)
            return view(request, held, *args, **kwargs)

        return personal(*methods)(guarded)

    return mark


def held_in(request: HttpRequest, draft: UUID) -> Held | None:
    """Return a policy's draft, or ``None`` if it belongs to none. Raises as ``pages.opened``."""
    found = opened(request, draft)
    if found.draft.policy_id is None:
        return None
    policy = Policy.objects.select_related("practice").get(pk=found.draft.policy_id)
    found.draft.policy = policy
    return Held(holder_of(request), found, policy)


def again(request: HttpRequest, held: Held) -> Held:
    """Read a draft once more, after something in it changed. Raises as ``pages.opened``."""
    return held_in(request, held.draft.pk) or held


def revision_in(request: HttpRequest) -> int:
    """Return the revision that somebody had in view, as their form says."""
    return number_in(request.POST.get("revision", ""), UNSEEN)


def line_in(request: HttpRequest) -> int:
    """Return the number of the newest line of the log when the page was opened (0: unknown)."""
    return number_in(request.POST.get("line", ""))


def newest_line(held: Held) -> int:
    """Return the number of the newest line of the log about a draft, 0 if there is none."""
    numbers = Event.objects.filter(draft=held.draft.pk).order_by("-number")
    return numbers.values_list("number", flat=True).first() or 0


def lines_since(held: Held, line: int) -> tuple[Line, ...]:
    """Return what the log has of a draft after a line, the oldest first.

    Changes of answers that go on from one before it make no line of their own.
    """
    newer = Event.objects.filter(draft=held.draft.pk, number__gt=line).order_by("-number")
    return tuple(reversed(lines_of(newer[:SHOWN_LINES])))
