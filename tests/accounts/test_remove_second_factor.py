"""``manage.py remove_second_factor``: the way back for somebody who lost everything."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client

from tests.accounts.people import ADDRESS, account_of
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


def remove(email: str = ADDRESS) -> str:
    said = StringIO()
    call_command("remove_second_factor", email, stdout=said)
    return said.getvalue()


def test_it_is_gone_at_once_and_its_owner_is_told(mailoutbox: Any, settings: Any) -> None:
    settings.SITE_URL = "https://policies.example.org"
    client = sign_in(Client(), account_of(is_staff=True))
    sign_in(Client(), account_of("outsider@oak.example"))
    assert client.get("/admin/").status_code == 200
    assert "has no second factor any more" in remove("Owner@Elm.example")
    assert client.get("/admin/").status_code == 302
    assert Authenticator.objects.get().user.email == "outsider@oak.example"
    assert mailoutbox[-1].to == [ADDRESS]
    assert "https://policies.example.org/account/2fa/" in mailoutbox[-1].body


def test_who_has_none_or_is_not_there_is_named(mailoutbox: Any) -> None:
    account_of()
    with pytest.raises(CommandError, match="has no second factor"):
        remove()
    with pytest.raises(CommandError, match="No account has"):
        remove("nobody@elm.example")
    assert not mailoutbox
