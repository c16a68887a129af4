"""Making a draft of one's own a draft of a practice."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from policygen.identity import ask_for_second_factor, needs_second_factor
from policygen.policies.drafting.beginning import (
    AlreadyDrafting,
    ComesFromGroup,
    TooManyPolicies,
    keep_draft,
    set_up_policy,
)
from policygen.policies.drafting.drafts import NotAllowed, Opened
from policygen.policies.drafting.levels import LEFT_BEHIND
from policygen.policies.holders import Holder, holder_of
from policygen.policies.inside.policy_forms import title_line
from policygen.policies.models import Draft, Policy
from policygen.policies.pages import gone, opened, personal
from policygen.practices.access import memberships_of
from policygen.practices.models import Practice
from policygen.practices.roles import Right, may

TITLE = "Privacy policy"


@dataclass(frozen=True)
class Home:
    """A practice that can take the draft, and its policies of which the person has no draft."""

    practice: Practice
    policies: tuple[Policy, ...]

    def places(self) -> dict[str, Practice | Policy]:
        """Return where the draft can be kept here, by what the form sends for it."""
        known: dict[str, Practice | Policy] = {f"policy:{one.pk}": one for one in self.policies}
        return {**known, f"new:{self.practice.pk}": self.practice}


class KeepForm(forms.Form):
    """Which policy the draft becomes a draft of: ``policy:<id>``, or ``new:<id of a practice>``."""

    into = forms.ChoiceField(
        error_messages={
            "required": "Choose where to keep the draft.",
            "invalid_choice": "You cannot keep it there, or not any more. Choose another place.",
        }
    )
    title = title_line()

    def __init__(self, homes: list[Home], *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.groups = [(home.practice, home.places()) for home in homes]
        self.places = {key: place for _, places in self.groups for key, place in places.items()}
        self.fields["into"].choices = [(one, one) for one in self.places]  # type: ignore[attr-defined]
        if isinstance(self.places.get(self.data.get("into", "")), Policy):
            self.fields["title"].required = False

    @property
    def place(self) -> Practice | Policy:
        """What was chosen, once the form is valid."""
        return self.places[self.cleaned_data["into"]]


@personal("GET", "HEAD", "POST")
def keep(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Ask where a draft is to be kept, and keep it there."""
    found = opened(request, draft)
    if found.draft.policy_id is not None or found.draft.level_id is not None:
        return redirect("review", draft)
    if not isinstance(request.user, User):
        return _to_sign_up(request)
    homes = homes_of(request.user)
    first = {"title": TITLE, "into": _first_of(homes, request.POST.get("practice", ""))}
    form = KeepForm(homes, request.POST if "into" in request.POST else None, initial=first)
    if form.is_valid():
        if _lacks_second_factor(request, form.place):
            return ask_for_second_factor(request)
        if kept := _kept(request, found, form):
            messages.success(request, f"The draft belongs to “{kept.policy}” now.")
            return redirect("review", draft)
    context = {"draft": found.draft, "homes": homes, "form": form}
    status = 400 if form.errors else 200
    return render(request, "policies/inside/keep.html", context, status=status)


def _to_sign_up(request: HttpRequest) -> HttpResponseRedirect:
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('account_signup')}?{query}")


def homes_of(user: User) -> list[Home]:
    """Return the practices in which a person may edit policies, by name, in two queries.

    Policies whose answers come from a group take no others.
    """
    practices = {
        one.practice_id: one.practice for one in memberships_of(user) if may(one.role, Right.EDIT)
    }
    own = Draft.objects.filter(policy=OuterRef("pk"), user=user)
    free = Policy.objects.filter(~Exists(own), ~LEFT_BEHIND, practice__in=practices, level=None)
    free = free.order_by("sorted_as", "pk")
    by_practice: dict[int, list[Policy]] = {}
    for policy in free:
        policy.practice = practices[policy.practice_id]
        by_practice.setdefault(policy.practice_id, []).append(policy)
    return [Home(one, tuple(by_practice.get(key, ()))) for key, one in practices.items()]


def _first_of(homes: list[Home], practice: str) -> str:
    """Return the place to offer first: the practice of this slug, or in the only one."""
    wanted = [home for home in homes if home.practice.slug == practice]
    only = homes if len(homes) == 1 and not homes[0].policies else []
    return next((f"new:{home.practice.pk}" for home in [*wanted, *only]), "")


def _lacks_second_factor(request: HttpRequest, place: Practice | Policy) -> bool:
    practice = place.practice if isinstance(place, Policy) else place
    return practice.needs_second_factor and needs_second_factor(request)


def _kept(request: HttpRequest, found: Opened, form: KeepForm) -> Draft | None:
    """Keep a draft, or let the form say why not: all of it, or nothing."""
    holder = holder_of(request)
    try:
        with transaction.atomic():
            policy = _policy(form.place, holder, form.cleaned_data["title"])
            return keep_draft(holder, found.draft.pk, policy)
    except (TooManyPolicies, AlreadyDrafting, ComesFromGroup) as refused:
        form.add_error("into", str(refused))
    except PermissionDenied:
        form.add_error("into", "You may not change policies there any more. Choose another place.")
    except Draft.DoesNotExist:
        raise gone(holder, found.draft.pk) from None
    return None


def _policy(place: Practice | Policy, holder: Holder, title: str) -> Policy:
    if isinstance(place, Policy):
        return place
    if holder.user is None:
        raise NotAllowed
    return set_up_policy(place, holder.user, title=title)
