"""A new release, and the policies of groups: one action brings them along or says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from policygen.policies.bulk import moving_groups
from policygen.policies.bulk.moving_groups import bring_groups, groups_behind
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.drafting.groups import draft_of_level, level_for, set_up_group
from policygen.policies.holders import Holder
from policygen.policies.models import Batch, BatchStage, Draft, Group, GroupForm, Level, Policy
from policygen.policies.stored import to_text
from policygen.practices.roles import Role
from tests.library.folders import change
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.cast import member, policy_of, published
from tests.practices.browsers import at, browser_of, said, text_of
from tests.releases import release_changes
from tests.wizard.visitors import answers, elm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def root_of(group: Group) -> Draft:
    return Draft.objects.get(level__group=group, level__brand=None, level__location=None)


def grouped(made: Fleet, number: int = 0) -> Policy:
    """Publish a policy, and let it be the one of a location in the group."""
    level = level_for(made.group, location=made.locations[number])
    policy = policy_of(made.people, f"Policy of {level}")
    published(policy, made.people.owner)
    Level.objects.filter(pk=level.pk).update(policy=policy)
    return policy


def renewed(folder: Any) -> None:
    change(folder, "about/data.md", "We keep the following", "We store the following")
    release_changes(folder, title="Words")


@pytest.fixture
def made() -> Fleet:
    """A group of two locations with published policies, made from the release in force."""
    made = fleet(2)
    for number in (0, 1):
        grouped(made, number)
    return made


def test_the_page_of_batches_counts_the_policies_of_groups_that_are_behind(made, folder):
    owner = browser_of(made.people.owner)
    there = at(made.people.practice, "batches/")
    assert "Every published policy of this practice uses" in text_of(owner.get(there))
    renewed(folder)
    page = owner.get(there)
    assert "2 published policies come from the answers of 1 group and use an" in text_of(page)
    assert "Every published policy" not in text_of(page)
    assert "The answers use release 1, and release 2 is in force." in text_of(
        owner.get(made.group.get_absolute_url())
    )


@pytest.mark.usefixtures("in_no_hurry")
def test_one_press_moves_the_answers_of_groups_and_starts_their_batches(
    made, folder, django_capture_on_commit_callbacks
):
    renewed(folder)
    owner = browser_of(made.people.owner)
    with django_capture_on_commit_callbacks(execute=True):
        answer = owner.post(at(made.people.practice, "batches/new/"), {"groups": "on"})
    batch = Batch.objects.get()
    assert answer["Location"] == batch.get_absolute_url()
    assert batch.group == made.group
    assert batch.release == root_of(made.group).release
    assert "2 policies are prepared" in text_of(owner.get(batch.get_absolute_url()))


@pytest.mark.usefixtures("in_no_hurry")
def test_an_agency_brings_single_policies_and_those_of_groups_along_with_one_press(
    made, folder, django_capture_on_commit_callbacks
):
    published(policy_of(made.people, "Alone"), made.people.owner)
    renewed(folder)
    owner = browser_of(made.people.owner)
    text = text_of(owner.get("/batches/"))
    assert "1 published policy uses an earlier release" in text
    assert "2 more come from the answers of 1 group" in text
    with django_capture_on_commit_callbacks(execute=True):
        answer = owner.post("/batches/new/", {"groups": "on"})
    alone, of_group = Batch.objects.order_by("group")
    if alone.group:
        alone, of_group = of_group, alone
    assert answer["Location"] == alone.get_absolute_url()
    assert of_group.group == made.group
    assert "The answers of 1 group moved" in said(answer)[0]


def test_who_leaves_the_groups_out_moves_none(made, folder):
    published(policy_of(made.people, "Alone"), made.people.owner)
    before = root_of(made.group).release
    renewed(folder)
    browser_of(made.people.owner).post("/batches/new/")
    assert Batch.objects.get().group is None
    assert root_of(made.group).release == before


@pytest.mark.parametrize("at_location", [False, True])
def test_a_group_at_which_something_is_to_be_decided_stays_and_is_named(
    made, folder, at_location, django_capture_on_commit_callbacks
):
    before = root_of(made.group).release
    owner = made.people.owner
    draft = root_of(made.group)
    if at_location:
        draft = draft_of_level(level_for(made.group, location=made.locations[0]), owner)
        own = {"data": ["records"]}
    else:
        own = {"data": ["name", "records"]}
    save_answers(Holder(user=owner), draft.pk, answers(own))
    change(
        folder,
        "vocabulary.yaml",
        "{id: records, group: health,",
        "{id: records, retired: true, group: health,",
    )
    release_changes(folder, title="Options")
    answer = browser_of(owner).post(at(made.people.practice, "batches/new/"), {"groups": "on"})
    assert answer["Location"] == at(made.people.practice, "batches/")
    assert "Something is to be decided first in “Privacy” of Elm Dental" in said(answer)[0]
    assert root_of(made.group).release == before
    assert not Batch.objects.exists()


def test_a_second_press_starts_nothing_twice(made, folder):
    renewed(folder)
    first = bring_groups(made.people.owner)
    second = bring_groups(made.people.owner)
    assert first.under_way == second.batches == ()
    assert second.under_way == first.batches, "and it is told"
    assert Batch.objects.count() == 1


@pytest.fixture
def three(made: Fleet) -> list[Group]:
    """Three groups of one practice, each with a published policy."""
    people, groups = made.people, [made.group]
    for title in ("Second", "Third"):
        group = set_up_group(
            people.practice,
            people.owner,
            title=title,
            form=GroupForm.EACH,
            answers=to_text(elm()),
        )
        grouped(Fleet(people, group, made.locations))
        groups.append(group)
    return groups


def test_each_press_goes_on_with_the_groups_that_did_not_come_up_before(three, folder, monkeypatch):
    monkeypatch.setattr(moving_groups, "MOST", 1)
    renewed(folder)
    owner = three[0].practice.memberships.get(role=Role.OWNER).user
    presses = [bring_groups(owner) for _ in range(4)]
    assert [one.later for one in presses] == [2, 1, 0, 0]
    assert [len(one.batches) for one in presses] == [1, 1, 1, 0]
    assert {batch.group for one in presses for batch in one.batches} == set(three)
    assert [len(one.under_way) for one in presses] == [0, 1, 2, 3]
    assert Batch.objects.count() == 3


def test_a_batch_of_somebody_else_or_one_that_was_stopped_keeps_no_group_from_being_moved(
    three, folder
):
    renewed(folder)
    first, second, third = three
    practice = first.practice
    owner = practice.memberships.get(role=Role.OWNER).user
    other = member(practice, Role.OWNER)
    assert len(bring_groups(other).batches) == 3
    found = bring_groups(owner)
    assert (len(found.batches), found.under_way) == (3, ())
    Batch.objects.filter(by=owner, group=second).update(stopped=True)
    Batch.objects.filter(by=owner, group=third).update(stage=BatchStage.DONE)
    again = bring_groups(owner)
    assert [batch.group for batch in again.under_way] == [first]
    assert {batch.group for batch in again.batches} == {second, third}


def test_what_is_under_way_in_another_practice_is_not_told_in_this_one(made, folder):
    other = fleet(1, title="Theirs")
    other.people.practice.memberships.create(user=made.people.owner, role=Role.OWNER)
    grouped(other)
    renewed(folder)
    assert len(bring_groups(made.people.owner).batches) == 2
    here = bring_groups(made.people.owner, practice=made.people.practice)
    assert [batch.group for batch in here.under_way] == [made.group]


def test_groups_of_practices_in_which_somebody_may_not_publish_are_left_alone(made, folder):
    renewed(folder)
    other = fleet(1, title="Theirs")
    made.people.practice.memberships.create(user=other.people.owner, role=Role.REVIEWER)
    assert not groups_behind(other.people.owner).exists()
    assert list(groups_behind(made.people.owner)) == [made.group]
    assert bring_groups(other.people.owner).batches == ()
