"""Locations that have closed: batches leave them out, and nobody is asked to do anything there."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from policygen.policies.bulk.deciding import publish_batch
from policygen.policies.bulk.starting import (
    NothingToDo,
    list_pieces,
    policies_for,
    published_behind,
    start_group_batch,
    start_release_batch,
)
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.drafting.groups import draft_of_level, level_for
from policygen.policies.drafting.levels import example_of, listed_in
from policygen.policies.holders import Holder
from policygen.policies.inside.dashboard import board_of
from policygen.policies.inside.group_lines import group_lines
from policygen.policies.inside.practice_lines import lines_of
from policygen.policies.models import (
    Batch,
    Draft,
    GroupForm,
    Level,
    Piece,
    PieceState,
    Policy,
    PolicyVersion,
)
from policygen.practices.access import access_of
from policygen.practices.locations import close_location, reopen_location
from policygen.practices.models import Location, Membership
from tests.library.folders import change
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.bulk.steps import begun, prepared, worked
from tests.policies.cast import policy_of, published
from tests.practices.browsers import at, browser_of, text_of
from tests.releases import release_changes
from tests.wizard.visitors import answers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]

DAY = date(2026, 3, 1)


def publish(batch: Batch) -> Batch:
    publish_batch(batch.pk, on=timezone.localdate(), reason="It was time.", kind=None)
    return worked(batch)


def close(made: Fleet, place: int) -> Location:
    return close_location(made.people.practice, made.people.owner, made.locations[place].pk, on=DAY)


def differ(made: Fleet, place: int) -> Level:
    level = level_for(made.group, location=made.locations[place])
    draft = draft_of_level(level, made.people.owner)
    save_answers(Holder(user=made.people.owner), draft.pk, answers({"motto": "Our own."}))
    return level


def places_of(batch: Batch) -> list[str]:
    found = Piece.objects.filter(batch=batch, level__location__isnull=False)
    return list(found.order_by("number").values_list("level__location__name", flat=True))


def newest(policy: Policy) -> PolicyVersion:
    return PolicyVersion.objects.filter(policy=policy).latest("number")


# ------------------------------------------------------------------ batches


def test_a_closed_location_is_in_no_batch_that_starts_afterwards_and_keeps_its_version():
    made = fleet(3)
    publish(prepared(made))
    kept = PolicyVersion.objects.get(policy__location=made.locations[1])
    before = (kept.digest, kept.document)
    close(made, 1)
    root = Level.objects.get(group=made.group, brand=None, location=None)
    draft = draft_of_level(root, made.people.owner)
    save_answers(Holder(user=made.people.owner), draft.pk, answers({"motto": "New."}))
    batch = publish(prepared(made))
    assert places_of(batch) == ["Office 1", "Office 3"]
    assert PolicyVersion.objects.count() == 5
    kept = PolicyVersion.objects.get(policy__location=made.locations[1])
    assert (kept.digest, kept.document) == before
    reopen_location(made.people.practice, made.people.owner, made.locations[1].pk)
    publish(prepared(made))
    assert PolicyVersion.objects.filter(policy__location=made.locations[1]).count() == 2


def test_a_location_that_closed_before_the_first_batch_gets_no_place_in_the_group():
    made = fleet(2)
    close(made, 0)
    assert places_of(prepared(made)) == ["Office 2"]
    assert not Level.objects.filter(location=made.locations[0]).exists()


def test_a_location_that_closes_before_its_turn_in_a_batch_gets_no_policy():
    made = fleet(2)
    batch = begun(made)
    close(made, 0)
    worked(batch)
    assert [one.location for one in Policy.objects.all()] == [made.locations[1]]
    publish(batch)
    assert PolicyVersion.objects.count() == 1


def test_what_is_prepared_for_a_location_that_closes_is_left_out():
    made = fleet(2)
    batch = prepared(made)
    close(made, 0)
    publish(batch)
    left = batch.pieces.get(level__location=made.locations[0])
    assert (left.state, left.version) == (PieceState.LEFT_OUT, None)
    assert "has closed" in left.problem
    assert PolicyVersion.objects.get().policy.location == made.locations[1]
    reopen_location(made.people.practice, made.people.owner, made.locations[0].pk)
    publish(prepared(made))
    assert PolicyVersion.objects.count() == 2


def test_a_later_batch_takes_back_what_an_earlier_one_prepared_for_a_closed_location():
    made = fleet(2)
    earlier = prepared(made)
    close(made, 0)
    later = prepared(made)
    assert {one.state for one in earlier.pieces.all()} == {PieceState.SUPERSEDED}
    assert later.pieces.get(level__location=made.locations[0]).state == PieceState.UNCHANGED
    assert [one.policy.location for one in Draft.objects.exclude(policy=None)] == [
        made.locations[1]
    ]


def test_a_location_that_closes_before_its_turn_is_not_moved_to_a_release(folder):
    made = fleet(1)
    alone = policy_of(made.people, "Alone")
    alone.location = made.locations[0]
    alone.save()
    published(alone, made.people.owner)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder, title="Words")
    batch = start_release_batch(made.people.owner)
    list_pieces(batch)
    close(made, 0)
    worked(batch)
    assert batch.pieces.get().state == PieceState.UNCHANGED
    assert not alone.drafts.exists()


def test_where_all_locations_are_closed_there_is_nothing_to_make():
    made = fleet(1)
    close(made, 0)
    with pytest.raises(NothingToDo, match="no open locations"):
        start_group_batch(made.group, made.people.owner)


def test_an_annex_does_not_list_it_and_its_own_policy_stays_as_it_is():
    made = fleet(3, form=GroupForm.ANNEX)
    differ(made, 2)
    publish(prepared(made))
    close(made, 0)
    close(made, 2)
    assert [one.name for one in listed_in(made.group)] == ["Office 2"]
    batch = publish(prepared(made))
    assert places_of(batch) == []
    annex = newest(Policy.objects.get(location=None))
    assert annex.number == 2
    assert "2 Main Street" in annex.document
    assert "1 Main Street" not in annex.document
    assert newest(Policy.objects.get(location=made.locations[2])).number == 1
    reopen_location(made.people.practice, made.people.owner, made.locations[0].pk)
    publish(prepared(made))
    assert "1 Main Street" in newest(Policy.objects.get(location=None)).document


def test_a_closed_location_is_no_example():
    made = fleet(2)
    root = Level.objects.get(group=made.group, brand=None, location=None)
    assert example_of(root) == made.locations[0]
    close(made, 0)
    assert example_of(root) == made.locations[1]
    close(made, 1)
    assert example_of(root) is None


# ------------------------------------------------------------------ what waits


def test_it_is_behind_nothing_when_a_release_comes(folder):
    made = fleet(1)
    people = made.people
    alone = policy_of(people, "Alone")
    alone.location = made.locations[0]
    alone.save()
    published(alone, people.owner)
    change(folder, "about/data.md", "We keep the following", "We store the following")
    digest = release_changes(folder, title="Words").digest
    access = access_of(people.owner, people.practice.slug)
    (membership,) = Membership.objects.filter(user=people.owner)
    batch = start_release_batch(people.owner)
    assert list(policies_for(batch)) == [alone]
    assert [task.kind for task in board_of(access).tasks] == ["news"]
    assert lines_of(people.owner, [membership])[0].behind == 1
    close(made, 0)
    assert not published_behind(people.owner, digest, None).exists()
    page = browser_of(people.owner).get(at(people.practice, f"policies/{alone.slug}/"))
    assert "newer release" not in text_of(page)
    assert not board_of(access).tasks
    assert lines_of(people.owner, [membership])[0].behind == 0
    with pytest.raises(NothingToDo):
        start_release_batch(people.owner)


def test_it_does_not_count_among_those_that_differ():
    made = fleet(2)
    access = access_of(made.people.owner, made.people.practice.slug)
    differ(made, 0)
    assert [line.different for line in group_lines(access, "")] == [1]
    close(made, 0)
    assert [line.different for line in group_lines(access, "")] == [0]


# ------------------------------------------------------------------ pages


def test_the_group_shows_open_locations_and_on_request_the_closed_ones():
    made = fleet(3)
    close(made, 0)
    client = browser_of(made.people.editor)
    address = at(made.people.practice, f"groups/{made.group.pk}/")
    shown = text_of(client.get(address))
    assert "2 of 2 open locations" in shown
    assert "Office 1" not in shown
    closed = text_of(client.get(f"{address}?only=closed"))
    assert "1 of 1 closed location" in closed
    assert "Closed on March 1, 2026" in closed
    level = text_of(client.get(f"{address}locations/{made.locations[0].pk}/"))
    assert "None is made, since the location has closed" in level


def test_a_group_whose_locations_have_all_closed_says_so():
    made = fleet(1)
    close(made, 0)
    client = browser_of(made.people.owner)
    shown = text_of(client.get(at(made.people.practice, f"groups/{made.group.pk}/")))
    assert "The practice has no open locations" in shown
    assert "Make the policies" not in shown


def test_it_is_not_offered_for_a_policy_unless_it_is_the_one_that_it_is_for():
    made = fleet(2)
    close(made, 0)
    policy = policy_of(made.people, "Alone")
    client = browser_of(made.people.owner)
    for _ in range(2):  # a location may have many policies, and is offered once
        other = policy_of(made.people, "Another")
        other.location = made.locations[1]
        other.save()
    settings = at(made.people.practice, f"policies/{policy.slug}/settings/")
    new = at(made.people.practice, "policies/new/")
    for address in (settings, new):
        page = client.get(address).content.decode()
        assert page.count("Office 2</option>") == 1
        assert "Office 1</option>" not in page
    moved = client.post(settings, {"title": "Alone", "location": made.locations[1].pk})
    assert moved.status_code == 302
    refused = client.post(settings, {"title": "Alone", "location": made.locations[0].pk})
    assert refused.status_code == 400
    policy.location = made.locations[0]
    policy.save()
    assert "Office 1</option>" in client.get(settings).content.decode()
    kept = client.post(settings, {"title": "Renamed", "location": made.locations[0].pk})
    assert kept.status_code == 302
    policy.refresh_from_db()
    assert (policy.title, policy.location) == ("Renamed", made.locations[0])
