"""Two batches over the same policies: the one begun later has them, whole (X16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from policygen.policies.bulk.deciding import (
    NotNow,
    approve_batch,
    discard_batch,
    leave_out,
    prepare_again,
    publish_batch,
    retry_pieces,
    stop_batch,
    submit_batch,
)
from policygen.policies.bulk.preparing import prepare
from policygen.policies.bulk.publishing import publish
from policygen.policies.bulk.purging import purge_batches
from policygen.policies.bulk.starting import list_pieces, start_group_batch, start_release_batch
from policygen.policies.bulk.working import do, take
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Batch,
    BatchStage,
    Draft,
    Piece,
    PieceState,
    Policy,
    PolicyVersion,
    Step,
)
from policygen.practices.models import Practice
from policygen.practices.roles import Role
from tests.library.folders import change
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.bulk.steps import begun, worked
from tests.policies.cast import cast, drafted, member, policy_of, published
from tests.releases import release_changes
from tests.wizard.visitors import answers, elm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def published_all(batch: Batch) -> Batch:
    publish_batch(batch.pk, on=timezone.localdate(), reason="All of them", kind=None)
    return worked(batch)


def answer(made: Fleet, **changed: Any) -> None:
    """Change the group's own answers."""
    root = Draft.objects.get(level__group=made.group, level__location=None)
    said = answers({**elm(), **changed})
    save_answers(Holder(user=made.people.owner), root.pk, said)


def states(batch: Batch) -> set[str]:
    return set(Piece.objects.filter(batch=batch).values_list("state", flat=True))


def test_the_later_batch_takes_the_drafts_of_the_earlier_one_over():
    made = fleet(2)
    first = worked(begun(made))
    drafts = set(Piece.objects.values_list("draft", flat=True))
    answer(made, data=["name"])
    second = worked(begun(made))
    assert states(first) == {PieceState.SUPERSEDED}
    assert "begun later" in Piece.objects.filter(batch=first)[0].problem
    assert states(second) == {PieceState.DONE}
    assert set(Piece.objects.filter(batch=second).values_list("draft", flat=True)) == drafts
    with pytest.raises(NotNow):
        published_all(first)
    published_all(second)
    assert PolicyVersion.objects.count() == 2
    assert all(
        "your name" in text for text in PolicyVersion.objects.values_list("document", flat=True)
    )


def test_an_earlier_batch_that_prepares_late_gives_way():
    made = fleet(1)
    first, second = begun(made), begun(made)
    worked(second)
    worked(first)
    assert states(first) == {PieceState.SUPERSEDED}
    assert states(second) == {PieceState.DONE}
    assert Draft.objects.get(policy__isnull=False).batch == second


def test_an_earlier_batch_gives_way_to_what_a_later_one_published():
    made = fleet(1)
    first, second = begun(made), begun(made)
    published_all(worked(second))
    answer(made, data=["name"])
    worked(first)
    assert states(first) == {PieceState.SUPERSEDED}
    assert PolicyVersion.objects.count() == 1


def test_an_earlier_batch_gives_way_where_a_later_one_found_nothing_to_do():
    made = fleet(1)
    published_all(worked(begun(made)))
    answer(made, data=["name"])
    waiting = worked(begun(made))
    assert states(waiting) == {PieceState.DONE}
    answer(made)
    newest = worked(begun(made))
    assert states(newest) == {PieceState.UNCHANGED}
    assert states(waiting) == {PieceState.SUPERSEDED}
    assert not Draft.objects.filter(policy__isnull=False).exists()


def test_the_later_batch_wins_in_the_middle_of_publishing():
    made = fleet(1)
    first = worked(begun(made))
    publish_batch(first.pk, on=timezone.localdate(), reason="All of them", kind=None)
    held = take(first.pk)
    answer(made, data=["name"])
    second = worked(begun(made))
    do(held)
    assert states(first) == {PieceState.SUPERSEDED}
    assert not PolicyVersion.objects.exists()
    published_all(second)
    assert PolicyVersion.objects.count() == 1


def test_whoever_died_after_the_draft_was_made_is_followed_by_somebody_who_goes_on():
    made = fleet(1)
    batch = begun(made)
    prepare(take(batch.pk))  # and never written down
    Piece.objects.update(held_until=None)
    worked(batch)
    assert states(batch) == {PieceState.DONE}
    assert Draft.objects.filter(policy__isnull=False).count() == 1


def test_a_draft_that_the_person_began_is_left_as_it_is():
    people = cast()
    policy = policy_of(people)
    published(policy, people.owner)
    own = drafted(policy, people.owner, data=["name"])
    batch = Batch.objects.create(by=people.owner, practice=people.practice, release="f" * 64)
    list_pieces(batch)
    Batch.objects.filter(pk=batch.pk).update(release=own.release)
    worked(batch)
    own.refresh_from_db()
    assert own.batch is None
    assert states(batch) == {PieceState.UNCHANGED}


def test_a_draft_of_the_group_that_somebody_changed_is_left_as_it_is():
    made = fleet(1)
    worked(begun(made))
    draft = Draft.objects.get(policy__isnull=False)
    Draft.objects.filter(pk=draft.pk).update(revision=draft.revision + 1)
    answer(made, data=["name"])
    second = worked(begun(made))
    assert states(second) == {PieceState.FAILED}
    assert "changed yourself" in Piece.objects.get(batch=second).problem
    draft.refresh_from_db()
    assert "name" in draft.answers


# ------------------------------------------------------------------ the same work twice


def test_submitting_what_is_submitted_or_approved_counts_as_done():
    made = fleet(1)
    Practice.objects.update(needs_review=True)
    batch = worked(begun(made))
    for _ in range(2):
        Batch.objects.update(stage=BatchStage.READY)
        Piece.objects.update(step=Step.PREPARE)
        submit_batch(batch.pk)
        worked(batch)
        assert states(batch) == {PieceState.DONE}


def test_publishing_again_what_became_a_version_gives_the_same_version():
    made = fleet(1)
    batch = worked(begun(made))
    published_all(batch)
    Piece.objects.update(state=PieceState.WAITING, version=None)
    Batch.objects.update(stage=BatchStage.PUBLISHING)
    worked(batch)
    assert Piece.objects.get().version == 1
    assert PolicyVersion.objects.count() == 1


def test_what_failed_is_tried_again_at_its_step():
    made = fleet(2)
    batch = worked(begun(made))
    Piece.objects.filter(number=1).update(state=PieceState.FAILED, problem="Broken.")
    assert retry_pieces(batch.pk) == 1
    worked(batch)
    assert states(batch) == {PieceState.DONE}
    assert Piece.objects.get(number=1).problem == ""
    assert retry_pieces(batch.pk) == 0


def test_preparing_again_takes_new_locations_in():
    made = fleet(1)
    batch = worked(begun(made))
    made.people.practice.locations.create(name="New office", address="9 Elm Street")
    prepare_again(batch.pk)
    batch.refresh_from_db()
    list_pieces(batch)
    worked(batch)
    assert Piece.objects.filter(batch=batch).count() == 2
    assert states(batch) == {PieceState.DONE}


def test_a_batch_at_work_is_stopped_before_it_is_discarded():
    made = fleet(2)
    batch = begun(made)
    with pytest.raises(NotNow, match="Stop the work first"):
        discard_batch(batch.pk)
    held = take(batch.pk)
    Batch.objects.update(stopped=True)
    with pytest.raises(NotNow, match="still being worked on"):
        discard_batch(batch.pk)
    do(held)
    discard_batch(batch.pk)
    assert worked(batch).stage == BatchStage.DISCARDED
    assert not Draft.objects.filter(policy__isnull=False).exists()


def test_discarding_a_batch_leaves_the_drafts_of_an_earlier_one():
    made = fleet(2)
    first = worked(begun(made))
    slip = begun(made)  # and nothing of it is done yet
    assert stop_batch(slip.pk)
    discard_batch(slip.pk, made.people.owner)
    assert worked(slip).stage == BatchStage.DISCARDED
    assert Draft.objects.filter(batch=first).count() == 2
    published_all(first)
    assert PolicyVersion.objects.count() == 2


def test_a_version_that_was_not_written_down_yet_is_not_lost_to_a_later_batch():
    made = fleet(1)
    first = worked(begun(made))
    publish_batch(first.pk, on=timezone.localdate(), reason="All of them", kind=None)
    held = take(first.pk)
    assert publish(held) == 1  # and whoever did it dies before it writes that down
    worked(begun(made))
    assert states(first) == {PieceState.WAITING}
    Piece.objects.filter(batch=first).update(held_until=None)
    worked(first)
    assert Piece.objects.get(batch=first).version == 1
    assert first.stage == BatchStage.DONE


def test_a_later_batch_that_found_nothing_to_do_does_not_keep_an_earlier_one_from_going_on():
    made = fleet(1)
    second = member(made.people.practice, Role.OWNER)
    published_all(worked(begun(made)))
    answer(made, data=["name"])
    mine = worked(begun(made))
    answer(made)
    theirs = start_group_batch(made.group, second)
    list_pieces(theirs)
    worked(theirs)
    assert states(theirs) == {PieceState.UNCHANGED}
    answer(made, motto="Other words")
    prepare_again(mine.pk)
    list_pieces(mine)
    worked(mine)
    assert states(mine) == {PieceState.DONE}


def test_a_batch_of_which_all_was_taken_over_has_ended_and_is_purged():
    made = fleet(2)
    first = worked(begun(made))
    answer(made, data=["name"])
    second = worked(begun(made))
    first.refresh_from_db()
    assert first.stage == BatchStage.DONE
    assert first.ended is not None
    assert purge_batches(timezone.now() + timedelta(days=1)) == 1
    assert list(Batch.objects.all()) == [second]


def test_a_batch_of_which_all_was_left_out_is_purged_in_time():
    made = fleet(2)
    batch = worked(begun(made))
    leave_out(batch.pk, Piece.objects.filter(number=1))
    assert purge_batches(timezone.now() + timedelta(days=1)) == 0
    leave_out(batch.pk, Piece.objects.filter(number=2))
    assert purge_batches(timezone.now() - timedelta(days=1)) == 0
    assert purge_batches(timezone.now() + timedelta(days=1)) == 1


def test_what_the_approver_changed_after_all_waits_for_somebody_else():
    made = fleet(1)
    Practice.objects.update(needs_review=True)
    batch = worked(begun(made))
    submit_batch(batch.pk)
    worked(batch)
    approve_batch(batch.pk, made.people.reviewer)
    draft = Draft.objects.get(policy__isnull=False)
    draft.editors.create(user=made.people.reviewer)
    worked(batch)
    piece = Piece.objects.get()
    assert (piece.state, piece.step, piece.problem) == (PieceState.DONE, Step.SUBMIT, "")
    assert batch.stage == BatchStage.SUBMITTED


# ------------------------------------------------------------------ releases


@pytest.fixture
def agency(folder: Any) -> tuple[Any, list[Policy]]:
    """Somebody who owns two practices with a published policy each, and a newer release."""
    people = cast()
    other = cast("Ash Dental")
    other.practice.memberships.create(user=people.owner, role="owner")
    policies = [policy_of(people), policy_of(other)]
    for policy in policies:
        published(policy, people.owner)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder, title="Words")
    return people, policies


def test_all_policies_of_an_agency_move_to_the_newest_release(agency):
    people, policies = agency
    batch = start_release_batch(people.owner)
    assert list_pieces(batch) == 2
    worked(batch)
    assert states(batch) == {PieceState.DONE}
    assert Piece.objects.values("fold").distinct().count() == 1
    published_all(batch)
    assert PolicyVersion.objects.filter(number=2, release=batch.release).count() == 2
    assert {one.versions.count() for one in policies} == {2}


def test_practices_that_want_no_approval_are_published_while_the_others_wait(agency):
    people, policies = agency
    Practice.objects.filter(pk=policies[1].practice_id).update(needs_review=True)
    batch = start_release_batch(people.owner)
    list_pieces(batch)
    worked(batch)
    published_all(batch)
    assert batch.stage == BatchStage.READY
    submit_batch(batch.pk)
    assert worked(batch).stage == BatchStage.SUBMITTED
    assert policies[0].versions.count() == 2
    assert policies[1].versions.count() == 1


def test_what_is_mended_by_hand_in_a_release_batch_is_kept_when_it_is_tried_again(agency):
    people, policies = agency
    batch = start_release_batch(people.owner, practice=people.practice)
    list_pieces(batch)
    worked(batch)
    draft = Draft.objects.get(policy=policies[0])
    save_answers(Holder(user=people.owner), draft.pk, answers({**elm(), "data": ["name"]}))
    prepare_again(batch.pk)
    batch.refresh_from_db()
    list_pieces(batch)
    worked(batch)
    piece = Piece.objects.get(batch=batch)
    draft.refresh_from_db()
    assert (piece.state, piece.revision) == (PieceState.DONE, draft.revision)
    assert '"name"' in draft.answers
    published_all(batch)
    assert policies[0].versions.count() == 2


def test_a_batch_whose_release_is_gone_says_so(agency):
    people, _ = agency
    batch = start_release_batch(people.owner)
    list_pieces(batch)
    Batch.objects.filter(pk=batch.pk).update(release="0" * 64)
    worked(batch)
    assert states(batch) == {PieceState.FAILED}
    assert "no longer there" in Piece.objects.filter(batch=batch)[0].problem
    assert not Draft.objects.filter(policy__isnull=False).exists()
