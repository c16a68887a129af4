"""What the commands that are about policies share."""

from django.core.management.base import CommandError

from policygen.core.problems import quoted
from policygen.policies.models import Policy


def policy_at(address: str) -> Policy:
    """Return the policy at ``practice/policy``. Raises ``CommandError``."""
    practice, _, slug = address.strip("/").partition("/")
    policies = Policy.objects.select_related("practice", "location")
    found = policies.filter(practice__slug=practice, slug=slug).first()
    if found is None:
        raise CommandError(
            f"There is no policy {quoted(address)}. Write it as in its public address: "
            "practice/policy."
        )
    return found
