"""Who sees what of a batch: each the policies of the practices in which they are members.

Whoever started a batch over many practices sees all of those in which they still are; a member of
one of these practices sees what is done there, and learns of no other.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from policygen.policies.models import Batch, Editor, Piece
from policygen.practices.models import Membership, Practice
from policygen.practices.roles import Right, Role, may


def practices_with(user: User, right: Right) -> QuerySet[Membership]:
    """Return the ids of the practices in which a person has a right, for a condition."""
    roles = [role for role in Role if may(role, right)]
    found = Membership.objects.filter(user=user, role__in=roles)
    return found.order_by().values("practice")  # type: ignore[return-value]


def pieces_for(user: User, batch: UUID, right: Right = Right.SEE) -> QuerySet[Piece]:
    """Return the pieces of a batch whose practices give a person a right."""
    return Piece.objects.filter(of_theirs_in(user, right), batch=batch)


def of_theirs_in(user: User, right: Right = Right.SEE) -> Q:
    """Return the condition of the pieces whose practices give a person a right."""
    theirs = practices_with(user, right)
    return Q(policy__practice__in=theirs) | Q(policy=None, level__group__practice__in=theirs)


def approvable_by(user: User) -> Q:
    """Return the condition of the pieces that a person may approve: nothing they changed."""
    changed = Editor.objects.filter(draft=OuterRef("draft"), user=user)
    return Q(~Exists(changed), policy__practice__in=practices_with(user, Right.REVIEW))


def batches_for(user: User, *, practice: Practice | None = None) -> QuerySet[Batch]:
    """Return the batches that a person sees, the newest first; perhaps those of one practice.

    A batch over many practices is seen by whoever started it, and by members of a practice that
    has a policy in it.
    """
    theirs = practices_with(user, Right.SEE)
    if practice is not None:
        theirs = theirs.filter(practice=practice)
    touched = Piece.objects.filter(batch=OuterRef("pk"), policy__practice__in=theirs)
    over_many = Q(practice=None) & Exists(touched)
    own = Q(practice=None, by=user) if practice is None else Q(pk__in=[])
    found = Batch.objects.filter(Q(practice__in=theirs) | over_many | own)
    return found.select_related("practice", "group", "by").order_by("-created")


def practices_in(pieces: QuerySet[Piece]) -> QuerySet[Practice]:
    """Return the practices whose policies are among some pieces."""
    policies = pieces.order_by().values("policy__practice")
    levels = pieces.order_by().filter(policy=None).values("level__group__practice")
    return Practice.objects.filter(Q(pk__in=policies) | Q(pk__in=levels))
