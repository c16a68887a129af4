"""The practices of a person: the list of them, and founding one.

It stands here and not in ``practices/`` because it looks at the drafts of whoever founds one.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from policygen.policies.drafting.drafts import drafts_of
from policygen.policies.holders import Holder
from policygen.policies.models import Draft
from policygen.practices.access import memberships_of
from policygen.practices.forms import PracticeForm, sent
from policygen.practices.founding import TooManyPractices, found_practice
from policygen.practices.invitations import open_for
from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Role

private = cache_control(private=True, no_store=True)


@require_http_methods(["GET", "HEAD"])
@private
@login_required
def practices(request: HttpRequest) -> HttpResponse:
    """List the practices of whoever asks; who has one, and no invitation, is led to it."""
    user = _user(request)
    memberships, invitations = memberships_of(user), open_for(user)
    if len(memberships) == 1 and not invitations:
        return redirect(memberships[0].practice)
    drafts = drafts_of(Holder(user=user))
    context = {
        "memberships": memberships,
        "invitations": invitations,
        "drafts": drafts,
        "form": PracticeForm(initial={"name": name_in(drafts)}),
    }
    return render(request, "practices/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@private
@login_required
def new_practice(request: HttpRequest) -> HttpResponse:
    """Found a practice."""
    user = _user(request)
    drafts = drafts_of(Holder(user=user))
    form = PracticeForm(sent(request), initial={"name": name_in(drafts)})
    if request.method == "POST" and form.is_valid():
        practice = _founded(user, form)
        if practice is not None:
            messages.success(request, f"“{practice}” is here. You are its owner.")
            return redirect(practice)
    context = {"form": form, "drafts": drafts}
    return render(request, "practices/new.html", context, status=400 if form.errors else 200)


def name_in(drafts: list[Draft]) -> str:
    """Return what the practice is called in the drafts of a person: the one saved last counts."""
    return next((draft.title for draft in drafts if draft.title), "")


def _founded(user: User, form: PracticeForm) -> Practice | None:
    """Found a practice, or let the form say why not: the button may have been pressed twice."""
    name = form.cleaned_data["name"]
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        own = Membership.objects.filter(user=user, role=Role.OWNER)
        if own.filter(practice__name__iexact=name).exists():
            form.add_error("name", "You own a practice of this name already. It is among yours.")
            return None
        try:
            return found_practice(user, name=name, time_zone=form.cleaned_data["time_zone"])
        except TooManyPractices as refused:
            form.add_error(None, str(refused))
            return None


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError(request.user)
    return request.user
