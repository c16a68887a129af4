"""Accounts in a real browser: every page at every width, passkeys, and all without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.accounts.people import PASSWORD, account_of, code_in_mail, link_in_mail
from tests.browser.looks import FEW, assert_reads_well
from tests.browser.pressing import press, send
from tests.signing_in import SECRET, code_now

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("clauses")]


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    send(page, "Sign in")


def enter_code(page: Page, button: str, secret: str = SECRET) -> None:
    """Type what the authenticator app shows."""
    page.get_by_label("Code").fill(code_now(secret))
    send(page, button)


def states(page: Page) -> Iterator[str]:
    """Go through the pages of an account as somebody new does, naming each."""
    page.goto("/account/signup/")
    yield "sign up"
    send(page, "Make the account")
    yield "sign up, with mistakes"
    page.get_by_label("E-mail address").fill("owner@elm.example")
    page.get_by_label("Password").fill(PASSWORD)
    send(page, "Make the account")
    heading(page, "Look into your mail")
    yield "code"
    page.get_by_label("Code").fill("BCDF-GHJK")
    send(page, "Confirm")
    yield "code, wrong"
    page.get_by_label("Code").fill(code_in_mail())
    send(page, "Confirm")
    page.goto("/account/")
    heading(page, "Your account")
    yield "account"
    for name in ("email", "password/change", "2fa", "2fa/webauthn/add", "2fa/webauthn", "logout"):
        page.goto(f"/account/{name}/")
        yield name
    page.goto("/account/second-factor/?next=/admin/")
    yield "second factor"
    page.get_by_role("link", name="Use an app").click()
    yield "authenticator app"
    send(page, "Finish")
    yield "authenticator app, without a code"
    enter_code(page, "Finish", page.locator(".secret").inner_text())
    heading(page, "Recovery codes")
    yield "recovery codes"
    page.goto("/account/")
    yield "account with a second factor"
    for name in ("2fa", "2fa/totp/deactivate", "2fa/recovery-codes/generate", "2fa/reauthenticate"):
        page.goto(f"/account/{name}/")
        yield name
    page.goto("/account/reauthenticate/")
    yield "password once more"
    send(page, "Sign out")
    page.goto("/account/login/")
    yield "sign in"
    sign_in(page, "owner@elm.example", "wrong")
    yield "sign in, refused"
    sign_in(page, "owner@elm.example")
    heading(page, "Your second factor")
    yield "second factor at sign-in"
    send(page, "Cancel")
    page.goto("/account/password/reset/")
    yield "reset"
    page.get_by_label("E-mail address").fill("owner@elm.example")
    send(page, "Send the link")
    yield "reset sent"
    page.goto("/" + link_in_mail().split("/", 3)[3])
    yield "new password"
    for label in ("New password", "New password, once more"):
        page.get_by_label(label, exact=True).fill("another quiet heron")
    send(page, "Set the password")
    heading(page, "Now sign in with it")
    yield "reset done"
    page.goto("/account/password/reset/key/1-x/")
    yield "reset with a bad link"
    page.goto("/account/inactive/")
    yield "closed account"


def test_every_page_fits_and_reads_well(page: Page) -> None:
    for name in states(page):
        assert_reads_well(page, name, FEW)


def test_everything_but_passkeys_works_without_javascript(page_without_javascript: Page) -> None:
    page = page_without_javascript
    for name in states(page):
        if name in {"sign in", "sign in, refused"}:
            expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
        if name == "2fa/webauthn/add":
            expect(page.get_by_text("Passkeys need JavaScript and a browser")).to_be_visible()
            expect(page.get_by_role("button", name="Add the passkey")).to_be_hidden()


# ------------------------------------------------------------------ passkeys


def key_ring(page: Page) -> Callable[[], list[Any]]:
    """Give the browser a device that holds passkeys, and return how to look into it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    device = {"authenticatorId": made["authenticatorId"]}
    return lambda: list(session.send("WebAuthn.getCredentials", device)["credentials"])


def add_passkey(page: Page, *, alone: bool) -> None:
    page.goto("/account/2fa/webauthn/add/")
    page.get_by_label("Name").fill("My phone")
    page.get_by_label("Sign in with it alone").set_checked(alone)
    press(page, "Add the passkey")
    heading(page, "Recovery codes")


@pytest.fixture
def staff(transactional_db: None) -> User:
    return account_of(is_staff=True, is_superuser=True)


def test_a_passkey_alone_signs_in_and_opens_the_desk(page: Page, staff: User) -> None:
    held = key_ring(page)
    page.goto("/account/login/")
    sign_in(page, staff.email)
    add_passkey(page, alone=True)
    assert [one["rpId"] for one in held()] == ["localhost"]
    page.goto("/admin/")
    heading(page, "The desk")  # making a passkey counts as using it
    page.goto("/account/2fa/webauthn/")
    expect(page.get_by_role("listitem").filter(has_text="My phone")).to_contain_text("signs in")
    send(page, "Sign out")
    page.goto("/admin/auth/user/")
    press(page, "Sign in with a passkey")
    heading(page, "Users")


def test_a_passkey_is_a_second_factor_after_the_password(page: Page, staff: User) -> None:
    key_ring(page)
    page.goto("/account/login/")
    sign_in(page, staff.email)
    add_passkey(page, alone=False)
    send(page, "Sign out")
    page.goto("/admin/")
    sign_in(page, staff.email)
    heading(page, "Your second factor")
    press(page, "Use a passkey")
    heading(page, "The desk")
    page.goto("/account/2fa/webauthn/reauthenticate/?next=/account/")
    press(page, "Use a passkey")
    heading(page, "Your account")


def test_a_passkey_is_renamed_and_removed(page: Page, staff: User) -> None:
    key_ring(page)
    page.goto("/account/login/")
    sign_in(page, staff.email)
    add_passkey(page, alone=False)
    page.goto("/account/2fa/webauthn/")
    page.get_by_role("link", name="Rename My phone").click()
    page.get_by_label("Name").fill("<b>Blue</b> key")
    press(page, "Save")
    page.get_by_role("link", name="Remove <b>Blue</b> key").click()
    expect(page.get_by_text("“<b>Blue</b> key” stops working")).to_be_visible()
    press(page, "Remove it")
    heading(page, "Your passkeys")
    expect(page.get_by_text("You have none.")).to_be_visible()
    page.goto("/admin/")
    heading(page, "A second factor, please")


def test_a_passkey_that_is_not_there_says_so(page: Page, staff: User) -> None:
    key_ring(page)  # an empty one
    page.goto("/account/login/")
    press(page, "Sign in with a passkey")
    expect(page.get_by_text("That did not work, or you stopped it.")).to_be_visible()
