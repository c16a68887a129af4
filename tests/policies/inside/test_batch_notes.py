"""What pages of batches say: order, search, what stands still, what was taken over, and days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from policygen.policies.bulk.working import take, work_on
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.holders import Holder
from policygen.policies.models import Batch, BatchStage, Draft, GroupForm, Piece, PieceState
from policygen.policies.stored import from_text
from policygen.practices.locations import close_location
from policygen.practices.models import Location, Practice
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.bulk.steps import begun, prepared, worked
from tests.policies.inside.test_batches import at, order
from tests.practices.browsers import browser_of, text_of
from tests.wizard.visitors import answers, elm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


# ------------------------------------------------------------------ lists


def renamed(made: Fleet) -> None:
    """Give the locations names that stand in another order than they were entered in."""
    for location, name in zip(made.locations, ("Cedar", "ash", "Birch"), strict=True):
        location.name = name
        location.save()


def test_policies_are_listed_by_name_in_folds_lists_and_samples():
    made = fleet(3)
    renamed(made)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    fold = Piece.objects.values_list("fold", flat=True).distinct().get()
    expected = ["Privacy: ash", "Privacy: Birch", "Privacy: Cedar"]
    shown = owner.get(at(batch, "batch_fold", fold))
    assert [str(one) for one in shown.context["pieces"]] == expected
    assert [str(one) for one in shown.context["samples"]] == expected
    listed = owner.get(at(batch, "batch_policies", "open"))
    assert [str(one) for one in listed.context["pieces"]] == expected
    assert str(owner.get(at(batch)).context["folds"].object_list[0].first) == "Privacy: ash"


def test_what_is_being_prepared_stands_where_its_policy_will():
    made = fleet(3)
    renamed(made)
    batch = begun(made)
    work_on(batch.pk, pieces=1)
    Piece.objects.exclude(policy=None).update(state=PieceState.WAITING)
    listed = browser_of(made.people.owner).get(at(batch, "batch_policies", "waiting"))
    names = [str(one.level) for one in listed.context["pieces"]]
    assert names == ["ash", "Birch", "Cedar"]


def test_policies_are_looked_for_by_name():
    made = fleet(12)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    fold = Piece.objects.values_list("fold", flat=True).distinct().get()
    for address in (at(batch, "batch_policies", "open"), at(batch, "batch_fold", fold)):
        page = owner.get(address, {"q": "office 12"})
        assert [str(one) for one in page.context["pieces"]] == ["Privacy: Office 12"]
        assert "1 of 12 policies" in text_of(page)
        assert "0 of 12 policies" in text_of(owner.get(address, {"q": "nowhere"}))


def test_policies_are_left_out_in_the_list_too():
    made = fleet(2)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    assert "Leave out those chosen" in text_of(owner.get(at(batch, "batch_policies", "open")))
    response = owner.post(at(batch, "leave_out"), {"number": "1", "list": "open"})
    assert response["Location"] == at(batch, "batch_policies", "open")
    assert Piece.objects.get(number=1).state == PieceState.LEFT_OUT


def test_a_fold_counts_each_policy_once_and_none_is_shown_after_the_end():
    made = fleet(3)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    owner.post(at(batch, "leave_out"), {"number": "1"})
    page = text_of(owner.get(at(batch)))
    assert "2 policies with the same change" in page
    assert "Privacy: Office 2 and 1 more. 1 left out besides." in page
    owner.post(at(batch, "publish_batch"), order(round=Batch.objects.get().round))
    assert worked(batch).stage == BatchStage.DONE
    page = text_of(owner.get(at(batch)))
    assert "1 Left out" in page
    assert "What changes" not in page


# ------------------------------------------------------------------ reasons


def test_locations_without_an_address_are_one_reason_with_a_way_to_the_list():
    made = fleet(3)
    Location.objects.filter(name__in=["Office 1", "Office 2"]).update(address="")
    batch = prepared(made)
    page = browser_of(made.people.owner).get(at(batch))
    (trouble,) = page.context["troubles"].object_list
    assert trouble.count == 2
    assert trouble.problem == (
        "The location has no address. Add its address in the list of locations."
    )
    slug = made.people.practice.slug
    assert trouble.links == (("Open the list of locations", reverse("locations", args=[slug])),)
    Location.objects.filter(name="Office 2").update(address="2 Main Street\nSpringfield")
    browser_of(made.people.owner).post(at(batch, "retry_batch"))
    worked(batch)
    (trouble,) = browser_of(made.people.owner).get(at(batch)).context["troubles"].object_list
    place = made.locations[0].pk
    assert trouble.links == (("Add its address", reverse("change_location", args=[slug, place])),)


def test_an_annex_names_some_of_the_locations_without_an_address():
    made = fleet(8, form=GroupForm.ANNEX)
    Location.objects.exclude(name="Office 8").update(address="")
    batch = prepared(made)
    (trouble,) = browser_of(made.people.owner).get(at(batch)).context["troubles"].object_list
    assert trouble.problem.startswith("7 locations have no address: “Office 1”, ")
    assert "“Office 5” and 2 more. Add their addresses in" in trouble.problem
    assert trouble.links[0][0] == "Open the list of locations"


# ------------------------------------------------------------------ what stands still


@pytest.fixture
def now(time_machine):
    """The moment at which all of a test happens, however slow the machine is."""
    time_machine.move_to(timezone.now(), tick=False)


@pytest.mark.usefixtures("now")
def test_a_page_says_for_how_long_nothing_has_moved():
    made = fleet(3)
    batch = begun(made)
    owner = browser_of(made.people.owner)
    assert "Nothing has moved" not in text_of(owner.get(at(batch)))
    Batch.objects.update(created=timezone.now() - timedelta(minutes=4))
    for name in ("batch", "batch_progress"):
        page = text_of(owner.get(at(batch, name)))
        assert "Nothing has moved for 4 minutes." in page, name
    Batch.objects.update(begun=timezone.now())
    assert "Nothing has moved" not in text_of(owner.get(at(batch)))
    Batch.objects.update(begun=None, stopped=True)
    assert "Nothing has moved" not in text_of(owner.get(at(batch)))


@pytest.mark.usefixtures("now")
def test_a_policy_whose_worker_died_is_told_with_the_time_at_which_it_is_taken_up():
    made = fleet(3)
    batch = begun(made)
    assert take(batch.pk) is not None
    Batch.objects.update(created=timezone.now() - timedelta(minutes=4))
    owner = browser_of(made.people.owner)
    page = text_of(owner.get(at(batch)))
    assert "Nothing has moved" not in page
    assert "begun more than a minute ago" not in page
    held = timezone.now() + timedelta(seconds=settings.WORK_LEASE - 90)
    Piece.objects.exclude(holder="").update(held_until=held)
    page = text_of(owner.get(at(batch)))
    assert "1 policy was begun more than a minute ago and has not ended." in page
    assert "at the latest" in page


def test_the_counts_are_renewed_with_the_bar_and_the_page_with_the_stage():
    made = fleet(3)
    batch = begun(made)
    work_on(batch.pk, pieces=1)
    owner = browser_of(made.people.owner)
    progress = at(batch, "batch_progress")
    page = owner.get(progress, {"stage": "preparing"})
    assert b'id="batch-counts" hx-swap-oob="true"' in page.content
    assert "2 Waiting" in text_of(page)
    assert owner.get(progress, {"stage": "listing"})["HX-Refresh"] == "true"


def test_notes_take_as_many_queries_for_many_policies_as_for_few():
    made = fleet(30)
    batch = begun(made)
    owner = browser_of(made.people.owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            owner.get(at(batch))
        return len(seen)

    Batch.objects.update(stage=BatchStage.READY)
    pieces = Piece.objects.filter(batch=batch)
    ready = {"state": PieceState.DONE, "days": "last_updated=2026-01-31", "fold": "a"}
    pieces.filter(number__lte=2).update(**ready)
    queries()
    few = queries()
    pieces.update(**ready)
    assert queries() == few


# ------------------------------------------------------------------ what can be done


def test_discarding_asks_first():
    made = fleet(2)
    batch = prepared(made)
    owner, viewer = browser_of(made.people.owner), browser_of(made.people.viewer)
    here = at(batch, "discard_batch")
    assert f'href="{here}"' in owner.get(at(batch)).content.decode()
    page = text_of(owner.get(here))
    assert "Discard this batch?" in page
    assert "2 policies are prepared in it" in page
    assert viewer.get(here).status_code == 403
    batch.refresh_from_db()
    assert batch.stage == BatchStage.READY
    owner.post(here)
    assert worked(batch).stage == BatchStage.DISCARDED
    assert "There is nothing to discard" in text_of(owner.get(here))


def test_a_batch_that_was_taken_over_leads_to_the_other_one():
    made = fleet(2)
    first = prepared(made)
    second = prepared(made)
    page = browser_of(made.people.owner).get(at(first))
    assert page.context["taken_over_by"] == second
    text = text_of(page)
    assert "0 policies are prepared" not in text
    assert "Ready to look at" not in text
    assert "2 policies of this batch are taken over by newer work" in text
    assert "every policy is up to date" not in text


def test_other_days_than_the_one_chosen_are_told_with_the_question():
    made = fleet(3)
    root = Draft.objects.get(level__group=made.group)
    assert from_text(root.answers)["effective_date"] == "2026-02-15"
    batch = prepared(made)
    page = browser_of(made.people.owner).get(at(batch))
    text = text_of(page)
    assert "3 policies print February 15, 2026 as the day from which they apply." in text
    assert any(f"/{root.pk}/" in one.page for one in page.context["printed"])
    today = timezone.localdate().isoformat()
    Piece.objects.update(days=f"last_updated={today} effective_date={today}")
    assert "The policies print other days" not in text_of(
        browser_of(made.people.owner).get(at(batch))
    )


def test_answers_that_name_somebody_else_are_told_before_they_are_published():
    made = fleet(2)  # its group has the answers of an example
    owner = browser_of(made.people.owner)
    page = owner.get(at(prepared(made)))
    assert "The answers still name somebody else" in text_of(page)
    told = {question.id for question, _ in page.context["from_examples"]}
    assert "practice_name" in told
    root = Draft.objects.get(level__group=made.group, level__location=None)
    own = answers({**elm(), "practice_name": "Oak Dental"})
    save_answers(Holder(user=made.people.owner), root.pk, own)
    page = owner.get(at(Batch.objects.get()))
    assert told == {question.id for question, _ in page.context["from_examples"]}, (
        "what is prepared still has the name, whatever the group answers by now"
    )
    assert "What you answered since is not in these policies yet" in text_of(page)
    page = owner.get(at(prepared(made)))
    assert {question.id for question, _ in page.context["from_examples"]} == told - {
        "practice_name"
    }


def test_names_of_an_example_are_published_only_if_somebody_says_that_they_are_theirs():
    made = fleet(2)  # its group has the answers of an example
    batch, owner = prepared(made), browser_of(made.people.owner)
    refused = owner.post(at(batch, "publish_batch"), {**order(), "ours": ""})
    assert refused.status_code == 400
    assert "Say that these names and contacts are your own" in text_of(refused)
    assert Batch.objects.get().stage == BatchStage.READY
    assert owner.post(at(batch, "publish_batch"), order()).status_code == 302


def test_a_location_that_closed_since_is_named_before_the_others_are_published():
    made = fleet(3)
    batch = prepared(made)
    owner = browser_of(made.people.owner)
    assert "closed since" not in text_of(owner.get(at(batch)))
    gone = made.locations[1]
    close_location(made.people.practice, made.people.owner, gone.pk, on=timezone.localdate())
    page = text_of(owner.get(at(batch)))
    assert "1 location has closed since: Office 2. Nothing is published for it" in page


def test_the_box_for_a_mail_is_there_while_something_is_at_work():
    made = fleet(2)
    batch = begun(made)
    owner = browser_of(made.people.owner)
    assert "Mail me when the work is through" in text_of(owner.get(at(batch)))
    worked(batch)
    assert "Mail me when the work is through" not in text_of(owner.get(at(batch)))


def test_the_mail_says_what_ended_and_what_comes_next():
    made = fleet(2)
    batch = begun(made, wants_mail=True)
    worked(batch)
    assert "the policies of “Privacy” in Elm Dental" in mail.outbox[0].body
    assert "not public yet" in mail.outbox[0].body
    assert "Prepared: 2" in mail.outbox[0].body
    owner = browser_of(made.people.owner)
    owner.post(at(batch, "publish_batch"), order(round=Batch.objects.get().round))
    worked(batch)
    assert "2 policies are published" in mail.outbox[1].subject
    assert "Published: 2" in mail.outbox[1].body


# ------------------------------------------------------------------ ways in


def test_a_reviewer_is_led_to_the_batch_that_waits_for_an_approval():
    made = fleet(3)
    Practice.objects.update(needs_review=True)
    batch = prepared(made)
    owner, reviewer = browser_of(made.people.owner), browser_of(made.people.reviewer)
    owner.post(at(batch, "submit_batch"))
    worked(batch)
    overview = made.people.practice.get_absolute_url()
    page = reviewer.get(overview)
    assert "Nothing waits for you" not in text_of(page)
    assert "3 drafts wait for your approval in “Privacy”" in text_of(page)
    assert at(batch) in page.content.decode()
    assert "wait for your approval" not in text_of(owner.get(overview))
    reviewer.post(at(batch, "approve_batch"), {"round": Batch.objects.get().round})
    worked(batch)
    assert "Publish 3 policies of “Privacy”" in text_of(owner.get(overview))


def test_what_was_sent_back_and_what_is_due_in_a_group_waits_on_the_overview():
    made = fleet(3)
    Practice.objects.update(needs_review=True)
    batch = prepared(made)
    owner, reviewer = browser_of(made.people.owner), browser_of(made.people.reviewer)
    owner.post(at(batch, "submit_batch"))
    worked(batch)
    draft = Piece.objects.get(number=1).draft
    kept = Draft.objects.get(pk=draft)
    reviewer.post(
        reverse("send_back_draft", args=[draft]), {"revision": kept.revision, "why": "Say why."}
    )
    overview = made.people.practice.get_absolute_url()
    assert "Your draft of “Privacy: Office 1” was sent back" in text_of(owner.get(overview))
    assert "2 drafts wait for your approval" in text_of(reviewer.get(overview))
    made.people.practice.policies.update(review_due=timezone.localdate() - timedelta(days=3))
    page = text_of(owner.get(overview))
    assert "Review 3 policies of “Privacy” Overdue" in page


def test_the_lists_name_practices_and_what_goes_on_in_them():
    made = fleet(12)
    batch = begun(made)
    owner = browser_of(made.people.owner)
    assert "Elm Dental." in text_of(owner.get("/batches/"))
    Practice.objects.get(pk=made.people.other.pk).memberships.create(
        user=made.people.owner, role="owner"
    )
    assert "1 batch under way" in text_of(owner.get("/practices/"))
    worked(batch)
    Draft.objects.filter(policy__isnull=False).update(state="submitted")
    assert "12 in review" in text_of(owner.get("/practices/"))


def test_the_overview_takes_as_many_queries_for_many_drafts_in_groups_as_for_few():
    made = fleet(9)
    batch = prepared(made)
    reviewer = browser_of(made.people.reviewer)
    overview = made.people.practice.get_absolute_url()

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            reviewer.get(overview)
        return len(seen)

    drafts = Draft.objects.filter(batch=batch)
    drafts.filter(pk=Piece.objects.get(number=1).draft).update(state="submitted")
    queries()
    few = queries()
    drafts.update(state="submitted")
    alone = Piece.objects.filter(number__gt=2).values("draft")
    drafts.filter(pk__in=alone).update(batch=None)
    made.people.practice.policies.update(review_due=timezone.localdate())
    assert queries() == few
