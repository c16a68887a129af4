"""A batch goes from its answers to published policies."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.analysis.findings.finding import Finding
from policygen.policies.bulk.deciding import publish_batch, submit_batch
from policygen.policies.bulk.working import TAKEN_OVER
from policygen.policies.drafting.drafts import Opened, erase_draft
from policygen.policies.drafting.findings import blocking
from policygen.policies.models import Batch, BatchStage, Draft, Piece, PieceState, PolicyVersion
from policygen.policies.published import publishing
from tests.policies.bulk.fleet import fleet
from tests.policies.bulk.steps import prepared, worked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def publish(batch: Batch, on: date) -> None:
    """Publish all that was prepared."""
    publish_batch(batch.pk, on=on, reason="All of them", kind=ChangeKind.MATERIAL)
    worked(batch)


def test_every_location_gets_a_policy_of_its_own():
    made = fleet(2)
    batch = prepared(made)
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
    publish(prepared(made), timezone.localdate())
    again = prepared(made)
    states = Piece.objects.filter(batch=again).values_list("state", flat=True)
    assert set(states) == {PieceState.UNCHANGED}
    assert again.stage == BatchStage.DONE
    assert PolicyVersion.objects.count() == 2


def looks(monkeypatch: pytest.MonkeyPatch) -> list[Opened]:
    """Return the drafts at which whoever publishes looks."""
    found: list[Opened] = []

    def look(opened: Opened) -> tuple[Finding, ...]:
        found.append(opened)
        return blocking(opened)

    monkeypatch.setattr(publishing, "blocking", look)
    return found


def test_what_was_looked_at_the_same_day_is_published_without_looking_again(monkeypatch):
    batch = prepared(fleet(2))
    looked = looks(monkeypatch)
    publish(batch, timezone.localdate())
    assert PolicyVersion.objects.count() == 2
    assert looked == []


def test_what_was_changed_by_hand_since_is_looked_at_again(monkeypatch):
    batch = prepared(fleet(2))
    piece = Piece.objects.filter(batch=batch).earliest("number")
    Draft.objects.filter(pk=piece.draft).update(answers="{}")
    looked = looks(monkeypatch)
    publish(batch, timezone.localdate())
    assert [one.draft.pk for one in looked] == [piece.draft]
    piece.refresh_from_db()
    assert piece.state == PieceState.FAILED
    assert PolicyVersion.objects.count() == 1


def test_what_was_prepared_on_another_day_is_looked_at_again(monkeypatch):
    batch = prepared(fleet(2))
    looked = looks(monkeypatch)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        publish(batch, timezone.localdate())
    assert len(looked) == 2
    assert PolicyVersion.objects.count() == 2


def test_what_cannot_be_published_is_never_said_to_be_cleared():
    made = fleet(1)
    Draft.objects.filter(level__group=made.group).update(answers="{}")
    piece = prepared(made).pieces.get()
    assert piece.state == PieceState.FAILED
    assert piece.cleared == ""


def test_a_draft_that_is_gone_is_told_in_words():
    made = fleet(1)
    batch = prepared(made)
    erase_draft(Draft.objects.get(batch=batch))
    submit_batch(batch.pk)
    worked(batch)
    piece = Piece.objects.get()
    assert (piece.state, piece.problem) == (PieceState.SUPERSEDED, TAKEN_OVER)
