"""``manage.py add_person``: somebody who works at the desk."""

import getpass
import sys
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from policygen.library.groups import ROLES


class Command(BaseCommand):
    """Make a person, or give one that there is another role."""

    help = (
        "Let somebody work at the desk (/admin/). The password of a new person is asked for, or "
        "read from the first line of the input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user name and the roles."""
        parser.add_argument("username", help="letters, digits and @ . + - _")
        parser.add_argument(
            "--role",
            action="append",
            choices=list(ROLES),
            required=True,
            help="may be given several times",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the person."""
        username = options["username"]
        with transaction.atomic():
            user = User.objects.filter(username=username).first()
            if user is None:
                user = User(username=username, is_staff=True)
                self._set_password(user)
            user.is_staff = True
            user.save()
            user.groups.add(*Group.objects.filter(name__in=[ROLES[r] for r in options["role"]]))
        roles = ", ".join(sorted(group.name for group in user.groups.all()))
        self.stdout.write(f"{username} works at the desk: {roles}.")

    def _set_password(self, user: User) -> None:
        ask = "Password: "
        typed = getpass.getpass(ask) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            user.full_clean(exclude=["password"])
            validate_password(typed, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.set_password(typed)
