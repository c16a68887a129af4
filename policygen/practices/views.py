"""The pages of a practice's members and settings."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from policygen.identity import confirm_it_is_you, second_factors_of, shown_as
from policygen.practices.access import Access, within
from policygen.practices.changing import change_settings
from policygen.practices.forms import InvitationForm, RoleForm, SettingsForm, sent
from policygen.practices.invitations import DAYS, waiting_in
from policygen.practices.members import (
    LastOwner,
    change_role,
    leave_practice,
    members_of,
    remove_member,
    with_second_factor,
)
from policygen.practices.models import Membership
from policygen.practices.roles import Right, Role


@dataclass(frozen=True)
class Person:
    """A member as the list of members shows them; ``has_factor`` is shown to owners only."""

    membership: Membership
    name: str
    role: Role
    is_you: bool
    has_factor: bool


@require_http_methods(["GET", "HEAD"])
@within(Right.SEE)
def members(request: HttpRequest, access: Access) -> HttpResponse:
    """List the people of a practice and, for owners, whom they invited."""
    return members_page(request, access)


def members_page(
    request: HttpRequest, access: Access, form: InvitationForm | None = None, status: int = 200
) -> HttpResponse:
    """Return the page of the members, with a form in which something may be wrong."""
    manages = access.may(Right.MANAGE)
    context = {
        "access": access,
        "people": people_of(access),
        "invitations": waiting_in(access.practice) if manages else [],
        "form": form or InvitationForm(initial={"role": Role.EDITOR.value}),
        "roles": list(Role),
        "days": DAYS,
    }
    return render(request, "practices/members.html", context, status=status)


def people_of(access: Access) -> list[Person]:
    """Return the members of a practice as whoever asks may see them."""
    factors = with_second_factor(access.practice) if access.may(Right.MANAGE) else set()
    return [
        Person(
            membership=one,
            name=shown_as(one.user),
            role=Role(one.role),
            is_you=one.user_id == access.user.pk,
            has_factor=one.user_id in factors,
        )
        for one in members_of(access.practice)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
@confirm_it_is_you
def change_member_role(request: HttpRequest, access: Access, member: int) -> HttpResponse:
    """Give a member another role."""
    found = _member(access, member)
    form = RoleForm(sent(request), initial={"role": found.role})
    if request.method == "POST" and form.is_valid():
        try:
            role = Role(form.cleaned_data["role"])
            changed = change_role(access.practice, access.user, member, role)
        except Membership.DoesNotExist:
            raise Http404 from None
        except LastOwner as refused:
            form.add_error("role", str(refused))
        else:
            name = shown_as(changed.user)
            messages.success(request, f"{name} is now {role.with_article} of this practice.")
            return _after_own_change(access, changed)
    context = {
        "access": access,
        "member": found,
        "name": shown_as(found.user),
        "role": Role(found.role),
        "is_you": found.user_id == access.user.pk,
        "form": form,
        "roles": list(Role),
    }
    return render(request, "practices/role.html", context, status=400 if form.errors else 200)


def _after_own_change(access: Access, changed: Membership) -> HttpResponse:
    if changed.user_id == access.user.pk:
        return redirect(access.practice)
    return redirect("members", access.practice.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
@confirm_it_is_you
def remove(request: HttpRequest, access: Access, member: int) -> HttpResponse:
    """Take a member out of the practice, after asking."""
    found = _member(access, member)
    if found.user_id == access.user.pk:
        return redirect("leave", access.practice.slug)
    name = shown_as(found.user)
    refusal = ""
    if request.method == "POST":
        try:
            remove_member(access.practice, access.user, member)
        except Membership.DoesNotExist:
            raise Http404 from None
        except LastOwner as refused:
            refusal = str(refused)
        else:
            messages.success(request, f"{name} is no longer a member of this practice.")
            return redirect("members", access.practice.slug)
    context = {
        "access": access,
        "member": found,
        "name": name,
        "role": Role(found.role),
        "refusal": refusal,
    }
    return render(request, "practices/remove.html", context, status=409 if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.SEE)
@confirm_it_is_you
def leave(request: HttpRequest, access: Access) -> HttpResponse:
    """Take oneself out of the practice, after asking."""
    refusal = ""
    if request.method == "POST":
        try:
            leave_practice(access.practice, access.user)
        except Membership.DoesNotExist:
            raise Http404 from None
        except LastOwner as refused:
            refusal = str(refused)
        else:
            messages.success(request, f"You are no longer a member of “{access.practice}”.")
            return redirect("practices")
    context = {"access": access, "refusal": refusal}
    return render(request, "practices/leave.html", context, status=409 if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
@confirm_it_is_you
def practice_settings(request: HttpRequest, access: Access) -> HttpResponse:
    """Change what a practice is called, and what it asks of its members."""
    practice = access.practice
    has_factor = bool(second_factors_of(access.user))
    form = SettingsForm(practice, sent(request), has_factor=has_factor)
    if request.method == "POST" and form.is_valid():
        change_settings(practice, access.user, seen=form.seen, wanted=form.wanted)
        messages.success(request, "The settings are saved.")
        return redirect("practice_settings", practice.slug)
    context = {"access": access, "form": form, "has_factor": has_factor}
    return render(request, "practices/settings.html", context, status=400 if form.errors else 200)


def _member(access: Access, member: int) -> Membership:
    members = Membership.objects.filter(practice=access.practice, pk=member)
    found = members.select_related("user").first()
    if found is None:
        raise Http404
    return found
