"""``manage.py move_database``: everything into another database."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from policygen.policies.proof.transfer import (
    NotMoved,
    Summary,
    close_target,
    move,
    open_target,
    summary_of,
)


class Command(BaseCommand):
    """Copy all rows, and compare both sides."""

    help = (
        "Copy everything from the database of this site into an empty one that was migrated, and "
        "compare both. Stop the site first. Without an address it says what there is to copy."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address of the other database."""
        parser.add_argument(
            "url",
            nargs="?",
            metavar="DATABASE_URL",
            help="the other database, written as in the variable DATABASE_URL",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Copy, and say the digest of both sides."""
        if not options["url"]:
            self.stdout.write(_said(summary_of(DEFAULT_DB_ALIAS)))
            return
        try:
            alias = open_target(settings.DATABASE_AT(options["url"]))
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        try:
            moved = move(alias)
        except NotMoved as error:
            raise CommandError(f"{error} Nothing was copied.") from None
        finally:
            close_target()
        self.stdout.write(_said(moved))
        self.stdout.write(
            "Both databases hold the same. Set DATABASE_URL to the new address, run “manage.py "
            "verify”, and start the site."
        )


def _said(summary: Summary) -> str:
    return f"{summary.rows:,} rows in {summary.tables} tables, digest {summary.digest}"
