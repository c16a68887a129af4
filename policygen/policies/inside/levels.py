"""The page of a brand or a location in a group: what differs there, and taking that back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from policygen.library.store import library_of
from policygen.policies.drafting.differing import Difference, differences_of
from policygen.policies.drafting.drafts import UNREADABLE, Overtaken, inherit_again, is_readable
from policygen.policies.drafting.groups import LevelInUse, draft_of_level, drop_level, level_for
from policygen.policies.drafting.levels import Line, line_of, listed_in
from policygen.policies.drafting.places import address_of
from policygen.policies.holders import Holder
from policygen.policies.inside.groups import group_of
from policygen.policies.inside.pages import View, member_page
from policygen.policies.models import Draft, Group, GroupForm, Level, Policy, PolicyVersion
from policygen.policies.pages import answering
from policygen.policies.stored import from_text
from policygen.practices.access import Access
from policygen.practices.models import Brand, Location
from policygen.practices.roles import Right

CHANGED = "Nothing was taken back: the answer changed since you opened this page. Look again."


@dataclass(frozen=True)
class Here:
    """A brand or a location in a group, with its level if it has one already."""

    group: Group
    brand: Brand | None
    location: Location | None
    level: Level | None

    @property
    def place(self) -> Brand | Location | None:
        """What it is the level of."""
        return self.location or self.brand

    @property
    def address(self) -> str:
        """The address of its page."""
        return address_of(Level(group=self.group, brand=self.brand, location=self.location))

    @property
    def draft(self) -> Draft | None:
        """The draft in which it keeps what differs, if there is one."""
        return Draft.objects.filter(level=self.level).first() if self.level else None


LevelView = Callable[[HttpRequest, Access, Here], HttpResponse]


def _here(access: Access, group: int, brand: int | None, location: int | None) -> Here:
    """Return what an address names. Raises ``Http404``."""
    found = group_of(access, group)
    one = Brand.objects.filter(practice=access.practice, pk=brand or 0).first()
    places = Location.objects.filter(practice=access.practice, pk=location or 0)
    other = places.select_related("brand").first()
    if one is None and other is None:
        raise Http404
    levels = Level.objects.filter(group=found, brand=one, location=other)
    level = levels.select_related("policy").first()
    if level is not None:
        level.group, level.brand, level.location = found, one, other
    return Here(found, one, other, level)


def at_level(right: Right, *methods: str) -> Callable[[LevelView], View]:
    """Mark a view as one of a brand or a location in a group: it is called with ``Here``.

    Its address names the group, and the brand or the location. It is a ``member_page`` besides.
    """

    def mark(view: LevelView) -> View:
        @wraps(view)
        def found(
            request: HttpRequest,
            access: Access,
            group: int,
            brand: int | None = None,
            location: int | None = None,
        ) -> HttpResponse:
            return view(request, access, _here(access, group, brand, location))

        return member_page(right, *methods)(found)

    return mark


@at_level(Right.SEE, "GET", "HEAD")
def level(request: HttpRequest, access: Access, here: Here) -> HttpResponse:
    """Show what a brand or a location answers differently."""
    draft = here.draft
    line = line_of(here.level or Level(group=here.group, brand=here.brand, location=here.location))
    policy, rows = _policy(access, here), _rows(line, draft)
    context = {
        "access": access,
        "group": here.group,
        "spot": here,
        "place": here.place,
        "draft": draft,
        "rows": rows,
        "is_readable": is_readable(line.release),
        "policy": policy,
        "version": _newest(policy),
        "is_listed": _is_listed(here),
        "brand": here.location.brand if here.location else None,
        "locations": here.brand.locations.filter(closed_on=None).count() if here.brand else 0,
        "may_drop": here.level is not None and not (rows or policy or _is_used(here)),
    }
    return render(request, "policies/groups/level.html", context)


def _rows(line: Line, draft: Draft | None) -> list[tuple[Difference, str]]:
    """Return what differs, each with the address at which it is answered, if there is one."""
    try:
        found = differences_of(line, library_of(line.release).vocabulary)
    except UNREADABLE:
        return []
    return [
        (one, answering(draft.pk, one.question) if draft and one.question else "") for one in found
    ]


def _policy(access: Access, here: Here) -> Policy | None:
    policy = here.level.policy if here.level else None
    if policy is not None:
        policy.practice = access.practice
    return policy


def _newest(policy: Policy | None) -> int | None:
    versions = PolicyVersion.objects.filter(policy=policy).order_by("-number")
    return versions.values_list("number", flat=True).first() if policy else None


def _is_listed(here: Here) -> bool:
    """Tell whether a location stands in the annex of the policy of its group."""
    if here.location is None or here.group.form != GroupForm.ANNEX:
        return False
    return listed_in(here.group).filter(pk=here.location.pk).exists()


def _is_used(here: Here) -> bool:
    return here.brand is not None and here.brand.locations.exists()


@at_level(Right.EDIT, "POST")
def answer_level(request: HttpRequest, access: Access, here: Here) -> HttpResponse:
    """Go to the answers of a brand or a location, to change them there."""
    made = level_for(here.group, brand=here.brand, location=here.location)
    return redirect("review", draft_of_level(made, access.user).pk)


@at_level(Right.EDIT, "POST")
def take_inherited(request: HttpRequest, access: Access, here: Here) -> HttpResponse:
    """Take the answer to one question back, so that it is inherited again."""
    draft = here.draft
    if draft is None:
        return redirect(here.address)
    question, mark = request.POST.get("question", ""), request.POST.get("seen", "")
    if question not in from_text(draft.answers):
        _require_asked(draft, question)
        messages.info(request, f"“{here.place}” has this answer from the group already.")
        return redirect(here.address)
    try:
        inherit_again(Holder(user=access.user), draft.pk, question, seen_as=mark)
    except Overtaken:
        messages.warning(request, CHANGED)
    else:
        messages.success(request, f"“{here.place}” takes this answer from the group again.")
    return redirect(here.address)


def _require_asked(draft: Draft, question: str) -> None:
    """Raise ``Http404`` unless the release of a draft asks a question."""
    try:
        known = question in library_of(draft.release).vocabulary.by_id
    except UNREADABLE:
        known = False
    if not known:
        raise Http404


@at_level(Right.EDIT, "POST")
def leave_group(request: HttpRequest, access: Access, here: Here) -> HttpResponse:
    """Let the group forget a brand or a location at which nothing differs."""
    if here.level is None:
        return redirect(here.address)
    try:
        drop_level(here.level, access.user)
    except LevelInUse as refused:
        messages.error(request, str(refused))
        return redirect(here.address)
    messages.success(request, f"The group keeps no place for “{here.place}” any more.")
    return redirect(here.group)
