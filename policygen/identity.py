"""Who asks, and how sure the site is of it: what somebody proved in this session, and when.

allauth notes in the session each time that somebody gives a password, a code or a passkey. These
functions read the notes. They stand below all rooms, since the desk and the practices both ask.

    def has_permission(self, request):
        return ... and not needs_second_factor(request)

    @confirm_it_is_you
    def publish(request): ...
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""The kinds of authenticators that are a second factor; recovery codes only stand in for one."""

_ASKED = "_used_second_factor"


def shown_as(user: User) -> str:
    """Return what a person is called on pages and in mails: their e-mail address."""
    return user.email or user.get_username()


def proofs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what whoever asks has proved in this session, the oldest first.

    Each has a ``method`` (``password`` or ``mfa``) and ``at``, in seconds since 1970. One of the
    method ``mfa`` has the ``id`` of the authenticator, too. A stranger has none.
    """
    if not request.user.is_authenticated:
        return []
    return list(get_authentication_records(request, request.user))


def used_second_factor(request: HttpRequest) -> bool:
    """Tell whether whoever asks used a second factor in this session that they still have.

    It costs one query, once for each request.
    """
    known = vars(request).get(_ASKED)
    if known is None:
        ids = [proof.get("id") for proof in proofs(request) if proof.get("method") == "mfa"]
        found = Authenticator.objects.filter(user_id=request.user.pk, pk__in=ids)
        known = vars(request)[_ASKED] = bool(ids) and found.exists()
    return bool(known)


def needs_second_factor(request: HttpRequest) -> bool:
    """Tell whether a page that demands a second factor must refuse whoever asks."""
    return not used_second_factor(request)


def ask_for_second_factor(request: HttpRequest, back: str = "") -> HttpResponseRedirect:
    """Lead to the page that asks for a second factor, or sets one up, and then back.

    ``back`` is an address of this site, by default that of the page asked for.
    """
    query = urlencode({"next": back or request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('second_factor')}?{query}")


def lead_to_second_factor(request: HttpRequest, says: str, *, home: str) -> HttpResponseRedirect:
    """Say why a second factor is asked for, and lead to the page that asks for it.

    It leads back to what was to be read. What was sent is not kept: then it leads to ``home``.
    """
    messages.info(request, says)
    return ask_for_second_factor(request, "" if request.method in SAFE_METHODS else home)


def second_factors_of(user: User) -> list[str]:
    """Return the kinds of second factor that a person has; recovery codes alone are none."""
    found = Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS)
    return sorted(set(found.values_list("type", flat=True)))


def recently_signed_in(request: HttpRequest) -> bool:
    """Tell whether the last proof is younger than ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds."""
    latest = max((float(proof["at"]) for proof in proofs(request)), default=0.0)
    return time.time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def confirm_it_is_you(view: View) -> View:
    """Mark a view as one whose changes need a recent proof; looking at it does not.

    Whoever sends a change later than that is asked for their password, or for their second factor.
    What they sent is kept meanwhile, and done afterwards; uploaded files are not kept.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in SAFE_METHODS:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not recently_signed_in(request):
                raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return cast(View, guarded)
