"""``manage.py erase_versions``: erase published versions whose time has passed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policygen.policies.management.commands._policies import policy_at
from policygen.policies.models import Policy
from policygen.policies.proof.retention import (
    YEARS,
    StillKept,
    erase,
    may_be_erased,
    oldest_of,
    today_for,
)
from policygen.policies.published.versions import versions_of


class Command(BaseCommand):
    """Erase versions, the oldest first; without a number, say which could be erased."""

    help = (
        f"Erase versions of a policy that were superseded more than {YEARS} years ago, the oldest "
        "first. Without --up-to it erases nothing, and says what could be erased."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the policy, and the last version to erase."""
        parser.add_argument("policy", metavar="PRACTICE/POLICY")
        parser.add_argument(
            "--up-to",
            type=int,
            metavar="N",
            help="erase the versions up to this number, for ever",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Erase them, or say what could be erased."""
        policy = policy_at(options["policy"])
        last = options["up_to"]
        if last is None:
            self._offer(policy)
            return
        if not versions_of(policy).filter(number=last).exists():
            raise CommandError(f"There is no version {last}. Choose one that is there.")
        while (version := oldest_of(policy)) is not None and version.number <= last:
            try:
                erase(version, None)
            except StillKept as kept:
                raise CommandError(str(kept)) from None
            self.stdout.write(f"Version {version.number} is erased.")

    def _offer(self, policy: Policy) -> None:
        """Say of each version whether it may be erased, as far as that is so."""
        today = today_for(policy.practice)
        for version in versions_of(policy).order_by("number"):
            try:
                may_be_erased(version, today)
            except StillKept as kept:
                self.stdout.write(str(kept))
                return
            self.stdout.write(f"Version {version.number} may be erased.")
