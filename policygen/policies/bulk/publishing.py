"""Publishing one policy of a batch."""

from __future__ import annotations

from uuid import UUID

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.drafting.drafts import open_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Piece, Policy
from policygen.policies.published.publishing import (
    AlreadyPublished,
    Order,
    proposal_for,
    publish_policy,
)


def publish(piece: Piece) -> int:
    """Publish the draft of a piece as its batch orders, and return the number of the version.

    A draft that became a version already gives the number of that: a piece may be done twice.
    Raises as ``publish_policy`` does.
    """
    batch = piece.batch
    if piece.draft is None or piece.policy is None or batch.effective_on is None:
        raise Draft.DoesNotExist
    holder = Holder(user=batch.by)
    try:
        if not batch.kind:
            opened = open_draft(holder, piece.draft)
            kind = proposal_for(opened, piece.policy, on=batch.effective_on).kind
        else:
            kind = ChangeKind(batch.kind)
        order = Order(piece.revision, batch.effective_on, batch.reason, kind)
        return publish_policy(holder, piece.draft, order, cleared=piece.cleared).number
    except AlreadyPublished as done:
        return done.version.number
    except Draft.DoesNotExist:
        return _published_before(piece.policy, piece.draft)


def _published_before(policy: Policy, draft: UUID) -> int:
    """Return the number of the version that a draft became. Raises ``Draft.DoesNotExist``."""
    numbers = policy.versions.filter(draft=draft).values_list("number", flat=True)
    found = numbers.first()
    if found is None:
        raise Draft.DoesNotExist
    return found
