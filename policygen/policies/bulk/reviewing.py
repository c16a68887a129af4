"""Asking for a review of one policy of a batch, and approving it.

Each may be done twice: what stands where it should be already counts as done, at the revision that
was prepared.
"""

from __future__ import annotations

from uuid import UUID

from policygen.policies.holders import Holder
from policygen.policies.models import Draft, DraftState, Piece
from policygen.policies.reviewing import review


def submit(piece: Piece) -> None:
    """Ask for a review of a piece's draft; nobody gets a mail by that.

    Raises as ``review.submit`` does.
    """
    draft = _draft_of(piece)
    if not _is(draft, piece.revision, DraftState.APPROVED):
        review.submit(Holder(user=piece.batch.by), draft, revision=piece.revision, tell=False)


def approve(piece: Piece) -> None:
    """Approve a piece's draft in the name of the batch's approver; nobody gets a mail by that.

    Raises as ``review.approve`` does.
    """
    approver = Holder(user=piece.batch.approver)
    review.approve(approver, _draft_of(piece), revision=piece.revision, tell=False)


def _draft_of(piece: Piece) -> UUID:
    if piece.draft is None:
        raise Draft.DoesNotExist
    return piece.draft


def _is(draft: UUID, revision: int, state: DraftState) -> bool:
    return Draft.objects.filter(pk=draft, revision=revision, state=state).exists()
