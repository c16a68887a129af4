"""Preparing a policy in a batch: the draft of its next version, and what changes by it.

A draft is made from the answers that hold now, on the release of the batch. Where the newest
version was made from the same answers, wording and release, there is nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q

from policygen.core.answers import Raw
from policygen.core.inheritance import with_sites
from policygen.library.store import library_of
from policygen.policies.bulk.folding import fold_of
from policygen.policies.drafting.beginning import Proposed, propose_draft, set_up_policy
from policygen.policies.drafting.drafts import open_draft, wording_under
from policygen.policies.drafting.levels import line_of, site_of
from policygen.policies.frozen import raw_answers
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Batch,
    Editor,
    Level,
    Piece,
    PieceState,
    Policy,
    PolicyVersion,
    Step,
)
from policygen.policies.stored import to_text
from policygen.practices.models import Location


@dataclass(frozen=True)
class Prepared:
    """What was prepared; without a draft, nothing changes."""

    policy: Policy
    draft: UUID | None = None
    revision: int = 0
    fold: str = ""


def prepare(piece: Piece) -> Prepared:
    """Make the draft of a piece, or bring the one that the batch made up to date.

    Raises ``Refused`` where the answers cannot be used, ``AlreadyDrafting`` where the person has a
    draft of that policy that they began themselves, ``PermissionDenied``, ``TooManyPolicies``,
    ``NoRelease`` and ``Release.DoesNotExist``.
    """
    batch = piece.batch
    policy = piece.policy or _set_up(piece)
    last = PolicyVersion.objects.filter(policy=policy).order_by("-number").first()
    proposed = _proposed(piece, policy, last)
    if last is not None and _is_the_same(last, proposed):
        return Prepared(policy)
    draft = propose_draft(policy, batch.by, proposed, own=earlier_drafts(batch, policy))
    opened = open_draft(Holder(user=batch.by), draft.pk)
    return Prepared(policy, draft.pk, draft.revision, fold_of(opened, last))


def _proposed(piece: Piece, policy: Policy, last: PolicyVersion | None) -> Proposed:
    """Return what the next version is to be made from."""
    release = piece.batch.release
    wording = wording_under(last.amendments, release) if last else "[]"
    if piece.level is None:
        answers = to_text(raw_answers(last.answers)) if last else "{}"
        return Proposed(answers, wording, release, ())
    answers = to_text(effective_at(piece.level, release))
    return Proposed(answers, wording, release, _writers(piece.level, policy))


def effective_at(level: Level, release: str) -> dict[str, Raw]:
    """Return the answers of which the policy of a level is made. Raises ``Refused``."""
    vocabulary = library_of(release).vocabulary
    answers = line_of(level).effective(vocabulary)
    if not level.is_root:
        return answers
    apart = Level.objects.filter(group=level.group, location__isnull=False, draft__isnull=False)
    listed = Location.objects.filter(practice=level.group.practice_id)
    sites = [site_of(one) for one in listed.exclude(pk__in=apart.values("location"))]
    return with_sites(vocabulary, answers, sites)


def _is_the_same(last: PolicyVersion, proposed: Proposed) -> bool:
    same = last.release == proposed.release and last.amendments == proposed.amendments
    return same and to_text(raw_answers(last.answers)) == proposed.answers


def _set_up(piece: Piece) -> Policy:
    """Set up the policy of a level that has none yet."""
    level, batch = piece.level, piece.batch
    if level is None:
        raise Policy.DoesNotExist
    if level.policy is not None:
        return level.policy
    title = f"{level.group.title}: {level.location}" if level.location else level.group.title
    return set_up_policy(
        level.group.practice, batch.by, title=title, location=level.location, level=level
    )


def _writers(level: Level, policy: Policy) -> tuple[User, ...]:
    """Return who changed what the policy inherits since it was last made and published.

    They cannot approve it. What was changed before was approved with an earlier version.
    """
    above = Q(brand=None, location=None) | Q(pk=level.pk)
    if level.location is not None and level.location.brand_id is not None:
        above |= Q(brand=level.location.brand_id)
    line = Level.objects.filter(above, group=level.group)
    editors = Editor.objects.filter(draft__level__in=line).select_related("user").order_by("pk")
    published = Piece.objects.filter(policy=policy, step=Step.PUBLISH, state=PieceState.DONE)
    since = published.order_by("-prepared_at").values_list("prepared_at", flat=True).first()
    late = (one.user for one in editors if since is None or one.at is None or one.at >= since)
    return tuple({user.pk: user for user in late}.values())


def earlier_drafts(batch: Batch, policy: Policy) -> frozenset[UUID]:
    """Return the drafts of a policy that batches of the same person made, this one's among them."""
    made = Piece.objects.filter(policy=policy, batch__by=batch.by, draft__isnull=False)
    return frozenset(draft for draft in made.values_list("draft", flat=True) if draft)
