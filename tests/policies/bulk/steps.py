"""What tests do with a batch: begin it, and do what waits in it."""

from __future__ import annotations

from django.contrib.auth.models import User

from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.bulk.working import work_on
from policygen.policies.models import Batch, Group
from tests.policies.bulk.fleet import Fleet


def begun(
    made: Fleet, by: User | None = None, *, group: Group | None = None, wants_mail: bool = False
) -> Batch:
    """Start a batch over a group, by its owner unless said otherwise, and list its pieces."""
    by = by or made.people.owner
    batch = start_group_batch(group or made.group, by, wants_mail=wants_mail)
    list_pieces(batch)
    return batch


def worked(batch: Batch) -> Batch:
    """Do all that waits in a batch, and return it as it is then."""
    while work_on(batch.pk, pieces=100):
        pass
    batch.refresh_from_db()
    return batch


def prepared(made: Fleet, by: User | None = None, *, group: Group | None = None) -> Batch:
    """Begin a batch over a group, and prepare all of it."""
    return worked(begun(made, by, group=group))
