"""Setting up a policy in a practice, and beginning the drafts of its versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import F, Max, Q
from django.utils import timezone

from policygen.library.store import library_in_force, library_of
from policygen.policies.drafting.drafts import (
    NO_WORDING,
    TITLE_LIMIT,
    DraftTooLarge,
    erase_draft,
    wording_under,
)
from policygen.policies.drafting.wording_log import WordingChange, changes_between, to_details
from policygen.policies.events import Action, at_policy, write
from policygen.policies.frozen import raw_answers
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Batch,
    Draft,
    DraftState,
    Editor,
    Level,
    Piece,
    PieceState,
    Policy,
    PolicyVersion,
)
from policygen.policies.stored import carried_over, replaced, to_text
from policygen.practices.access import require_now
from policygen.practices.founding import slug_of
from policygen.practices.members import held as hold_practice
from policygen.practices.models import Location, Practice
from policygen.practices.roles import Right

PROPOSED_LIMIT = 512 * 1024
"""How large the answers of a proposed draft may get, in bytes: they may list many locations."""

POLICIES_LIMIT = 50
"""How many policies one practice may have."""


class ComesFromGroup(Exception):
    """The answers of the policy come from a group, so nobody drafts it apart from that."""

    def __init__(self) -> None:
        super().__init__(
            "The answers of this policy come from a group. Change them there, then make the "
            "policies of the group again."
        )


class TooManyPolicies(Exception):
    """The practice has as many policies as one may have."""

    def __init__(self) -> None:
        super().__init__(
            f"This practice has {POLICIES_LIMIT} policies, which is as many as this site keeps "
            "for one practice."
        )


def set_up_policy(
    practice: Practice,
    by: User,
    *,
    title: str,
    location: Location | None = None,
    level: Level | None = None,
) -> Policy:
    """Set up a policy without versions; with a ``level`` of a group, the one that is made there.

    Its address is made from the title and never changes; of a location in a group it begins with
    the location's name, since the group's title is that of all of them. Raises ``TooManyPolicies``,
    and ``PermissionDenied`` unless ``by`` may edit the practice's policies now. A level has one
    policy: whoever comes second is given that. What was set up at a level counts towards no limit,
    also after its group is deleted: the limits of groups and locations bound it.
    """
    with hold_practice(practice):
        require_now(by, practice, Right.EDIT)
        if level is not None:
            made = Policy.objects.filter(level=level).first()
            if made is not None:
                return made
        elif Policy.objects.filter(practice=practice, from_group=False).count() >= POLICIES_LIMIT:
            raise TooManyPolicies
        policy = Policy.objects.create(
            practice=practice,
            location=location,
            title=title[:TITLE_LIMIT],
            slug=_free_slug(practice, _addressed(title, level)),
            from_group=level is not None,
        )
        if level is not None:
            Level.objects.filter(pk=level.pk).update(policy=policy)
        # Nobody else sees the row before the end of this transaction, so it is held.
        write(policy, by, Action.CREATED, details=policy.title)
        return policy


def _addressed(title: str, level: Level | None) -> str:
    """Return the words of which the address of a policy is made; it has room for the first."""
    if level is None or level.location is None:
        return title
    return f"{level.location.name} {level.group.title}"


def _free_slug(practice: Practice, title: str) -> str:
    slug = slug_of(title, "policy")
    alike = Policy.objects.filter(practice=practice, slug__startswith=slug)
    taken = {"new", *alike.values_list("slug", flat=True)}
    numbered = (f"{slug}-{number}" for number in count(2))
    return next(one for one in chain([slug], numbered) if one not in taken)


def begin_draft(policy: Policy, by: User, *, release: str = "") -> Draft:
    """Return a member's draft of the next version: the one they have, or else a new one.

    It begins with the answers and the wording of the newest version, on that version's release
    unless ``release`` (a digest) is given. Without any version it is blank, on the release in
    force. Raises ``PermissionDenied`` unless ``by`` may edit the policy now, ``NoRelease``,
    ``ComesFromGroup``, or ``Refused`` if the answers of the version are damaged.
    """
    with at_policy(policy.pk) as held:
        require_now(by, held.practice, Right.EDIT)
        _refuse_grouped(held)
        own = Draft.objects.filter(policy=held, user=by).first()
        if own is not None:
            return own
        last = PolicyVersion.objects.filter(policy=held).order_by("-number").first()
        draft = Draft.objects.create(
            user=by,
            policy=held,
            title=held.title,
            answers=to_text(raw_answers(last.answers)) if last else "{}",
            amendments=_wording(last, release) if last else NO_WORDING,
            release=release or (last.release if last else library_in_force().digest),
            base=last.number if last else 0,
            updated=timezone.now(),
        )
        # What the draft says was chosen by whoever began it, so somebody else must approve it.
        Editor.objects.create(draft=draft, user=by)
        began_from = f"from version {last.number}" if last else ""
        write(held, by, Action.BEGAN, draft=draft.pk, details=began_from)
        return draft


def _refuse_grouped(policy: Policy) -> None:
    """Raise ``ComesFromGroup`` if a policy is made at a level of a group."""
    if Level.objects.filter(policy=policy).exists():
        raise ComesFromGroup


def _wording(last: PolicyVersion, release: str) -> str:
    """Return the wording of a version, as it stands against the release that is given, if any."""
    return carried_over(last.amendments, library_of(release)) if release else last.amendments


@dataclass(frozen=True)
class Proposed:
    """What a draft is to hold: stored answers and wording, a release, and whose work that is.

    ``may_be_mended`` says that the draft, once it is there, may be changed by hand, and then stays
    as it was changed. ``as_of`` is the moment at which the answers of the group held, where they
    come from one; ``listed`` is how many of its locations they list.
    """

    answers: str
    amendments: str
    release: str
    writers: tuple[User, ...] = ()
    may_be_mended: bool = False
    as_of: datetime | None = None
    listed: int = 0

    def require_room(self) -> None:
        """Raise ``DraftTooLarge`` if there is more than a draft has room for."""
        size = len(self.answers.encode())
        if size > PROPOSED_LIMIT:
            raise ListTooLong(self.listed, size) if self.listed else DraftTooLarge


class ListTooLong(DraftTooLarge):
    """A policy would list more locations than there is room for."""

    def __init__(self, listed: int, size: int) -> None:
        Exception.__init__(
            self,
            f"The answers with the list of {listed:,} locations take {size // 1024} KiB, and one "
            f"policy has room for {PROPOSED_LIMIT // 1024} KiB. Choose one policy for each "
            "location in the settings of the group.",
        )


class TakenOver(Exception):
    """A batch that was begun later has the policy in hand, so an earlier one leaves it."""

    def __init__(self) -> None:
        super().__init__("A batch that was begun later took this policy over.")


def propose_draft(policy: Policy, by: User, proposed: Proposed, *, batch: Batch) -> Draft:
    """Return a member's draft of the next version that holds what a batch proposes.

    A draft that this batch or an earlier one made is brought up to date; nothing is written of it
    where it holds that already. Raises ``OwnDraft`` if they have another one, or changed that by
    hand; ``TakenOver`` where a later batch was first; ``DraftTooLarge``; and ``PermissionDenied``
    unless ``by`` may edit the policy now.
    """
    proposed.require_room()
    with at_policy(policy.pk) as held:
        require_now(by, held.practice, Right.EDIT)
        if _was_overtaken(held, batch):
            raise TakenOver
        drafts = Draft.objects.select_for_update(of=("self",)).select_related("batch")
        draft = drafts.filter(policy=held, user=by).first()
        wanted = _wanted(held, proposed)
        if draft is None:
            draft = Draft(user=by, policy=held, title=held.title)
            write(held, by, Action.BEGAN, draft=draft.pk, details="in a batch")
        elif draft.proposed is None:
            raise OwnDraft
        elif draft.batch is not None and draft.batch.created > batch.created:
            raise TakenOver
        elif all(getattr(draft, name) == value for name, value in wanted.items()):
            Draft.objects.filter(pk=draft.pk).update(
                batch=batch, proposed=draft.revision, as_of=proposed.as_of
            )
            return draft
        elif draft.revision != draft.proposed:
            if proposed.may_be_mended and draft.batch == batch:
                return draft
            raise OwnDraft
        else:
            draft.revision += 1
            draft.state, draft.approved_by = DraftState.OPEN, None
            write(held, by, Action.EDITED, draft=draft.pk)
        draft.as_of = proposed.as_of
        _fill(draft, wanted, batch)
        _add_editors(draft, (by, *proposed.writers))
        return draft


def _wanted(policy: Policy, proposed: Proposed) -> dict[str, object]:
    """Return what the columns of the draft are to be."""
    number = PolicyVersion.objects.filter(policy=policy).aggregate(last=Max("number"))["last"]
    return {
        "answers": proposed.answers,
        "amendments": proposed.amendments,
        "release": proposed.release,
        "base": number or 0,
    }


def _fill(draft: Draft, wanted: Mapping[str, object], batch: Batch) -> None:
    for name, value in wanted.items():
        setattr(draft, name, value)
    draft.batch, draft.proposed = batch, draft.revision
    draft.updated = timezone.now()
    draft.save()


def _add_editors(draft: Draft, writers: Iterable[User]) -> None:
    """Say that people wrote a draft; of those who did before, nothing is changed."""
    rows = {one.pk: Editor(draft=draft, user=one) for one in writers}
    Editor.objects.bulk_create(rows.values(), ignore_conflicts=True)


def _was_overtaken(policy: Policy, batch: Batch) -> bool:
    """Tell whether a later batch published the policy, or found it up to date on another release.

    On the same release, the earlier batch finds that by itself if it is still so.
    """
    unchanged = Q(state=PieceState.UNCHANGED) & ~Q(batch__release=batch.release)
    settled = Q(version__isnull=False) | unchanged
    later = Piece.objects.filter(settled, policy=policy, batch__created__gt=batch.created)
    return later.exclude(batch=batch).exists()


def withdraw_draft(policy: Policy, by: User, *, batch: Batch) -> bool:
    """Delete the draft of a policy that a batch of somebody, or an earlier one, made.

    Return whether it was there. One that was changed by hand stays, as does one of a later batch;
    that of a batch which is deleted since is one of an earlier batch.
    """
    earlier = Q(batch=None) | Q(batch__created__lte=batch.created)
    with at_policy(policy.pk) as held:
        drafts = Draft.objects.select_for_update(of=("self",)).filter(policy=held, user=by)
        draft = drafts.filter(earlier, revision=F("proposed")).first()
        if draft is None:
            return False
        write(held, by, Action.DELETED, draft=draft.pk, details=draft.title)
        erase_draft(draft)
        return True


def discard_draft(policy: Policy, by: User, *, batch: Batch) -> bool:
    """Delete the draft that one batch made, in the name of whoever gives that batch up.

    Return whether it was there; one that was changed by hand stays. Raises ``PermissionDenied``
    unless ``by`` may edit the policy now.
    """
    with at_policy(policy.pk) as held:
        require_now(by, held.practice, Right.EDIT)
        drafts = Draft.objects.select_for_update(of=("self",)).filter(policy=held, batch=batch)
        draft = drafts.filter(revision=F("proposed")).first()
        if draft is None:
            return False
        write(held, by, Action.DELETED, draft=draft.pk, details=draft.title)
        erase_draft(draft)
        return True


def keep_draft(holder: Holder, identifier: UUID, policy: Policy) -> Draft:
    """Make a draft of somebody's own the draft of a policy's next version.

    The practice's own wording comes from the newest version, since an interview has none. Raises
    ``Draft.DoesNotExist`` unless the draft is their own, ``PermissionDenied`` unless they may edit
    the policy now, ``AlreadyDrafting`` if they have a draft of it, and ``ComesFromGroup``.
    """
    if holder.user is None:
        raise Draft.DoesNotExist
    try:
        with at_policy(policy.pk) as held:
            require_now(holder.user, held.practice, Right.EDIT)
            _refuse_grouped(held)
            draft = Draft.objects.select_for_update().filter(holder.own()).get(pk=identifier)
            _into(draft, held, holder.user)
            Editor.objects.get_or_create(draft=draft, user=holder.user)
            write(held, holder.user, Action.BEGAN, draft=draft.pk, details="from an interview")
            return draft
    except IntegrityError:
        raise AlreadyDrafting from None


def _into(draft: Draft, policy: Policy, user: User) -> None:
    last = PolicyVersion.objects.filter(policy=policy).order_by("-number").first()
    draft.policy, draft.user, draft.visitor = policy, user, ""
    draft.base, draft.amendments = (last.number, last.amendments) if last else (0, "[]")
    draft.revision += 1
    draft.updated = timezone.now()
    draft.save(
        update_fields=["policy", "user", "visitor", "base", "amendments", "revision", "updated"]
    )


class AlreadyDrafting(Exception):
    """The member has a draft of that policy."""

    def __init__(self) -> None:
        super().__init__(
            "You have a draft of this policy already. Publish or delete it first, or keep these "
            "answers as another policy."
        )


class OwnDraft(AlreadyDrafting):
    """The member has a draft of that policy that no batch may touch."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "You have a draft of this policy that you changed yourself, so it was left as it is. "
            "Publish it or delete it, then retry.",
        )


def rebase_draft(draft: Draft, by: User, *, revision: int, base: int) -> bool:
    """Say that a draft replaces a version that was published after it was begun.

    Own wording that came with that version is taken over where the draft did not touch it, and put
    up for decision where it did (``core.amendments.replacing``): no wording is dropped unseen.

    ``revision`` and ``base`` are what the person had in view. Return whether that still holds.
    Raises ``PermissionDenied`` unless ``by`` may edit the policy now.
    """
    with at_policy(draft.policy_id or 0) as held:
        require_now(by, held.practice, Right.EDIT)
        drafts = Draft.objects.select_for_update().filter(policy=held, revision=revision)
        found = drafts.filter(pk=draft.pk).first()
        last = PolicyVersion.objects.filter(policy=held).order_by("-number").first()
        if found is None or (last.number if last else 0) != base:
            return False
        before, found.amendments = found.amendments, _wording_beside(found, last)
        found.base, found.revision = base, found.revision + 1
        found.state, found.approved_by = DraftState.OPEN, None
        found.save(update_fields=["amendments", "base", "revision", "state", "approved_by"])
        Editor.objects.get_or_create(draft=found, user=by)
        write(held, by, Action.REPLACES, draft=found.pk, details=f"version {base}")
        for change in _reworded(before, found.amendments):
            write(held, by, Action.AMENDED, draft=found.pk, details=to_details(change))
        return True


def _wording_beside(draft: Draft, last: PolicyVersion | None) -> str:
    """Return the wording of a draft that is to replace a version."""
    if last is None:
        return draft.amendments
    versions = PolicyVersion.objects.filter(policy=draft.policy_id, number=draft.base)
    base = versions.values_list("amendments", flat=True).first() or NO_WORDING
    made = replaced(draft.amendments, base, last.amendments)
    return draft.amendments if made == draft.amendments else wording_under(made, draft.release)


def _reworded(before: str, after: str) -> list[WordingChange]:
    """Return the wordings that changed; one that waits for a decision has not changed yet."""
    if before == after:
        return []
    return [one for one in changes_between(before, after) if one.before != one.after]
