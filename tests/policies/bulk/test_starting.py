"""Starting batches: who may, what they are about, and when they are deleted."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.utils import timezone

from policygen.policies.bulk import starting
from policygen.policies.bulk.deciding import discard_batch, stop_batch
from policygen.policies.bulk.purging import purge_batches
from policygen.policies.bulk.starting import (
    NothingToDo,
    list_pieces,
    policies_for,
    start_group_batch,
    start_release_batch,
)
from policygen.policies.bulk.working import work_on
from policygen.policies.models import (
    Batch,
    BatchStage,
    Draft,
    GroupForm,
    Level,
    Piece,
    Policy,
    PolicyVersion,
    Step,
)
from policygen.practices.models import Location
from tests.library.folders import change
from tests.policies.bulk.fleet import fleet
from tests.policies.bulk.steps import begun, prepared, worked
from tests.policies.cast import cast, policy_of, published
from tests.releases import release_changes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


@pytest.mark.parametrize("who", ["reviewer", "viewer", "outsider"])
def test_who_may_not_edit_and_publish_starts_nothing(who):
    made = fleet(1)
    somebody = getattr(made.people, who)
    with pytest.raises(PermissionDenied):
        start_group_batch(made.group, somebody)
    with pytest.raises(PermissionDenied):
        start_release_batch(somebody, practice=made.people.practice)
    assert not Batch.objects.exists()


def test_of_a_batch_that_is_given_up_while_it_is_listed_no_more_is_listed(monkeypatch):
    made = fleet(4)
    batch = start_group_batch(made.group, made.people.owner)
    monkeypatch.setattr(starting, "CHUNK", 2)
    write = Piece.objects.bulk_create

    def then_give_up(chunk: list[Piece]) -> list[Piece]:
        written = write(chunk)
        stop_batch(batch.pk)
        discard_batch(batch.pk, made.people.owner)
        return written

    monkeypatch.setattr(Piece.objects, "bulk_create", then_give_up)
    assert list_pieces(batch) == 2
    assert worked(batch).stage == BatchStage.DISCARDED
    assert not Draft.objects.filter(batch=batch).exists()
    assert set(Piece.objects.values_list("step", flat=True)) == {Step.DISCARD}


def test_a_group_without_locations_or_answers_has_nothing_to_make():
    made = fleet(1)
    Location.objects.all().delete()
    with pytest.raises(NothingToDo, match="no open locations"):
        start_group_batch(made.group, made.people.owner)
    Draft.objects.filter(level__group=made.group).delete()
    with pytest.raises(NothingToDo, match="Answer the questions"):
        start_group_batch(made.group, made.people.owner)


def test_where_every_policy_uses_the_release_in_force_nothing_is_started():
    people = cast()
    published(policy_of(people), people.owner)
    with pytest.raises(NothingToDo, match="uses the release in force already"):
        start_release_batch(people.owner)


def test_policies_of_groups_and_unpublished_ones_are_not_moved(folder):
    made = fleet(1)
    batch = begun(made)
    work_on(batch.pk, pieces=10)
    policy_of(made.people, "Never published")
    alone = policy_of(made.people, "Alone")
    published(alone, made.people.owner)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder, title="Words")
    moved = start_release_batch(made.people.owner)
    assert list(policies_for(moved)) == [alone]


def test_listing_that_was_cut_off_goes_on_and_lists_nothing_twice(monkeypatch):
    made = fleet(5)
    batch = start_group_batch(made.group, made.people.owner)
    monkeypatch.setattr("policygen.policies.bulk.starting.CHUNK", 2)
    Level.objects.bulk_create([Level(group=made.group, location=one) for one in made.locations[:3]])
    Piece.objects.create(
        batch=batch, number=1, level=Level.objects.filter(location__isnull=False)[0]
    )
    assert list_pieces(batch) == 5
    assert list_pieces(batch) == 5
    assert sorted(Piece.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_in_the_annex_form_one_policy_is_made_of_all_locations():
    made = fleet(3, form=GroupForm.ANNEX)
    batch = start_group_batch(made.group, made.people.owner)
    assert list_pieces(batch) == 1
    assert Piece.objects.get(batch=batch).level.is_root


# ------------------------------------------------------------------ the end of batches


def test_batches_are_deleted_a_year_after_they_ended_and_nothing_else_is():
    made = fleet(1)
    prepared(made)
    long_ago = timezone.now() - timedelta(days=366)
    Batch.objects.update(ended=long_ago)
    assert purge_batches(timezone.now()) == 0  # it still waits for somebody
    Batch.objects.update(stage=BatchStage.DONE)
    draft = Draft.objects.get(policy__isnull=False)
    said = StringIO()
    call_command("purge_batches", stdout=said)
    assert said.getvalue() == "1 batch deleted that ended more than 365 days ago.\n"
    draft.refresh_from_db()
    assert draft.batch is None
    assert Policy.objects.count() == 1
    assert not PolicyVersion.objects.exists()


def test_a_batch_that_ended_lately_stays():
    people = cast()
    Batch.objects.create(by=people.owner, stage=BatchStage.DONE, ended=timezone.now())
    call_command("purge_batches", stdout=StringIO())
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_a_number_of_days_that_makes_no_sense_is_refused(days):
    with pytest.raises(CommandError, match="must be a whole number"):
        call_command("purge_batches", days=days)
