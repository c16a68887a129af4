"""Starting a batch, and listing the policies that are in it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from policygen.library.store import library_in_force
from policygen.policies.drafting.groups import drop_equal, settled
from policygen.policies.drafting.levels import OPEN, ROOT, line_of, with_policies
from policygen.policies.models import (
    Batch,
    BatchStage,
    Draft,
    Group,
    Level,
    Piece,
    Policy,
    PolicyVersion,
)
from policygen.practices.access import require_now
from policygen.practices.locations import open_in
from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Right, Role, may

CHUNK = 500
"""How many pieces are listed at once: no more of a batch is ever in memory."""


class NothingToDo(Exception):
    """There is no policy that a batch could be about."""

    def __init__(self, why: str) -> None:
        super().__init__(why)


def start_group_batch(group: Group, by: User, *, wants_mail: bool = False) -> Batch:
    """Start making the policies of a group anew, from its answers as they are now.

    Raises ``PermissionDenied`` unless ``by`` may edit and publish in the practice, and
    ``NothingToDo`` where the group has no answers or the practice no open locations.
    """
    _require(by, group.practice)
    root = Level.objects.filter(ROOT, group=group).first()
    if root is None or not Draft.objects.filter(level=root).exists():
        raise NothingToDo("Answer the questions of the group first.")
    if not open_in(group.practice).exists():
        raise NothingToDo("The practice has no open locations. Add them first.")
    try:
        as_of = settled(group)
    except Group.DoesNotExist:
        raise NothingToDo("The group was deleted meanwhile.") from None
    return Batch.objects.create(
        practice=group.practice,
        group=group,
        by=by,
        release=line_of(root).release,
        as_of=as_of,
        wants_mail=wants_mail,
    )


def start_release_batch(
    by: User, *, practice: Practice | None = None, wants_mail: bool = False
) -> Batch:
    """Start moving published policies to the release in force: of one practice, or of all of them.

    All are those in which ``by`` may edit and publish. Policies that belong to groups are left to
    these, and those that use the release already are left as they are. Raises
    ``PermissionDenied``, ``NothingToDo`` and ``NoRelease``.
    """
    if practice is not None:
        _require(by, practice)
    release = library_in_force().digest
    batch = Batch(practice=practice, by=by, release=release, wants_mail=wants_mail)
    if not policies_for(batch).exists():
        raise NothingToDo("Every published policy uses the release in force already.")
    batch.save(force_insert=True)
    return batch


def list_pieces(batch: Batch) -> int:
    """Write down the pieces of a batch, chunk by chunk, and return how many there are.

    If it was cut off, or two do it at once, it goes on where it stopped. When all are there, the
    batch is being prepared: ``batch.stage`` says so to the one of them who let it go on. Of a batch
    that is given up meanwhile, no further ones are written.
    """
    if batch.group is not None:
        _add_levels(batch.group)
    while True:
        with transaction.atomic():
            held = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
            made = Piece.objects.filter(batch=held).count()
            if held.stage != BatchStage.LISTING:
                return made
            chunk = _unlisted(held)
            for number, piece in enumerate(chunk, start=made + 1):
                piece.number = number
            Piece.objects.bulk_create(chunk)
            if len(chunk) < CHUNK:
                Batch.objects.filter(pk=held.pk).update(stage=BatchStage.PREPARING)
                batch.stage = BatchStage.PREPARING
                return made + len(chunk)


def _unlisted(batch: Batch) -> list[Piece]:
    """Return the next pieces of a batch, without their numbers."""
    if batch.group is None:
        policies = Piece.objects.filter(batch=batch).values("policy")
        keys = policies_for(batch).exclude(pk__in=policies).order_by("pk")
        return [
            Piece(batch=batch, policy_id=key) for key in keys.values_list("pk", flat=True)[:CHUNK]
        ]
    listed = Piece.objects.filter(batch=batch).values("level")
    proposed = Exists(Draft.objects.filter(policy=OuterRef("policy"), batch__by=batch.by))
    closed = Level.objects.filter(~OPEN & Q(proposed), group=batch.group)
    made = with_policies(batch.group) | closed  # what an earlier batch proposed is taken back
    levels = made.exclude(pk__in=listed).order_by("pk")[:CHUNK]
    return [Piece(batch=batch, level=level, policy_id=level.policy_id) for level in levels]


def _add_levels(group: Group) -> None:
    """Give every open location its level in the group, with what really differs."""
    with transaction.atomic():
        held = Group.objects.select_for_update(no_key=True).get(pk=group.pk)
        have = Level.objects.filter(group=held, location__isnull=False).values("location")
        missing = open_in(held.practice_id).exclude(pk__in=have)
        made = [Level(group=held, location=one) for one in missing.order_by("pk")]
        Level.objects.bulk_create(made, batch_size=CHUNK)
        drop_equal(held)


def policies_for(batch: Batch) -> QuerySet[Policy]:
    """Return the published policies that a batch without a group is about."""
    return published_behind(batch.by, batch.release, batch.practice).filter(level=None)


def published_behind(by: User, release: str, practice: Practice | None) -> QuerySet[Policy]:
    """Return the policies that are behind a release (``policies_behind``).

    They are those of one practice, or of all in which ``by`` may edit and publish.
    """
    roles = [role for role in Role if may(role, Right.EDIT) and may(role, Right.PUBLISH)]
    theirs = Membership.objects.filter(user=by, user__is_active=True, role__in=roles)
    policies = policies_behind(release).filter(practice__in=theirs.values("practice"))
    return policies.filter(practice=practice) if practice is not None else policies


def policies_behind(release: str) -> QuerySet[Policy]:
    """Return the policies whose newest version uses another release than this, by its digest.

    Policies of locations that have closed are behind nothing: they stay as they are.
    """
    versions = PolicyVersion.objects.filter(policy=OuterRef("pk")).order_by("-number")
    newest = Subquery(versions.values("release")[:1])
    published = Policy.objects.annotate(newest=newest).filter(newest__isnull=False)
    return published.filter(location__closed_on=None).exclude(newest=release)


def _require(by: User, practice: Practice) -> None:
    require_now(by, practice, Right.EDIT)
    require_now(by, practice, Right.PUBLISH)
