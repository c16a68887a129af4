"""Who does it: ``--by``, for the commands that change the library."""

import argparse

from django.contrib.auth.models import User
from django.core.management.base import CommandError


def add_by(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Take the user name of whoever does it."""
    parser.add_argument("--by", required=required, metavar="USER", help="who does it: a user name")


def person(username: str) -> User:
    """Return an active user. Raises ``CommandError`` with what would be right."""
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(
            f"--by: there is no active user “{username}”. Use the name that you log in with."
        )
    return found
