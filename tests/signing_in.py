"""People who are signed in, as far as a test is not about signing in.

They have what a real sign-in leaves behind: a confirmed address, a second factor, and the notes
about both in their session.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""What the authenticator app of everybody here holds."""


def sign_in(client: Client, user: User, *, second_factor: bool = True) -> Client:
    """Sign a person in who gave a password just now and, unless told otherwise, a code."""
    client.force_login(user)
    request = RequestFactory().get("/")
    request.user, request.session = user, client.session
    record_authentication(request, user, method="password")
    if second_factor:
        post_authentication(request, with_second_factor(user))
    request.session.save()
    return client


def with_second_factor(user: User) -> Authenticator:
    """Give a person an authenticator app, unless they have one."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return found or TOTP.activate(user, SECRET).instance


def code_now(secret: str = SECRET) -> str:
    """Return what an authenticator app shows at this moment."""
    counters = [*yield_hotp_counters_from_time()]  # those before now, now, and those to come
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


def with_address(user: User, email: str = "") -> User:
    """Give a person a confirmed address, by which they can sign in."""
    user.email = email or user.email or f"{user.username}@example.org"
    user.save(update_fields=["email"])
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    return user


def cookies_of(client: Client, address: str) -> list[dict[str, Any]]:
    """Return the session of a client as cookies for a browser that visits ``address``."""
    name = settings.SESSION_COOKIE_NAME
    return [{"name": name, "value": client.cookies[name].value, "url": address}]
