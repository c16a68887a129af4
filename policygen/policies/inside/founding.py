"""The practices of a person: the list of them, and founding one.

It stands here and not in ``practices/`` because it looks at the drafts of whoever founds one.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from policygen.policies.drafting.drafts import drafts_of
from policygen.policies.drafting.examples import invented_names
from policygen.policies.holders import Holder
from policygen.policies.inside.batches import batches_under_way
from policygen.policies.inside.pages import PAGE
from policygen.policies.inside.practice_lines import lines_of, memberships_matching
from policygen.policies.models import Draft
from policygen.practices.forms import PracticeForm, sent
from policygen.practices.founding import TooManyPractices, found_practice
from policygen.practices.invitations import open_for
from policygen.practices.locations import clean_search
from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Role

SEARCHED = 10
"""From how many practices on the list can be searched."""

private = cache_control(private=True, no_store=True)


@require_http_methods(["GET", "HEAD"])
@private
@login_required
def practices(request: HttpRequest) -> HttpResponse:
    """List the practices of whoever asks; who has one, and no invitation, is led to it."""
    user = _user(request)
    search, invitations = clean_search(request.GET.get("q", "")), open_for(user)
    memberships = memberships_matching(user, "")
    if not invitations and len(few := list(memberships[:2])) == 1:
        return redirect(few[0].practice)
    drafts = drafts_of(Holder(user=user))
    page = Paginator(memberships_matching(user, search), PAGE).get_page(request.GET.get("page"))
    context = {
        "memberships": memberships.count(),
        "lines": lines_of(user, list(page.object_list)),
        "page": page,
        "batches": batches_under_way(user),
        "search": search,
        "query": urlencode({"q": search}) if search else "",
        "searches": memberships.count() > SEARCHED,
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
    """Return what the practice is called in the drafts of a person: the one saved last counts.

    The name that an example brought along is not theirs.
    """
    invented = invented_names() if drafts else frozenset()
    named = (draft.title for draft in drafts if draft.title)
    return next((title for title in named if title not in invented), "")


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
