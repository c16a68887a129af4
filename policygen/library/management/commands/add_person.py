"""``manage.py add_person``: somebody who works at the desk."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from policygen.library.groups import ROLES


class Command(BaseCommand):
    """Make a person, or give one that there is another role."""

    help = (
        "Let somebody work at the desk (/admin/). The password of a new person, or of one whose "
        "address was never confirmed, is asked for, or read from the first line of the input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the e-mail address and the roles."""
        parser.add_argument(
            "person",
            help="their e-mail address, with which they sign in; or the user name of somebody "
            "who is there from before accounts had addresses",
        )
        parser.add_argument("--email", help="the address that somebody without one gets")
        parser.add_argument(
            "--role",
            action="append",
            choices=list(ROLES),
            required=True,
            help="may be given several times",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the person. What is wrong changes nothing."""
        with transaction.atomic():
            user = self._person(options["person"], options["email"] or "")
            user.is_staff = True
            user.save()
            self._confirm(user)
            user.groups.add(*Group.objects.filter(name__in=[ROLES[r] for r in options["role"]]))
        roles = ", ".join(sorted(group.name for group in user.groups.all()))
        self.stdout.write(f"{user.email} works at the desk: {roles}.")
        self.stdout.write("The first sign-in asks for a second factor and helps to set it up.")

    def _person(self, name: str, email: str) -> User:
        """Return the person of an address or a user name, with an address; a new one unsaved."""
        found = _known(name.lower()) or User.objects.filter(username=name).first()
        address = (email or (found.email if found else "") or name).lower()
        try:
            validate_email(address)
        except ValidationError:
            text = f"“{address}” is no e-mail address, and people sign in with one."
            more = f" Give it: add_person {name} --email NAME@EXAMPLE.ORG" if found else ""
            raise CommandError(text + more) from None
        if found is None:
            found = User(username=address, email=address)
            self._set_password(found)
        elif EmailAddress.objects.filter(user=found, email=address, verified=False).exists():
            # Anybody may have signed up with this address, and nobody showed that it is theirs.
            self._set_password(found)
        other = _known(address)
        if other is not None and other.pk != found.pk:
            raise CommandError(f"“{address}” is the address of somebody else.")
        found.email = address
        return found

    def _confirm(self, user: User) -> None:
        """Take it that whoever runs the site knows the address, so that no mail must be sent."""
        EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
        EmailAddress.objects.update_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )

    def _set_password(self, user: User) -> None:
        ask = "Password: "
        typed = getpass.getpass(ask) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            user.full_clean(exclude=["password"])
            validate_password(typed, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.set_password(typed)


def _known(address: str) -> User | None:
    """Return whoever has an address, confirmed or not."""
    row = EmailAddress.objects.filter(email=address).order_by("-verified").first()
    return row.user if row else User.objects.filter(email__iexact=address).first()
