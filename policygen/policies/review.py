"""The review of a policy's draft: asked for, commented, approved or sent back.

An approval is given to one revision, by somebody who changed nothing in the draft; any change after
it takes it away (``drafts._changed``). The database refuses the rest (migration 0004).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from policygen.policies.drafts import NotAllowed, Overtaken
from policygen.policies.events import Action, at_policy, write
from policygen.policies.holders import Holder
from policygen.policies.models import Comment, Draft, DraftState, Editor
from policygen.practices.roles import Right

COMMENT_LIMIT = 2000
"""How long a comment may be, in characters."""

COMMENTS_LIMIT = 500
"""How many comments one draft may have."""


class NotReviewed(Exception):
    """The step cannot be taken; the message says why."""


class OwnWork(PermissionDenied):
    """Somebody would approve what they changed."""

    def __init__(self) -> None:
        super().__init__("You changed this draft, so somebody else must approve it.")


def submit(holder: Holder, identifier: UUID, *, revision: int) -> Draft:
    """Ask for a review. Raises ``Overtaken``, ``NotAllowed``, ``Draft.DoesNotExist``."""
    with _reviewing(holder, identifier, Right.EDIT, revision) as draft:
        if draft.state == DraftState.OPEN:
            _to(draft, DraftState.SUBMITTED)
            _write(draft, holder, Action.SUBMITTED)
        return draft


def approve(holder: Holder, identifier: UUID, *, revision: int) -> Draft:
    """Approve the revision that was seen.

    Raises ``OwnWork`` if the person changed the draft, ``NotReviewed`` unless a review was asked
    for, ``Overtaken`` if the draft changed since it was seen, ``NotAllowed``,
    ``Draft.DoesNotExist``.
    """
    with _reviewing(holder, identifier, Right.REVIEW, revision) as draft:
        if draft.state == DraftState.APPROVED:
            return draft
        if draft.state != DraftState.SUBMITTED:
            raise NotReviewed("Nobody asked for a review of this draft, or it was changed since.")
        if Editor.objects.filter(draft=draft, user=holder.user).exists():
            raise OwnWork
        draft.approved_by = holder.user
        _to(draft, DraftState.APPROVED)
        _write(draft, holder, Action.APPROVED, f"revision {draft.revision}")
        return draft


def send_back(holder: Holder, identifier: UUID, *, revision: int, why: str) -> Draft:
    """Send a draft back to whoever writes it, saying why.

    Raises ``NotReviewed`` without a reason or unless a review was asked for; else as ``approve``.
    """
    if not why.strip():
        raise NotReviewed("Say what should be changed, so that the writer knows.")
    with _reviewing(holder, identifier, Right.REVIEW, revision) as draft:
        if draft.state == DraftState.OPEN:
            raise NotReviewed("This draft is not in review.")
        draft.approved_by = None
        _to(draft, DraftState.OPEN)
        _remark(draft, holder, "", why)
        _write(draft, holder, Action.SENT_BACK, why[:COMMENT_LIMIT])
        return draft


def comment(holder: Holder, identifier: UUID, *, clause: str, text: str) -> Comment:
    """Remark something on a clause of a draft, or on all of it (a blank clause).

    Raises ``NotReviewed`` for an empty text or too many comments, ``NotAllowed``,
    ``Draft.DoesNotExist``.
    """
    if not text.strip():
        raise NotReviewed("Write your comment first.")
    with _reviewing(holder, identifier, Right.COMMENT) as draft:
        if Comment.objects.filter(draft=draft).count() >= COMMENTS_LIMIT:
            raise NotReviewed(f"A draft takes {COMMENTS_LIMIT} comments, and this one has them.")
        made = _remark(draft, holder, clause, text)
        _write(draft, holder, Action.COMMENTED, clause)
        return made


def settle(holder: Holder, identifier: UUID, *, comment: int) -> None:
    """Mark a comment as settled.

    Raises ``Comment.DoesNotExist``, ``NotAllowed``, ``Draft.DoesNotExist``.
    """
    with _reviewing(holder, identifier, Right.COMMENT) as draft:
        found = Comment.objects.get(draft=draft, pk=comment)
        if not found.settled:
            found.settled = True
            found.save(update_fields=["settled"])
            _write(draft, holder, Action.SETTLED, found.clause)


@contextmanager
def _reviewing(
    holder: Holder, identifier: UUID, right: Right, revision: int | None = None
) -> Iterator[Draft]:
    """Hold a policy's draft for one transaction. Raises as the functions above say."""
    seen = Draft.objects.filter(holder.reachable(Right.SEE), pk=identifier)
    policy = seen.values_list("policy", flat=True)[:1].get()
    if policy is None:
        raise NotReviewed("This draft belongs to no practice yet. Keep it in one first.")
    with at_policy(policy) as held:
        if not Draft.objects.filter(holder.reachable(right), pk=identifier).exists():
            raise NotAllowed
        draft = Draft.objects.select_for_update().get(pk=identifier)
        if revision is not None and draft.revision != revision:
            raise Overtaken
        draft.policy = held
        yield draft


def _to(draft: Draft, state: DraftState) -> None:
    draft.state = state
    draft.updated = timezone.now()
    draft.save(update_fields=["state", "approved_by", "updated"])


def _remark(draft: Draft, holder: Holder, clause: str, text: str) -> Comment:
    if holder.user is None:
        raise NotAllowed
    return Comment.objects.create(
        draft=draft, clause=clause[:100], text=text[:COMMENT_LIMIT], by=holder.user
    )


def _write(draft: Draft, holder: Holder, action: Action, details: str = "") -> None:
    if draft.policy is not None:
        write(draft.policy, holder.user, action, draft=draft.pk, details=details)
