"""Moving groups to the release in force, so that a batch of each brings its policies along.

Nobody is asked about a group of which nothing is to be decided; the others are named, for somebody
to look at.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from policygen.core.inheritance import overlaid
from policygen.core.library import Library
from policygen.library.store import library_in_force, library_of
from policygen.policies.bulk.starting import NothingToDo, published_behind, start_group_batch
from policygen.policies.drafting.drafts import UNREADABLE, Overtaken, move_draft, open_draft
from policygen.policies.drafting.levels import ROOT_DRAFT, lines_of
from policygen.policies.drafting.moving import Held, needs_decision
from policygen.policies.holders import Holder
from policygen.policies.models import Batch, BatchStage, Draft, Group, Level
from policygen.policies.stored import to_text
from policygen.practices.models import Practice

MOST = 200
"""How many groups are moved at once: the person who pressed the button waits meanwhile."""


@dataclass(frozen=True)
class Brought:
    """What came of moving groups.

    ``batches`` were started and make their policies, ``to_look_at`` are groups at which somebody
    has to decide first, and ``later`` counts those that did not come up yet. ``under_way`` are the
    batches, one of each group, that earlier presses of the same person started.
    """

    batches: tuple[Batch, ...] = ()
    under_way: tuple[Batch, ...] = ()
    to_look_at: tuple[Group, ...] = ()
    later: int = 0


def groups_behind(by: User, practice: Practice | None = None) -> QuerySet[Group]:
    """Return the groups of which a published policy uses an earlier release.

    They are those of one practice, or of all in which ``by`` may edit and publish. Raises
    ``NoRelease``.
    """
    policies = published_behind(by, library_in_force().digest, practice).filter(level__isnull=False)
    found = Group.objects.filter(pk__in=policies.values("level__group"))
    return found.select_related("practice").order_by("practice__sorted_as", "sorted_as", "pk")


def bring_groups(
    by: User, *, practice: Practice | None = None, wants_mail: bool = False
) -> Brought:
    """Move groups to the release in force and start making their policies.

    All are those of ``groups_behind``, but no more than ``MOST`` that have no batch under way on
    that release: the others go on with theirs. Raises ``PermissionDenied`` and ``NoRelease``.
    """
    release = library_in_force().digest
    found = groups_behind(by, practice)
    under_way = _under_way(by, release).filter(group__in=found)
    goes_on = tuple({one.group_id: one for one in under_way}.values())
    waiting = found.exclude(pk__in=[one.group_id for one in goes_on])
    groups = list(waiting[:MOST])
    later = max(0, waiting.count() - len(groups))
    batches, to_look_at = [], []
    for group in groups:
        batch = _started(group, by, release, wants_mail) if _moved(group, by, release) else None
        if batch is None:
            to_look_at.append(group)
        else:
            batches.append(batch)
    return Brought(tuple(batches), goes_on, tuple(to_look_at), later)


def _under_way(by: User, release: str) -> QuerySet[Batch]:
    """Return the batches that a person started and that have nothing submitted or published yet."""
    stages = [BatchStage.LISTING, BatchStage.PREPARING, BatchStage.READY]
    return Batch.objects.filter(by=by, release=release, stopped=False, stage__in=stages)


def _started(group: Group, by: User, release: str, wants_mail: bool) -> Batch | None:
    begun = _under_way(by, release).filter(group=group)  # by a press at the same time
    if (batch := begun.first()) is not None:
        return batch
    try:
        return start_group_batch(group, by, wants_mail=wants_mail)
    except NothingToDo:
        return None


def _moved(group: Group, by: User, release: str) -> bool:
    """Move the answers of a group, unless there is something to decide. Return whether they are."""
    root = Draft.objects.get(ROOT_DRAFT, level__group=group)
    if root.release == release:
        return True
    holder = Holder(user=by)
    try:
        revision = open_draft(holder, root.pk).draft.revision
        if _needs_decision(group, library_of(root.release), library_of(release)):
            return False
        move_draft(holder, root.pk, to=release, revision=revision)
    except (Overtaken, *UNREADABLE):
        return False
    return True


def _needs_decision(group: Group, library: Library, newer: Library) -> bool:
    """Tell whether the answers of any level ask for a decision; equal ones are looked at once."""
    levels = Level.objects.filter(draft__isnull=False, group=group)
    texts = {
        to_text(overlaid([*line.above, line.own]))
        for line in lines_of(group, levels.select_related("location"))
    }
    return any(needs_decision(Held(text, ()), library, newer) for text in sorted(texts))
