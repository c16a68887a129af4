"""Who signs up and in here, and what their browsers and mailboxes do."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from tests.signing_in import with_address

PASSWORD = "seven quiet herons"
ADDRESS = "owner@elm.example"

LOGIN = "/account/login/"
SIGN_UP = "/account/signup/"
CONFIRM = "/account/confirm-email/"
RESET = "/account/password/reset/"


def account_of(email: str = ADDRESS, password: str = PASSWORD, **fields: Any) -> User:
    """Return somebody whose address is confirmed."""
    user, is_new = User.objects.get_or_create(username=email, defaults={"email": email, **fields})
    if is_new:
        user.set_password(password)
        user.save()
    return with_address(user)


def log_in(client: Client, email: str = ADDRESS, password: str = PASSWORD, **more: Any) -> Any:
    """Send the form of the sign-in."""
    return client.post(LOGIN, {"login": email, "password": password, **more})


def sign_up(client: Client, email: str = ADDRESS, password: str = PASSWORD, **more: Any) -> Any:
    """Send the form of the sign-up."""
    return client.post(SIGN_UP, {"email": email, "password1": password, **more})


def code_in_mail() -> str:
    """Return the code of the mail that came last."""
    found = re.search(r"^ +([A-Z]{4}-[A-Z]{4})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found[1]


def link_in_mail() -> str:
    """Return the link to a new password in the mail that came last."""
    found = re.search(r"https?://\S+/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[0]


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def signed_in_as(client: Client) -> str:
    """Return the address of whoever is signed in, as the site sees it; blank for a stranger."""
    response = client.get("/account/")
    return str(response.wsgi_request.user.email) if response.status_code == 200 else ""


def page(response: Any) -> str:
    """Return what a page says: the token of its forms differs each time."""
    text = response.content.decode()
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", text)
