"""A batch goes from its answers to published policies."""

from datetime import date

import pytest
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies.bulk.deciding import publish_batch
from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.bulk.working import work_on
from policygen.policies.models import Batch, BatchStage, Piece, PieceState, PolicyVersion
from tests.policies.bulk.fleet import Fleet, fleet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def batch_of(made: Fleet) -> Batch:
    """Start a batch over the group, and prepare it."""
    batch = start_group_batch(made.group, made.people.owner)
    list_pieces(batch)
    while work_on(batch.pk, pieces=10):
        pass
    batch.refresh_from_db()
    return batch


def publish(batch: Batch, on: date) -> None:
    """Publish all that was prepared."""
    publish_batch(batch.pk, on=on, reason="All of them", kind=ChangeKind.MATERIAL)
    while work_on(batch.pk, pieces=10):
        pass
    batch.refresh_from_db()


def test_every_location_gets_a_policy_of_its_own():
    made = fleet(2)
    batch = batch_of(made)
    assert batch.stage == BatchStage.READY, [p.problem for p in Piece.objects.all()]
    publish(batch, timezone.localdate())
    assert batch.stage == BatchStage.DONE
    assert [piece.problem for piece in Piece.objects.filter(batch=batch)] == ["", ""]
    assert PolicyVersion.objects.count() == 2
    texts = PolicyVersion.objects.order_by("policy").values_list("document", flat=True)
    assert "1 Main Street" in texts[0]
    assert "2 Main Street" not in texts[0]


def test_what_is_up_to_date_stays_as_it_is():
    made = fleet(2)
    publish(batch_of(made), timezone.localdate())
    again = batch_of(made)
    states = Piece.objects.filter(batch=again).values_list("state", flat=True)
    assert set(states) == {PieceState.UNCHANGED}
    assert again.stage == BatchStage.DONE
    assert PolicyVersion.objects.count() == 2
