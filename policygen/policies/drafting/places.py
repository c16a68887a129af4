"""Where the draft of a policy belongs, for the pages of the interview."""

from __future__ import annotations

from dataclasses import dataclass

from policygen.policies.models import Draft, Policy


@dataclass(frozen=True, slots=True)
class Place:
    """The names of a practice and of its policy, and the address of the policy's page."""

    practice: str
    policy: str
    address: str


def place_of(draft: Draft) -> Place | None:
    """Return where a draft belongs: one query, and none for a draft that belongs to no policy."""
    if draft.policy_id is None:
        return None
    policy = Policy.objects.select_related("practice").get(pk=draft.policy_id)
    return Place(policy.practice.name, policy.title, policy.get_absolute_url())
