"""The pages of batches: who sees what, what can be done at each stage, and what is refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from policygen.policies.bulk.starting import list_pieces
from policygen.policies.bulk.working import do, take, work_on
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.holders import Holder
from policygen.policies.inside.batch_access import HeldBatch
from policygen.policies.inside.batch_sheet import KINDS, by_name, counts_of, of_kind
from policygen.policies.models import (
    Batch,
    BatchStage,
    Draft,
    DraftState,
    Event,
    Piece,
    PieceState,
    PolicyVersion,
    Step,
)
from policygen.practices.models import Location, Membership, Practice
from policygen.practices.roles import Role
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.bulk.steps import begun, prepared, worked
from tests.policies.cast import account
from tests.practices.browsers import browser_of, text_of
from tests.wizard.visitors import answers, elm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]

ORDER = {"kind": "proposed", "reason": "All of them", "round": 1, "ours": "on"}


def at(batch: Batch, name: str = "batch", *more: object) -> str:
    return reverse(name, args=[batch.pk, *more])


def seen_by(browser: Client, batch: Batch) -> str:
    """Return the round that the forms on the page of a batch send."""
    found = re.findall(r'name="round" value="(\d+)"', browser.get(at(batch)).content.decode())
    (seen,) = set(found)
    return str(seen)


def answer_otherwise(made: Fleet) -> None:
    """Change the group's own answers."""
    root = Draft.objects.get(level__group=made.group, level__location=None)
    said = answers({**elm(), "data": ["name"]})
    save_answers(Holder(user=made.people.owner), root.pk, said)


def order(**changed: Any) -> dict[str, Any]:
    return {**ORDER, "effective_on": timezone.localdate().isoformat(), **changed}


@pytest.mark.usefixtures("in_no_hurry")
def test_a_group_is_prepared_looked_at_and_published(django_capture_on_commit_callbacks):
    made = fleet(3)
    owner = browser_of(made.people.owner)
    start = reverse("new_batch", args=[made.people.practice.slug])
    with django_capture_on_commit_callbacks(execute=True):
        response = owner.post(start, {"group": made.group.pk})
    batch = Batch.objects.get()
    assert response["Location"] == at(batch)
    batch.refresh_from_db()
    assert batch.stage == BatchStage.READY
    page = text_of(owner.get(at(batch)))
    assert "3 policies are prepared" in page
    assert "3 policies with the same change" in page
    fold = Piece.objects.values_list("fold", flat=True).distinct().get()
    shown = text_of(owner.get(at(batch, "batch_fold", fold)))
    assert "They read alike" in shown
    assert "This is the first version" in shown
    with django_capture_on_commit_callbacks(execute=True):
        response = owner.post(at(batch, "publish_batch"), order())
    assert response["Location"] == at(batch)
    page = text_of(owner.get(at(batch)))
    assert "3 policies are published" in page
    assert PolicyVersion.objects.count() == 3
    listed = owner.get(at(batch, "batch_policies", "published"))
    assert listed.content.count(b"Version 1<") == 3


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"effective_on": "2001-01-01"}, "January 1, 2001 has passed"),
        ({"effective_on": "tomorrow"}, "Write the day as year, month and day"),
        ({"effective_on": "2999-01-01"}, "too far ahead"),
        ({"effective_on": ""}, "Choose the day on which they take effect."),
        ({"reason": "   "}, "Say in a sentence why there are new versions."),
        ({"kind": "huge"}, "Choose how much these versions change."),
        ({"kind": ""}, "Choose how much these versions change."),
    ],
)
def test_a_wrong_order_is_refused_at_the_form(changed, says):
    batch = prepared(fleet(1))
    response = browser_of(batch.by).post(at(batch, "publish_batch"), order(**changed))
    assert response.status_code == 400
    assert says in text_of(response)
    batch.refresh_from_db()
    assert batch.stage == BatchStage.READY


def test_who_presses_late_is_told_so_and_nothing_is_done_twice():
    made = fleet(1)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    assert owner.post(at(batch, "publish_batch"), order()).status_code == 302
    response = owner.post(at(batch, "publish_batch"), order())
    assert response.status_code == 409
    assert "The work has gone on since you opened this page" in text_of(response)
    worked(batch)
    assert PolicyVersion.objects.count() == 1


def test_a_second_press_leads_to_the_batch_that_was_started():
    made = fleet(20)
    owner = browser_of(made.people.owner)
    start = reverse("new_batch", args=[made.people.practice.slug])
    first = owner.post(start, {"group": made.group.pk})
    second = owner.post(start, {"group": made.group.pk})
    assert first["Location"] == second["Location"]
    assert Batch.objects.count() == 1


def test_while_there_is_work_the_page_shows_how_far_it_is():
    made = fleet(12)
    batch = begun(made)
    work_on(batch.pk, pieces=3)
    owner = browser_of(made.people.owner)
    page = owner.get(at(batch))
    assert "3 of 12 policies" in text_of(page)
    assert b'<noscript><meta http-equiv="refresh" content="5"></noscript>' in page.content
    assert b"http-equiv" not in owner.get(f"{at(batch)}?still").content
    assert "3 of 12" in text_of(owner.get(at(batch, "batch_progress")))
    assert owner.post(at(batch, "publish_batch"), order()).status_code == 409
    worked(batch)
    assert owner.get(at(batch, "batch_progress"))["HX-Refresh"] == "true"


def test_a_batch_is_stopped_and_goes_on():
    made = fleet(12)
    batch = begun(made)
    owner = browser_of(made.people.owner)
    owner.post(at(batch, "stop_batch"))
    assert work_on(batch.pk, pieces=100) == 0
    assert "The work is stopped" in text_of(owner.get(at(batch)))
    owner.post(at(batch, "resume_batch"))
    assert worked(batch).stage == BatchStage.READY


def test_the_list_says_of_each_batch_what_its_page_says():
    made = fleet(2)
    earlier = prepared(made)
    owner = browser_of(made.people.owner)
    batches = reverse("practice_batches", args=[made.people.practice.slug])
    assert re.findall(r'badge[^"]*">([^<]*)<', owner.get(batches).content.decode()) == [
        "Ready to look at"
    ]
    answer_otherwise(made)
    later = prepared(made)
    stages = ["Ready to look at", "Taken over"]
    assert re.findall(r'badge[^"]*">([^<]*)<', owner.get(batches).content.decode()) == stages
    for batch, stage in zip((later, earlier), stages, strict=True):
        assert f'badge">{stage}<' in owner.get(at(batch)).content.decode()


def test_what_is_left_out_is_not_published_until_it_is_taken_back():
    made = fleet(3)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    fold = Piece.objects.values_list("fold", flat=True).distinct().get()
    response = owner.post(at(batch, "leave_out"), {"number": ["1", "2"], "fold": fold})
    assert response["Location"] == at(batch, "batch_fold", fold)
    assert "2 left out" in text_of(owner.get(at(batch)))
    owner.post(at(batch, "take_in"), {"number": "2"})
    owner.post(at(batch, "publish_batch"), order(round=seen_by(owner, batch)))
    worked(batch)
    assert set(PolicyVersion.objects.values_list("policy__pieces__number", flat=True)) == {2, 3}
    out = Piece.objects.get(number=1)
    assert (out.state, out.version) == (PieceState.LEFT_OUT, None)
    assert Draft.objects.filter(pk=out.draft).exists()


def test_policies_stand_in_the_order_of_their_numbers_before_and_after_they_are_set_up():
    made = fleet(12)
    batch = begun(made)
    expected = [f"Office {number}" for number in range(1, 13)]
    for pieces in (0, 5, 100):
        work_on(batch.pk, pieces=pieces)
        found = by_name(Piece.objects.filter(batch=batch))
        assert [str(one.level.location) for one in found if one.level] == expected


def test_a_whole_fold_is_left_out_and_taken_back():
    made = fleet(2)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    fold = Piece.objects.values_list("fold", flat=True).distinct().get()
    owner.post(at(batch, "leave_out"), {"all": fold})
    assert set(Piece.objects.values_list("state", flat=True)) == {PieceState.LEFT_OUT}
    page = text_of(owner.get(at(batch)))
    assert "Nothing is left to be decided here" in page
    assert "0 policies are prepared" not in page
    assert "Work goes on" not in text_of(owner.get(made.people.practice.get_absolute_url()))
    owner.post(at(batch, "take_in"), {"all": fold})
    assert set(Piece.objects.values_list("state", flat=True)) == {PieceState.DONE}


def test_discarding_deletes_the_drafts_and_nothing_that_somebody_changed():
    made = fleet(3)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    changed = Piece.objects.get(number=2)
    Draft.objects.filter(pk=changed.draft).update(revision=changed.revision + 1)
    owner.post(at(batch, "discard_batch"))
    worked(batch)
    assert batch.stage == BatchStage.DISCARDED
    assert list(Draft.objects.filter(policy__isnull=False).values_list("pk", flat=True)) == [
        changed.draft
    ]
    assert "changed by hand" in Piece.objects.get(number=2).problem
    assert "The batch was given up" in text_of(owner.get(at(batch)))


def test_what_was_given_up_stands_in_the_list_that_counts_it():
    made = fleet(2)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    owner.post(at(batch, "discard_batch"))
    worked(batch)
    counts = counts_of(HeldBatch(made.people.owner, batch))
    assert counts.left_out == 2
    assert owner.get(at(batch, "batch_policies", "left-out")).context["pieces"].paginator.count == 2


@pytest.mark.parametrize("kind", KINDS)
def test_each_list_has_as_many_policies_as_are_counted_for_it(kind):
    made = fleet(len(PieceState) * len(Step))
    batch = prepared(made)
    pieces = list(Piece.objects.order_by("number"))
    every = [(state, step) for state in PieceState for step in Step]
    for piece, (state, step) in zip(pieces, every, strict=True):
        Piece.objects.filter(pk=piece.pk).update(state=state, step=step)
    held = HeldBatch(made.people.owner, batch)
    counted = {name: count for name, _, count in counts_of(held).lists}
    assert of_kind(held.pieces, kind).count() == counted.get(kind, 0)


def test_what_keeps_policies_from_being_published_is_said_once_with_its_page():
    made = fleet(3)
    root = Draft.objects.get(level__group=made.group)
    root.answers = root.answers.replace('"practice_name"', '"practice_nam"')
    root.save()
    batch = prepared(made)
    assert set(Piece.objects.values_list("state", flat=True)) == {PieceState.FAILED}
    page = browser_of(made.people.owner).get(at(batch))
    troubles = page.context["troubles"].object_list
    assert [one.count for one in troubles] == [3]
    assert "Answer it for the whole group" in text_of(page)


def test_the_group_changed_meanwhile_and_is_prepared_again():
    made = fleet(2)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    assert "changed since these policies were prepared" not in text_of(owner.get(at(batch)))
    later = timezone.now() + timedelta(minutes=1)
    Draft.objects.get(level__group=made.group).editors.update(at=later)
    assert "changed since these policies were prepared" in text_of(owner.get(at(batch)))
    before = dict(Piece.objects.values_list("number", "draft"))
    owner.post(at(batch, "prepare_batch"))
    batch.refresh_from_db()
    list_pieces(batch)
    worked(batch)
    assert batch.stage == BatchStage.READY
    assert dict(Piece.objects.values_list("number", "draft")) == before


# ------------------------------------------------------------------ people


def test_a_review_is_asked_for_once_and_approved_by_another():
    made = fleet(2)
    Practice.objects.update(needs_review=True)
    batch = prepared(made)
    owner, reviewer = browser_of(made.people.owner), browser_of(made.people.reviewer)
    page = text_of(owner.get(at(batch)))
    assert "Ask for a review" in page
    assert "They take effect on" not in page
    owner.post(at(batch, "submit_batch"))
    worked(batch)
    assert batch.stage == BatchStage.SUBMITTED
    assert [one.to for one in mail.outbox] == [[made.people.reviewer.email]]
    assert "2 policies" in mail.outbox[0].subject
    assert owner.post(at(batch, "approve_batch")).status_code == 403
    assert "You approve 2 policies" in text_of(reviewer.get(at(batch)))
    reviewer.post(at(batch, "approve_batch"), {"round": seen_by(reviewer, batch)})
    worked(batch)
    assert batch.stage == BatchStage.APPROVED
    assert reviewer.post(at(batch, "publish_batch"), order()).status_code == 403
    owner.post(at(batch, "publish_batch"), order(round=seen_by(owner, batch)))
    assert worked(batch).stage == BatchStage.DONE
    assert PolicyVersion.objects.count() == 2


def test_who_wrote_the_groups_answers_cannot_approve_what_comes_of_them():
    made = fleet(1)
    Practice.objects.update(needs_review=True)
    second = account("second")
    Membership.objects.create(practice=made.people.practice, user=second, role=Role.OWNER)
    root = Draft.objects.get(level__group=made.group)
    root.editors.create(user=second, at=timezone.now())
    batch = prepared(made)
    browser_of(made.people.owner).post(at(batch, "submit_batch"))
    worked(batch)
    author = browser_of(second)
    page = text_of(author.get(at(batch)))
    assert "Approve all" not in page
    assert "What you wrote yourself, somebody else approves." in page
    assert author.post(at(batch, "approve_batch"), {"round": batch.round}).status_code == 409
    assert worked(batch).stage == BatchStage.SUBMITTED
    assert Piece.objects.get().state == PieceState.DONE
    reviewer = browser_of(made.people.reviewer)
    reviewer.post(at(batch, "approve_batch"), {"round": seen_by(reviewer, batch)})
    assert worked(batch).stage == BatchStage.APPROVED


@pytest.mark.parametrize("sent", [None, "", "0", "1", "x", "9" * 5000])
def test_nobody_approves_what_came_up_after_they_looked(sent):
    made = fleet(1)
    Practice.objects.update(needs_review=True)
    batch = prepared(made)
    owner, reviewer = browser_of(made.people.owner), browser_of(made.people.reviewer)
    owner.post(at(batch, "submit_batch"))
    worked(batch)
    old = seen_by(reviewer, batch)
    answer_otherwise(made)
    owner.post(at(batch, "prepare_batch"))
    batch.refresh_from_db()
    list_pieces(batch)
    worked(batch)
    owner.post(at(batch, "submit_batch"))
    worked(batch)
    given = {} if sent is None else {"round": old if sent == "1" else sent}
    response = reviewer.post(at(batch, "approve_batch"), given)
    assert response.status_code == 409
    assert "Look at it again" in text_of(response)
    worked(batch)
    assert Draft.objects.get(policy__isnull=False).state == DraftState.SUBMITTED
    reviewer.post(at(batch, "approve_batch"), {"round": seen_by(reviewer, batch)})
    assert worked(batch).stage == BatchStage.APPROVED


def test_nobody_publishes_what_came_up_after_they_looked():
    made = fleet(2)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    old = seen_by(owner, batch)
    owner.post(at(batch, "leave_out"), {"number": "1"})
    owner.post(at(batch, "take_in"), {"number": "1"})
    for wrong in ({}, {"reason": ""}):
        response = owner.post(at(batch, "publish_batch"), order(round=old, **wrong))
        assert response.status_code == 409
        assert "All of them" in text_of(response) or wrong
    assert not PolicyVersion.objects.exists()
    owner.post(at(batch, "publish_batch"), order(round=seen_by(owner, batch)))
    assert worked(batch).stage == BatchStage.DONE


def test_what_could_not_be_approved_is_put_up_for_review_again():
    made = fleet(1)
    Practice.objects.update(needs_review=True)
    batch = prepared(made)
    owner, reviewer = browser_of(made.people.owner), browser_of(made.people.reviewer)
    owner.post(at(batch, "submit_batch"))
    worked(batch)
    Draft.objects.filter(policy__isnull=False).update(state=DraftState.OPEN)  # sent back
    reviewer.post(at(batch, "approve_batch"), {"round": seen_by(reviewer, batch)})
    worked(batch)
    assert Piece.objects.get().state == PieceState.FAILED
    assert "Ask for a review" in text_of(owner.get(at(batch)))
    owner.post(at(batch, "submit_batch"))
    assert worked(batch).stage == BatchStage.SUBMITTED


def test_only_who_started_it_lets_it_go_on_and_an_owner_may_stop_it():
    made = fleet(12)
    batch = begun(made, made.people.editor)
    owner, viewer = browser_of(made.people.owner), browser_of(made.people.viewer)
    for name in ("submit_batch", "publish_batch", "retry_batch", "prepare_batch", "leave_out"):
        assert owner.post(at(batch, name), order()).status_code == 403, name
    assert viewer.post(at(batch, "stop_batch")).status_code == 403
    assert owner.post(at(batch, "stop_batch")).status_code == 302
    assert owner.post(at(batch, "discard_batch")).status_code == 302
    assert worked(batch).stage == BatchStage.DISCARDED


def test_the_log_names_whoever_gave_a_batch_up_also_when_another_started_it():
    made = fleet(1)
    people = made.people
    batch = begun(made, people.editor)
    worked(batch)
    Membership.objects.filter(user=people.editor).delete()
    browser_of(people.owner).post(at(batch, "discard_batch"))
    assert worked(batch).stage == BatchStage.DISCARDED
    assert Event.objects.get(action="deleted").by == people.owner


def test_who_may_no_longer_edit_gives_nothing_up():
    made = fleet(1)
    batch = begun(made, made.people.editor)
    worked(batch)
    membership = Membership.objects.filter(user=made.people.editor)
    membership.update(role=Role.VIEWER)
    editor = browser_of(made.people.editor)
    assert editor.post(at(batch, "discard_batch")).status_code == 403
    membership.update(role=Role.EDITOR)
    editor.post(at(batch, "discard_batch"))
    membership.update(role=Role.VIEWER)
    worked(batch)
    assert "may no longer do it" in Piece.objects.get().problem
    assert Draft.objects.filter(batch=batch).exists()


def test_a_batch_that_rests_is_not_stopped():
    made = fleet(1)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    owner.post(at(batch, "stop_batch"))
    page = text_of(owner.get(at(batch)))
    assert "There is no work to stop" in page
    assert "stopped" not in page


def test_a_batch_whose_last_piece_ends_after_the_stop_rests():
    made = fleet(1)
    batch = begun(made)
    held = take(batch.pk)
    browser_of(made.people.owner).post(at(batch, "stop_batch"))
    do(held)
    batch.refresh_from_db()
    assert (batch.stage, batch.stopped) == (BatchStage.READY, False)


def test_the_batch_of_another_practice_is_not_there():
    made = fleet(1)
    batch = prepared(made)
    outsider = browser_of(made.people.outsider)
    assert outsider.get(at(batch)).status_code == 404
    assert outsider.post(at(batch, "publish_batch"), order()).status_code == 404
    assert Client().get(at(batch)).status_code == 302


def test_a_second_factor_is_asked_for_where_the_practice_demands_it():
    made = fleet(1)
    batch = prepared(made)
    Practice.objects.filter(pk=made.people.practice.pk).update(needs_second_factor=True)
    assert "second" in browser_of(made.people.owner).get(at(batch))["Location"]
    with_factor = browser_of(made.people.owner, second_factor=True)
    assert with_factor.get(at(batch)).status_code == 200


def test_over_all_practices_a_second_factor_is_asked_for_where_one_of_them_demands_it():
    made = fleet(1)
    Practice.objects.filter(pk=made.people.practice.pk).update(needs_second_factor=True)
    owner = browser_of(made.people.owner)
    for answer in (owner.get("/batches/"), owner.post("/batches/new/", {"groups": "on"})):
        assert answer.status_code == 302
        assert "second" in answer["Location"]
    assert not Batch.objects.exists()
    with_factor = browser_of(made.people.owner, second_factor=True)
    assert with_factor.get("/batches/").status_code == 200
    assert Client().get("/batches/")["Location"].startswith("/account/login/")


# ------------------------------------------------------------------ cost


@pytest.mark.parametrize("path", ["batch", "batch_progress"])
def test_a_page_asks_as_often_for_many_policies_as_for_few(path):
    made = fleet(60)
    batch = begun(made)
    owner = browser_of(made.people.owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            owner.get(at(batch, path))
        return len(seen)

    pieces = Piece.objects.filter(batch=batch)
    pieces.filter(number__gt=2).update(state=PieceState.UNCHANGED)
    queries()
    few = queries()
    pieces.update(state=PieceState.WAITING)
    assert queries() == few


# ------------------------------------------------------------------ what changed meanwhile


def test_a_location_that_changed_meanwhile_is_told_and_prepared_again():
    made = fleet(1)
    batch = prepared(made)
    browser = browser_of(made.people.owner)
    page = text_of(browser.get(at(batch)))
    assert "or its locations changed" not in page
    assert "made anew" in page
    place = made.locations[0]
    place.address = "99 New Street"
    place.save()
    page = text_of(browser.get(at(batch)))
    assert "The group’s answers or its locations changed since" in page
    assert "Prepare again" in page
    assert "prepare/" not in browser_of(made.people.viewer).get(at(batch)).content.decode()


def test_where_everything_failed_it_can_be_prepared_again():
    made = fleet(1)
    Location.objects.update(address="")
    batch = prepared(made)
    browser = browser_of(made.people.owner)
    assert "Prepare again" in text_of(browser.get(at(batch)))
    Location.objects.create(practice=made.people.practice, name="New", address="1 A Street")
    browser.post(at(batch, "prepare_batch"))
    list_pieces(batch)
    assert batch.pieces.count() == 2
