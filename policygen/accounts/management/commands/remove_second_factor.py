"""``manage.py remove_second_factor``: for somebody who lost their device and their codes."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Take the second factors and recovery codes of a person away."""

    help = (
        "Remove the second factors and recovery codes of somebody who lost them. Make sure first "
        "that it is them who asks. They are told by mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address."""
        parser.add_argument("email", help="the e-mail address of their account")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove them."""
        email = options["email"].lower()
        address = EmailAddress.objects.filter(email=email, verified=True).first()
        if address is None:
            raise CommandError(f"No account has the confirmed address “{email}”.")
        removed, _ = Authenticator.objects.filter(user=address.user).delete()
        if not removed:
            raise CommandError(f"The account of “{email}” has no second factor.")
        get_adapter().send_mail("account/email/second_factor_removed", email, {})
        self.stdout.write(f"{email} has no second factor any more, and was told so by mail.")
