"""``manage.py add_person``: somebody at the desk, by their e-mail address."""

from __future__ import annotations

import io
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db

ADDRESS = "drafter@example.org"
PASSWORD = "quiet-Lantern-77"


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command with a password typed in, and return what it says."""

    def run(person: str, *roles: str, password: str = PASSWORD, **options: Any) -> str:
        said = io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        given = [word for role in roles or ("drafter",) for word in ("--role", role)]
        call_command("add_person", person, *given, stdout=said, **options)
        return said.getvalue()

    return run


def test_a_new_person_signs_in_by_their_address(add):
    assert "drafter@example.org works at the desk: Clause drafters." in add("Drafter@Example.org")
    user = User.objects.get()
    assert (user.email, user.username, user.is_staff) == (ADDRESS, ADDRESS, True)
    assert user.check_password(PASSWORD)
    assert EmailAddress.objects.filter(user=user, email=ADDRESS, verified=True, primary=True)


def test_who_is_there_gets_another_role_and_keeps_the_password(add):
    add(ADDRESS)
    said = add(ADDRESS, "approver", "releaser", password="something else 12")
    assert "Clause approvers, Clause drafters, Release managers" in said
    assert User.objects.get().check_password(PASSWORD)


def test_a_member_of_a_practice_can_come_to_the_desk(add):
    user = User.objects.create_user("owner", email=ADDRESS, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=ADDRESS, verified=True, primary=True)
    add(ADDRESS, password="something else 12")
    user.refresh_from_db()
    assert user.is_staff
    assert user.check_password(PASSWORD)


def test_whoever_signed_up_with_an_address_that_is_not_theirs_gains_nothing(add):
    villain = User.objects.create_user(ADDRESS, email=ADDRESS, password="password of a villain")
    EmailAddress.objects.create(user=villain, email=ADDRESS, verified=False, primary=True)
    add(ADDRESS)
    user = User.objects.get()
    assert user.check_password(PASSWORD)
    assert not user.check_password("password of a villain")


def test_somebody_from_before_accounts_had_addresses_gets_one(add):
    User.objects.create_user("drafter", password=PASSWORD, is_staff=True)
    with pytest.raises(CommandError, match="add_person drafter --email NAME@EXAMPLE"):
        add("drafter", "approver")
    add("drafter", "approver", email=ADDRESS)
    user = User.objects.get()
    assert (user.username, user.email) == ("drafter", ADDRESS)
    assert user.check_password(PASSWORD)
    assert "Clause approvers" in add("drafter", "approver")


@pytest.mark.parametrize("name", ["drafter", "drafter@", "@example.org", ""])
def test_a_new_person_without_an_address_is_refused(add, name):
    with pytest.raises(CommandError, match="is no e-mail address, and people sign in with one"):
        add(name)
    assert not User.objects.exists()


def test_nobody_gets_the_address_of_somebody_else(add):
    add(ADDRESS)
    User.objects.create_user("approver", password=PASSWORD)
    with pytest.raises(CommandError, match="is the address of somebody else"):
        add("approver", "approver", email=ADDRESS)
    assert not User.objects.get(username="approver").is_staff


@pytest.mark.parametrize("weak", ["", "password", "short1", "1234567890", ADDRESS])
def test_a_weak_password_is_refused(add, weak):
    with pytest.raises(CommandError, match="password"):
        add(ADDRESS, password=weak)
    assert not User.objects.exists()
