"""How accounts work here, as far as it differs from allauth, which does the rest.

allauth calls the methods of these two classes at the points that they are named after. What the
settings of accounts mean stands in docs/decisions/0050.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from policygen.identity import recently_signed_in
from policygen.policies.drafting.taking_over import take_over_at_sign_in, take_over_at_sign_up

FAILED = {"app": "allauth.account", "action": "login_failed"}
"""The limit on failures of one visitor with one address."""

FAILED_ANYWHERE = {"app": "allauth.account", "action": "login_failed_anywhere"}
"""The limit on failures of all visitors with one address: against guessing from many machines."""

TOO_MANY = "You tried too often. Wait five minutes, then try again."

MESSAGES = {
    "account_inactive": "This account is closed. Ask whoever runs this site.",
    "duplicate_email": "This is the address that your account has already.",
    "email_password_mismatch": "The e-mail address or the password is not right. Check both.",
    "email_taken": "Another account has this e-mail address.",
    "enter_current_password": "This is not your password. Type the one that you use now.",
    "incorrect_code": "This code is not right, or not any more. Check it, or use a new one.",
    "incorrect_password": "This is not your password. Type it again.",
    "invalid_password_reset": "This link is used up or too old. Ask for a new one.",
    "same_as_current": "This is what you have now. Choose another.",
    "too_many_login_attempts": TOO_MANY,
    "rate_limited": TOO_MANY,
}


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up, sign-in and mails."""

    error_messages = {**DefaultAccountAdapter.error_messages, **MESSAGES}

    # ---------------------------------------------------------------- people

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """Call a new account by its address, which the desk shows; nobody types it."""
        taken = User.objects.filter(username__iexact=user.email).exists()
        longest = User._meta.get_field("username").max_length or 0
        if user.email and not taken and len(user.email) <= longest:
            user.username = user.email
        super().populate_username(request, user)

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        """Save a new account, which gets the drafts of the browser."""
        saved: User = super().save_user(request, user, form, commit)
        if commit:
            take_over_at_sign_up(request, saved)
        return saved

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign somebody in until the browser is closed, unless they asked for longer."""
        super().login(request, user)
        if request.session.get_expiry_age() > settings.ACCOUNT_SESSION_COOKIE_AGE:
            request.session.set_expiry(0)

    def post_login(
        self, request: HttpRequest, user: User, *, signup: bool, **details: Any
    ) -> HttpResponse:
        """Give the drafts of the browser to whoever just signed in."""
        if signup:  # they typed their password minutes ago, which allauth does not note down
            record_authentication(request, user, method="password")
        take_over_at_sign_in(request, user)
        response: HttpResponse = super().post_login(request, user, signup=signup, **details)
        return response

    def is_reauthentication_required(self, *, app: str, **details: Any) -> bool:
        """Ask again for a password only if it was not given a moment ago, at the sign-in."""
        wanted = super().is_reauthentication_required(app=app, **details)
        return bool(wanted) and not recently_signed_in(context.request)

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """Lead whoever changed their address back to their account."""
        if context.request.user.is_authenticated:
            return reverse("account")
        return str(super().get_email_verification_redirect_url(email_address))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Lead whoever changed their password back to their account."""
        return reverse("account")

    # ---------------------------------------------------------------- limits

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures by the address that was typed and by the machine that it came from."""
        return f"{_typed(credentials)} {ratelimit.get_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse to look at a password after too many wrong ones, with 429."""
        mine = self._get_login_attempts_cache_key(request, **credentials)
        self._login_failed_rl_usage = ratelimit.consume(request, **FAILED, key=mine)
        everybody = ratelimit.consume(
            request, **FAILED_ANYWHERE, key=_typed(credentials), dry_run=True
        )
        if not self._login_failed_rl_usage or not everybody:
            raise ImmediateHttpResponse(ratelimit.respond_429(request))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a failure."""
        ratelimit.consume(request, **FAILED_ANYWHERE, key=_typed(credentials))

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Forget the failures with an address once its password was reset."""
        super()._delete_login_attempts_cached_email(request, **credentials)
        ratelimit.clear(request, **FAILED_ANYWHERE, key=_typed(credentials))

    # ---------------------------------------------------------------- addresses and mails

    def is_safe_url(self, url: str) -> bool:
        """Tell whether somebody may be led to an address: it must be on the site that they use."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail. Its links begin with the address in the settings, not with the Host header.

        Raises what the mail server makes of it, ``OSError`` as a rule.
        """
        mail = {**context, "email": email, "site_url": settings.SITE_URL}
        self.render_mail(template_prefix, email, mail).send()


def _typed(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").lower()


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Authenticator apps, passkeys and recovery codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": MESSAGES["incorrect_code"],
        "cannot_delete_authenticator": "This second factor cannot be removed.",
        "cannot_generate_recovery_codes": "Set up a second factor first: recovery codes stand in "
        "for it.",
    }

    def build_totp_svg(self, url: str) -> str:
        """Draw nothing: ``views.ActivateTotp`` gives the template what it needs to draw."""
        return ""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return what a passkey is bound to: the site's host name, whichever name was asked."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "", "name": "policygen"}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Return what a passkey is called until its owner names it."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"
