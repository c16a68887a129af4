"""The pages of invitations: sending them, taking them back, accepting them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from policygen.identity import confirm_it_is_you, shown_as
from policygen.practices.access import Access, within
from policygen.practices.forms import InvitationForm
from policygen.practices.invitations import (
    DAYS,
    NotInvited,
    NotOpen,
    TooManyInvitations,
    accept,
    invitation_of,
    invite,
    is_for,
    masked,
    open_for,
    revoke,
)
from policygen.practices.mails import invitation_address, send_invitation
from policygen.practices.models import Invitation, Membership
from policygen.practices.roles import Right, Role
from policygen.practices.views import members_page

private = cache_control(private=True, no_store=True)


# ------------------------------------------------------------------ for owners


@require_http_methods(["POST"])
@within(Right.MANAGE)
@confirm_it_is_you
def send(request: HttpRequest, access: Access) -> HttpResponse:
    """Invite somebody by e-mail.

    If the mail cannot be sent, the page says so and shows the link, this once: the token is stored
    nowhere, and only who has confirmed the invited address can use it.
    """
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return members_page(request, access, form, status=400)
    email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
    try:
        invitation, token = invite(access.practice, access.user, email=email, role=role)
    except NotInvited as refused:
        form.add_error("email", str(refused))
        status = 429 if isinstance(refused, TooManyInvitations) else 400
        return members_page(request, access, form, status=status)
    if not send_invitation(invitation, token):
        context = {
            "access": access,
            "invitation": invitation,
            "link": invitation_address(token),
            "days": DAYS,
        }
        return render(request, "practices/not_sent.html", context, status=502)
    text = f"An invitation is on its way to {email}. It can be accepted for {DAYS} days."
    messages.success(request, text)
    return redirect("members", access.practice.slug)


@require_http_methods(["POST"])
@within(Right.MANAGE)
@confirm_it_is_you
def take_back(request: HttpRequest, access: Access, invitation: UUID) -> HttpResponse:
    """Revoke an invitation."""
    try:
        revoked = revoke(access.practice, access.user, invitation)
    except Invitation.DoesNotExist:
        raise Http404 from None
    except NotOpen:
        messages.warning(request, "This invitation was accepted or revoked meanwhile.")
    else:
        messages.success(request, f"The invitation to {revoked.email} is revoked.")
    return redirect("members", access.practice.slug)


# ------------------------------------------------------------------ for who is invited


@require_http_methods(["GET", "HEAD", "POST"])
@private
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation to whoever has its token, and accept it for whom it is meant."""
    found = invitation_of(token)
    user = request.user if isinstance(request.user, User) else None
    member = _membership(found, user)
    if found is None or (found.accepted_at and member is None):
        return render(request, "practices/no_invitation.html", status=404)
    if member is not None:
        return _already_in(request, member)
    if found.expires <= timezone.now():
        return _invitation_page(request, found, "expired", status=410)
    if user is None:
        if request.method == "POST":
            return redirect_to_login(request.path)
        return _invitation_page(request, found, "stranger")
    if not is_for(found, user):
        refused = request.method == "POST"
        return _invitation_page(request, found, "other", status=403 if refused else 200)
    if request.method == "POST":
        return _accepted(request, found, user)
    return _invitation_page(request, found, "invited")


@require_http_methods(["POST"])
@private
def accept_listed(request: HttpRequest, invitation: UUID) -> HttpResponse:
    """Accept an invitation that the list of practices shows to whom it is meant for."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.path)
    found = next((one for one in open_for(request.user) if one.pk == invitation), None)
    if found is None:
        raise Http404
    return _accepted(request, found, request.user)


def _accepted(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    try:
        member = accept(found, user)
    except NotOpen:
        member_after_all = _membership(found, user)
        if member_after_all is None:
            return render(request, "practices/no_invitation.html", status=404)
        return _already_in(request, member_after_all)
    role = Role(member.role).with_article
    messages.success(request, f"Welcome. You are {role} of “{found.practice}” now.")
    return redirect(found.practice)


def _already_in(request: HttpRequest, member: Membership) -> HttpResponse:
    role = Role(member.role).with_article
    messages.info(request, f"You are a member already: {role} of “{member.practice}”.")
    return redirect(member.practice)


def _membership(found: Invitation | None, user: User | None) -> Membership | None:
    if found is None or user is None:
        return None
    members = Membership.objects.filter(practice=found.practice, user=user)
    return members.select_related("practice").first()


def _invitation_page(
    request: HttpRequest, found: Invitation, state: str, status: int = 200
) -> HttpResponse:
    """Return the page in one of its states: invited, stranger, other, expired."""
    context = {
        "invitation": found,
        "practice": found.practice,
        "inviter": shown_as(found.made_by),
        "role": Role(found.role),
        "masked": masked(found.email),
        "state": state,
    }
    return render(request, "practices/invitation.html", context, status=status)
