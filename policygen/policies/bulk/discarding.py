"""Taking one policy out of a batch that is discarded: its draft is deleted."""

from __future__ import annotations

from policygen.policies.drafting.beginning import discard_draft
from policygen.policies.models import Draft, Piece

KEPT = "Its draft was changed by hand, published or taken over meanwhile, so nothing was deleted."


def discard(piece: Piece) -> bool:
    """Delete the draft that was made for a piece, unless somebody changed it by hand since.

    Return whether no draft of the batch is left. A policy that was set up for it stays, without a
    version. Raises ``PermissionDenied`` unless whoever gives the batch up may edit the policy now.
    """
    if piece.policy is None:
        return True
    discard_draft(piece.policy, piece.batch.discarder or piece.batch.by, batch=piece.batch)
    return not Draft.objects.filter(policy=piece.policy, batch=piece.batch).exists()
