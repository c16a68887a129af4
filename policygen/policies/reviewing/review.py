"""The review of a policy's draft: asked for, commented, approved or sent back.

An approval is given to one revision, by somebody who changed nothing in the draft; any change after
it takes it away (``drafts._changed``). The database refuses the rest (migration 0004). Which step
can be taken from which state:

=========  ==================  ==========================  =====================
state      ask for a review    approve                     send back
=========  ==================  ==========================  =====================
open       submitted           refused                     refused
submitted  stays               approved                    open
approved   refused             stays                       open
=========  ==================  ==========================  =====================

A step that leads to where the draft is already is a second press: it changes nothing and writes
nothing. Remarks can be made and settled in every state.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from policygen.core.text import TextRefused, clean_text
from policygen.policies.drafting.drafts import NotAllowed, Overtaken
from policygen.policies.events import Action, at_policy, write
from policygen.policies.holders import Holder
from policygen.policies.models import Comment, Draft, DraftState, Editor
from policygen.policies.reviewing import mails as review_mails
from policygen.practices.roles import Right, Role, may

COMMENT_LIMIT = 2000
"""How long a comment may be, in characters."""

COMMENTS_LIMIT = 500
"""How many comments one draft may have."""


class NotReviewed(Exception):
    """The step cannot be taken; the message says why and what to do."""


class NotSaid(NotReviewed):
    """The text of a comment or a reason cannot be taken as it is; the message says why."""


class OwnWork(PermissionDenied):
    """Somebody would approve what they changed."""

    def __init__(self) -> None:
        super().__init__("You changed this draft, so somebody else must approve it.")


# ------------------------------------------------------------------ who


def editors_of(draft: Draft) -> list[User]:
    """Return who changed a draft, by the order in which they did first."""
    rows = Editor.objects.filter(draft=draft).select_related("user").order_by("pk")
    return [row.user for row in rows]


def approvers_of(draft: Draft) -> QuerySet[User]:
    """Return who may approve a draft: members with the right who changed nothing in it."""
    roles = [role for role in Role if may(role, Right.REVIEW)]
    changed = Editor.objects.filter(draft=draft, user=OuterRef("pk"))
    members = User.objects.filter(
        is_active=True,
        memberships__practice__policies=draft.policy_id,
        memberships__role__in=roles,
    )
    return members.filter(~Exists(changed)).order_by("username")


# ------------------------------------------------------------------ steps


def submit(holder: Holder, identifier: UUID, *, revision: int, tell: bool = True) -> Draft:
    """Ask for a review; who may approve gets a mail, unless they are told otherwise (``tell``).

    Raises ``Overtaken`` if the draft changed since it was seen, ``NotReviewed`` if it is approved
    already, ``NotAllowed``, ``Draft.DoesNotExist``.
    """
    with _reviewing(holder, identifier, Right.EDIT, revision) as draft:
        if draft.state == DraftState.APPROVED:
            raise NotReviewed("This draft is approved already. Publish it, or change it first.")
        if draft.state == DraftState.OPEN:
            _to(draft, DraftState.SUBMITTED)
            _write(draft, holder, Action.SUBMITTED)
            if tell:
                review_mails.review_asked(draft, holder.user, approvers_of(draft))
        return draft


def approve(holder: Holder, identifier: UUID, *, revision: int, tell: bool = True) -> Draft:
    """Approve the revision that was seen; whose draft it is gets a mail, unless not ``tell``.

    Raises ``OwnWork`` if the person changed the draft, ``NotReviewed`` unless a review was asked
    for, ``Overtaken`` if the draft changed since it was seen, ``NotAllowed``,
    ``Draft.DoesNotExist``.
    """
    with _reviewing(holder, identifier, Right.REVIEW, revision) as draft:
        if Editor.objects.filter(draft=draft, user=holder.user).exists():
            raise OwnWork
        if draft.state == DraftState.OPEN:
            raise NotReviewed(
                "Nobody asked for a review of this draft, or it was changed since. "
                "Its writer asks for one first."
            )
        if draft.state == DraftState.SUBMITTED:
            draft.approved_by = holder.user
            _to(draft, DraftState.APPROVED)
            _write(draft, holder, Action.APPROVED, f"revision {draft.revision}")
            if tell:
                review_mails.approved(draft, holder.user)
        return draft


def send_back(holder: Holder, identifier: UUID, *, revision: int, why: str) -> Draft:
    """Send a draft back to whoever writes it, saying why; they get a mail.

    Raises ``NotSaid`` without a reason, ``NotReviewed`` unless a review was asked for; else as
    ``approve``.
    """
    said = _said(why, "Say what should be changed, so that the writer knows.")
    with _reviewing(holder, identifier, Right.REVIEW, revision) as draft:
        if draft.state == DraftState.OPEN:
            raise NotReviewed(
                "This draft is not in review: it was sent back already, or changed since. "
                "You can still comment."
            )
        draft.approved_by = None
        _to(draft, DraftState.OPEN)
        _remark(draft, holder, "", said)
        _write(draft, holder, Action.SENT_BACK, said)
        review_mails.sent_back(draft, holder.user)
        return draft


@contextmanager
def telling_if_void(holder: Holder, draft: Draft) -> Iterator[None]:
    """Change the wording of a policy's draft in this block: if that voids its review, tell.

    Whose draft it is gets a mail once the change is committed, unless they made it. Everything in
    the block is one transaction.
    """
    if draft.policy_id is None:
        yield
        return
    with at_policy(draft.policy_id) as held:
        of_it = Draft.objects.filter(pk=draft.pk)
        was_open = of_it.filter(state=DraftState.OPEN).exists()
        yield
        now = of_it.filter(state=DraftState.OPEN).first()
        if now is not None and not was_open:
            now.policy = held
            review_mails.review_void(now, holder.user)


def comment(holder: Holder, identifier: UUID, *, clause: str, text: str) -> Comment:
    """Remark something on a clause of a draft, or on all of it (a blank clause).

    Raises ``NotSaid`` for a text that is empty, too long or unprintable, ``NotReviewed`` for too
    many comments, ``NotAllowed``, ``Draft.DoesNotExist``.
    """
    said = _said(text, "Write your comment first.")
    with _reviewing(holder, identifier, Right.COMMENT) as draft:
        if Comment.objects.filter(draft=draft).count() >= COMMENTS_LIMIT:
            raise NotReviewed(f"A draft takes {COMMENTS_LIMIT} comments, and this one has them.")
        made = _remark(draft, holder, clause, said)
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
    return Comment.objects.create(draft=draft, clause=clause, text=text, by=holder.user)


def _said(text: str, otherwise: str) -> str:
    """Return what somebody typed, in one spelling.

    Raises ``NotSaid``, with ``otherwise`` if it is empty.
    """
    try:
        said = clean_text(text, limit=COMMENT_LIMIT)
    except TextRefused as refused:
        raise NotSaid(str(refused)) from None
    if not said:
        raise NotSaid(otherwise)
    return said


def _write(draft: Draft, holder: Holder, action: Action, details: str = "") -> None:
    if draft.policy is not None:
        write(draft.policy, holder.user, action, draft=draft.pk, details=details)
