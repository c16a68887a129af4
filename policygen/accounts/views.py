"""The pages of an account that are not allauth's own, and what all of its pages have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import segno
from allauth.account.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from policygen.identity import second_factors_of, used_second_factor

PLACE = "account/"
"""Where the pages of accounts are."""

BACK = "second_factor_for"
"""The key in the session of where somebody wanted to go who had no second factor yet."""

RETRY_AFTER = 5 * 60
"""Seconds after which somebody who tried too often may try again."""


def account_pages(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Let no page of an account be kept by anybody, nor be asked for in an unusual way.

    A middleware, since most of these views are allauth's.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(f"/{PLACE}"):
            return get_response(request)
        if request.method not in {"GET", "HEAD", "POST"}:
            response: HttpResponse = HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        else:
            response = get_response(request)
        response["Cache-Control"] = "private, no-store"
        return response

    return answer


def too_many(request: HttpRequest) -> HttpResponse:
    """Say that somebody tried too often. It is what a limit answers with."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


@require_http_methods(["GET", "HEAD"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show what an account consists of, and where it can be changed."""
    user = _user(request)
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    context = {
        "factors": second_factors_of(user),
        "passkeys": Authenticator.objects.filter(user=user, type="webauthn").count(),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }
    return render(request, "account/account.html", context)


@require_http_methods(["GET", "HEAD"])
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a second factor, or help to set one up, and go to where it was demanded.

    Only addresses of this site are gone to.
    """
    asked = request.GET.get("next", "") or request.session.get(BACK, "")
    back = asked if get_adapter().is_safe_url(asked) else reverse("account")
    if used_second_factor(request):
        request.session.pop(BACK, None)
        return HttpResponseRedirect(back)
    if second_factors_of(_user(request)):
        return HttpResponseRedirect(f"{_way_to_prove(request)}?{urlencode({'next': back})}")
    request.session[BACK] = back
    return render(request, "account/second_factor.html", {"for_desk": _is_desk(back)})


def _way_to_prove(request: HttpRequest) -> str:
    methods = get_adapter().get_reauthentication_methods(request.user)
    return next(str(one["url"]) for one in methods if one["id"].startswith("mfa_"))


def _is_desk(address: str) -> bool:
    return address.startswith(reverse("admin:index"))


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError(request.user)
    return request.user


@dataclass(frozen=True)
class Picture:
    """A code for a camera: a square of ``size`` units, and the dark parts as the path of an SVG."""

    size: int
    path: str


def picture_of(text: str) -> Picture:
    """Return the picture of a text, with the white margin that cameras need."""
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(border=4)]
    parts = [
        f"M{dark.start()} {y}h{dark.end() - dark.start()}v1H{dark.start()}z"
        for y, row in enumerate(rows)
        for dark in re.finditer(b"\x01+", row)
    ]
    return Picture(len(rows), "".join(parts))


class ActivateTotp(ActivateTOTPView):  # type: ignore[misc]
    """Setting up an authenticator app: its first code counts as a use of it."""

    def get_context_data(self, **details: Any) -> dict[str, Any]:
        """Give the page the code to show to the app."""
        context: dict[str, Any] = super().get_context_data(**details)
        return {**context, "picture": picture_of(context["totp_url"])}

    def form_valid(self, form: Any) -> HttpResponse:
        """Set it up."""
        response: HttpResponse = super().form_valid(form)
        made = Authenticator.objects.get(user=_user(self.request), type=Authenticator.Type.TOTP)
        post_authentication(self.request, made)
        return response


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """Setting up a passkey: making it counts as a use of it."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Set it up."""
        response: HttpResponse = super().form_valid(form)
        passkeys = Authenticator.objects.filter(user=_user(self.request), type="webauthn")
        post_authentication(self.request, passkeys.latest("pk"))
        return response
