"""Setting up a policy in a practice, and beginning the drafts of its versions."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Max
from django.utils import timezone

from policygen.library.store import library_in_force, library_of
from policygen.policies.drafting.drafts import (
    NO_WORDING,
    TITLE_LIMIT,
    DraftTooLarge,
    wording_under,
)
from policygen.policies.drafting.wording_log import WordingChange, changes_between, to_details
from policygen.policies.events import Action, at_policy, write
from policygen.policies.frozen import raw_answers
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, DraftState, Editor, Level, Policy, PolicyVersion
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

    Its address is made from the title and never changes. Raises ``TooManyPolicies``, and
    ``PermissionDenied`` unless ``by`` may edit the practice's policies now. A level has one policy:
    whoever comes second is given that. Policies of levels count towards no limit, since there are
    no more of them than locations.
    """
    with hold_practice(practice):
        require_now(by, practice, Right.EDIT)
        if level is not None:
            made = Policy.objects.filter(level=level).first()
            if made is not None:
                return made
        elif Policy.objects.filter(practice=practice, level=None).count() >= POLICIES_LIMIT:
            raise TooManyPolicies
        policy = Policy.objects.create(
            practice=practice,
            location=location,
            title=title[:TITLE_LIMIT],
            slug=_free_slug(practice, title),
        )
        if level is not None:
            Level.objects.filter(pk=level.pk).update(policy=policy)
        with at_policy(policy.pk) as held:
            write(held, by, Action.CREATED, details=held.title)
        return policy


def _free_slug(practice: Practice, title: str) -> str:
    slug = slug_of(title, "policy")
    alike = Policy.objects.filter(practice=practice, slug__startswith=slug)
    taken = {"new", *alike.values_list("slug", flat=True)}
    numbered = (f"{slug}-{number}" for number in range(2, POLICIES_LIMIT + 3))
    return next((one for one in (slug, *numbered) if one not in taken), secrets.token_hex(8))


def begin_draft(policy: Policy, by: User, *, release: str = "") -> Draft:
    """Return a member's draft of the next version: the one they have, or else a new one.

    It begins with the answers and the wording of the newest version, on that version's release
    unless ``release`` (a digest) is given. Without any version it is blank, on the release in
    force. Raises ``PermissionDenied`` unless ``by`` may edit the policy now, ``NoRelease``, or
    ``Refused`` if the answers of the version are damaged.
    """
    with at_policy(policy.pk) as held:
        require_now(by, held.practice, Right.EDIT)
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


def _wording(last: PolicyVersion, release: str) -> str:
    """Return the wording of a version, as it stands against the release that is given, if any."""
    return carried_over(last.amendments, library_of(release)) if release else last.amendments


@dataclass(frozen=True)
class Proposed:
    """What a draft is to hold: stored answers and wording, a release, and whose work that is."""

    answers: str
    amendments: str
    release: str
    writers: tuple[User, ...] = ()


def propose_draft(
    policy: Policy, by: User, proposed: Proposed, *, own: Collection[UUID] = ()
) -> Draft:
    """Return a member's draft of the next version that holds what is proposed.

    A draft of theirs is brought up to date if it is one of ``own``, those that were proposed
    before; nothing is written where it holds that already. Raises ``AlreadyDrafting`` if they have
    another one, ``DraftTooLarge``, and ``PermissionDenied`` unless ``by`` may edit the policy now.
    """
    if len(proposed.answers.encode()) > PROPOSED_LIMIT:
        raise DraftTooLarge
    with at_policy(policy.pk) as held:
        require_now(by, held.practice, Right.EDIT)
        draft = Draft.objects.select_for_update().filter(policy=held, user=by).first()
        if draft is not None and draft.pk not in own:
            raise AlreadyDrafting
        number = PolicyVersion.objects.filter(policy=held).aggregate(last=Max("number"))["last"]
        wanted = {
            "answers": proposed.answers,
            "amendments": proposed.amendments,
            "release": proposed.release,
            "base": number or 0,
        }
        if draft is None:
            draft = Draft(user=by, policy=held, title=held.title)
            write(held, by, Action.BEGAN, draft=draft.pk, details="in a batch")
        elif all(getattr(draft, name) == value for name, value in wanted.items()):
            return draft
        else:
            draft.revision += 1
            draft.state, draft.approved_by = DraftState.OPEN, None
            write(held, by, Action.EDITED, draft=draft.pk)
        for name, value in wanted.items():
            setattr(draft, name, value)
        draft.updated = timezone.now()
        draft.save()
        for writer in {one.pk: one for one in (by, *proposed.writers)}.values():
            Editor.objects.get_or_create(draft=draft, user=writer)
        return draft


def keep_draft(holder: Holder, identifier: UUID, policy: Policy) -> Draft:
    """Make a draft of somebody's own the draft of a policy's next version.

    The practice's own wording comes from the newest version, since an interview has none. Raises
    ``Draft.DoesNotExist`` unless the draft is their own, ``PermissionDenied`` unless they may edit
    the policy now, and ``AlreadyDrafting`` if they have a draft of it.
    """
    if holder.user is None:
        raise Draft.DoesNotExist
    try:
        with at_policy(policy.pk) as held:
            require_now(holder.user, held.practice, Right.EDIT)
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
