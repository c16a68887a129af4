"""What a policy is called inside its practice, and for which location it is."""

from __future__ import annotations

from django.contrib.auth.models import User

from policygen.policies.events import Action, at_policy, write
from policygen.policies.models import Policy
from policygen.practices.access import require_now
from policygen.practices.models import Location
from policygen.practices.roles import Right


def rename_policy(policy: Policy, by: User, *, title: str, location: Location | None) -> Policy:
    """Give a policy a title and a location of its practice; its public address stays.

    What it has already changes nothing and writes nothing. Raises ``PermissionDenied`` unless
    ``by`` may do that now.
    """
    with at_policy(policy.pk) as held:
        require_now(by, held.practice, Right.EDIT)
        if (held.title, held.location_id) == (title, location.pk if location else None):
            return held
        held.title, held.location = title, location
        held.save(update_fields=["title", "sorted_as", "location"])
        where = f" ({location})" if location else ""
        write(held, by, Action.RENAMED, details=f"{title}{where}")
        return held
