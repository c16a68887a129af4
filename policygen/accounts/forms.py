"""The forms of accounts: allauth's, with labels and messages in our words."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

INVALID = "This is no e-mail address. Type one such as name@example.org."

WORDS = {
    "login": ("E-mail address", "your e-mail address"),
    "email": ("E-mail address", "an e-mail address"),
    "password": ("Password", "your password"),
    "oldpassword": ("Password that you use now", "the password that you use now"),
    "password1": ("New password", "a password"),
    "password2": ("New password, once more", "the new password once more"),
    "code": ("Code", "the code"),
    "name": ("Name", "a name"),
}
"""Fields with their label, and with what is missing if they are blank."""


class Plain:
    """A form of allauth with our words; it comes before allauth's among the bases."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() & WORDS.keys():
            label, thing = WORDS[name]
            field = self.fields[name]
            field.label = label
            field.error_messages |= {"required": f"Type {thing}.", "invalid": INVALID}


class Scripts:
    """What a page needs on which a passkey can be used."""

    js = ["mfa/js/webauthn-json.js", "mfa/js/webauthn.js", "passkeys.js"]


class SignIn(Plain, account.LoginForm):  # type: ignore[misc]
    """An address and a password; a passkey stands beside it."""

    Media = Scripts


class SignUp(Plain, account.SignupForm):  # type: ignore[misc]
    """An address and a first password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "Password"

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make an account, or pretend to if the address has one; both take as long.

        The owner of the address learns which it was, by mail.
        """
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return saved


class NewAddress(Plain, account.AddEmailForm):  # type: ignore[misc]
    """Another address."""


class AddressCode(Plain, account.ConfirmEmailVerificationCodeForm):  # type: ignore[misc]
    """The code from a mail."""


class NewPassword(Plain, account.ChangePasswordForm):  # type: ignore[misc]
    """Another password, with the one of now."""


class FirstPassword(Plain, account.SetPasswordForm):  # type: ignore[misc]
    """A password for somebody who has none."""


class Forgotten(Plain, account.ResetPasswordForm):  # type: ignore[misc]
    """The address that a link to a new password goes to."""


class PasswordByLink(Plain, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """Another password, by a link from a mail."""


class PasswordAgain(Plain, account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something grave."""


class Code(Plain, mfa.AuthenticateForm):  # type: ignore[misc]
    """A code at the sign-in."""


class CodeAgain(Plain, mfa.ReauthenticateForm):  # type: ignore[misc]
    """A code before something grave."""


class FirstCode(Plain, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app."""


class Passkey(webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey at the sign-in."""

    Media = Scripts


class PasskeyAgain(webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey before something grave."""

    Media = Scripts


class NewPasskey(Plain, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A passkey and its name."""

    Media = Scripts


class PasskeyName(Plain, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""
