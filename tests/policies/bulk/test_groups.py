"""From a group to published policies: each as if alone, read by a second person, in step."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from policygen.core.answers import sift_answers
from policygen.core.document_json import document_text
from policygen.core.inheritance import asking_for_places, at_site
from policygen.library.answers_file import read_answers_file, write_answers_file
from policygen.policies.bulk.deciding import (
    NotNow,
    approve_batch,
    prepare_again,
    publish_batch,
    submit_batch,
)
from policygen.policies.bulk.purging import purge_batches
from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.bulk.working import work_on
from policygen.policies.drafting import beginning
from policygen.policies.drafting.drafts import delete_draft, save_answers
from policygen.policies.drafting.generation import generate
from policygen.policies.drafting.groups import change_group, draft_of_level, level_for
from policygen.policies.drafting.levels import listed_in, site_of
from policygen.policies.frozen import raw_answers
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Batch,
    Draft,
    GroupForm,
    Level,
    Piece,
    PieceState,
    Policy,
    PolicyVersion,
    VersionFile,
)
from policygen.policies.published.serving import content_of
from policygen.practices.locations import change_location
from policygen.practices.models import Brand, Location, Practice
from policygen.practices.roles import Role
from policygen.rendering import FORMATS
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.bulk.steps import prepared, worked
from tests.policies.cast import member
from tests.wizard.visitors import answers, elm, library

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def approved(batch: Batch, by: User) -> Batch:
    submit_batch(batch.pk)
    worked(batch)
    return approve(batch, by)


def approve(batch: Batch, by: User) -> Batch:
    approve_batch(batch.pk, by)
    return worked(batch)


def published(batch: Batch) -> Batch:
    publish_batch(batch.pk, on=timezone.localdate(), reason="It was time.", kind=None)
    return worked(batch)


def problems(batch: Batch) -> list[str]:
    return [piece.problem for piece in Piece.objects.filter(batch=batch) if piece.problem]


def root_level(made: Fleet) -> Level:
    return Level.objects.get(group=made.group, brand=None, location=None)


def give(made: Fleet, level: Level, by: User, **raw: Any) -> Draft:
    draft = draft_of_level(level, made.people.owner)
    save_answers(Holder(user=by), draft.pk, answers(raw))
    return draft


# ------------------------------------------------------------------ as if alone


def test_what_is_published_is_byte_for_byte_what_is_generated_alone():
    made = fleet(2)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    made.locations[0].brand = brand
    made.locations[0].save()
    points = sorted(elm()["contact_points"])
    change_group(
        made.group, made.people.owner, title="Privacy", form=GroupForm.EACH, own_points=points
    )
    of_brand, own = {"motto": "We smile."}, {"short_name": "Elm West"}
    give(made, level_for(made.group, brand=brand), made.people.owner, **of_brand)
    give(made, level_for(made.group, location=made.locations[0]), made.people.owner, **own)
    made.group.refresh_from_db()
    batch = published(prepared(made, made.people.owner))
    assert problems(batch) == []
    below = ((of_brand, own), ({}, {}))
    for location, (brands, here) in zip(made.locations, below, strict=True):
        version = PolicyVersion.objects.get(policy__location=location)
        above = {**elm(), **brands}
        raw = {**at_site(library().vocabulary, above, site_of(location), points), **here}
        found, _ = sift_answers(library().vocabulary, raw)
        file = write_answers_file(found, title="Alone")
        again = read_answers_file(file, library().vocabulary).answers
        alone = generate(library(), again, on=version.effective_on)
        assert version.document == document_text(alone)
        for stored in VersionFile.objects.filter(version=version):
            assert content_of(stored) == FORMATS[stored.format].render(alone).content


def test_one_policy_lists_the_locations_and_those_that_differ_have_their_own():
    made = fleet(3, form=GroupForm.ANNEX)
    give(
        made,
        level_for(made.group, location=made.locations[1]),
        made.people.owner,
        motto="Our own.",
    )
    draft_of_level(level_for(made.group, location=made.locations[2]), made.people.owner)
    batch = published(prepared(made, made.people.owner))
    assert problems(batch) == []
    documents = {
        version.policy.location_id: version.document
        for version in PolicyVersion.objects.select_related("policy")
    }
    assert set(documents) == {None, made.locations[1].pk}
    assert "1 Main Street" in documents[None]
    assert "3 Main Street" in documents[None]
    assert "2 Main Street" not in documents[None]
    assert "2 Main Street" in documents[made.locations[1].pk]


def test_the_locations_of_a_brand_that_differs_leave_the_annex_and_come_back():
    made = fleet(3, form=GroupForm.ANNEX)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.filter(pk__in=[one.pk for one in made.locations[:2]]).update(brand=brand)
    alone = made.locations[2].pk
    assert [one.pk for one in listed_in(made.group)] == [one.pk for one in made.locations]
    of_brand = give(made, level_for(made.group, brand=brand), made.people.owner, motto="We smile.")
    assert [one.pk for one in listed_in(made.group)] == [alone]
    batch = published(prepared(made, made.people.owner))
    assert problems(batch) == []
    documents = {
        version.policy.location_id: version.document
        for version in PolicyVersion.objects.select_related("policy")
    }
    assert set(documents) == {None, *(one.pk for one in made.locations[:2])}
    assert "3 Main Street" in documents[None]
    assert "1 Main Street" not in documents[None]
    assert "We smile." not in documents[None]
    assert "We smile." in documents[made.locations[0].pk]
    delete_draft(Holder(user=made.people.owner), of_brand.pk)
    assert listed_in(made.group).count() == 3


def test_an_annex_lists_locations_in_the_order_of_their_names_and_with_their_brands():
    made = fleet(12, form=GroupForm.ANNEX)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.filter(name="Office 10").update(brand=brand)
    published(prepared(made, made.people.owner))
    raw = raw_answers(PolicyVersion.objects.get().answers)
    places = raw[asking_for_places(library().vocabulary)[-1]]
    assert [one["name"] for one in places] == [f"Office {number}" for number in range(1, 13)]
    assert [one["name"] for one in places if one.get("brand") == "Smile"] == ["Office 10"]
    assert sum("brand" in one for one in places) == 1
    assert "Smile" in PolicyVersion.objects.get().document


def test_the_policy_of_one_location_lists_it_without_its_brand():
    made = fleet(1)
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.update(brand=brand)
    published(prepared(made, made.people.owner))
    assert "Smile" not in PolicyVersion.objects.get().answers


# ------------------------------------------------------------------ four eyes


@pytest.fixture
def made() -> Fleet:
    """Two locations of a practice in which a second person approves."""
    made = fleet(2)
    Practice.objects.filter(pk=made.people.practice.pk).update(needs_review=True)
    return made


def test_whoever_changed_the_group_approves_none_of_its_policies(made):
    second = member(made.people.practice, Role.OWNER)
    give(made, root_level(made), second, motto="From the second owner.")
    batch = prepared(made, made.people.editor)
    with pytest.raises(NotNow, match="somebody else approves"):
        approved(batch, second)
    assert not Draft.objects.filter(state="approved").exists()


def test_whoever_changed_one_location_approves_the_others(made):
    second = member(made.people.practice, Role.OWNER)
    level = level_for(made.group, location=made.locations[0])
    draft = give(made, level, made.people.editor, motto="Begun by others.")
    draft.editors.filter(user=made.people.owner).delete()
    save_answers(Holder(user=second), draft.pk, answers({"motto": "Changed by the second."}))
    approved(prepared(made, made.people.editor), second)
    states = dict(
        Draft.objects.filter(policy__isnull=False).values_list("policy__location", "state")
    )
    assert states == {made.locations[0].pk: "submitted", made.locations[1].pk: "approved"}


def test_taking_an_answer_back_counts_as_changing_it(made):
    second = member(made.people.practice, Role.OWNER)
    level = level_for(made.group, location=made.locations[0])
    draft = give(made, level, made.people.editor, motto="Ours.")
    delete_draft(Holder(user=second), draft.pk)
    approved(prepared(made, made.people.editor), second)
    left = Draft.objects.get(policy__location=made.locations[0])
    assert left.state == "submitted"


def test_what_was_published_since_is_no_longer_anybodys_change(made):
    people = made.people
    second = member(people.practice, Role.OWNER)
    give(made, root_level(made), second, motto="From the second owner.")
    first = approved(prepared(made, people.editor), people.reviewer)
    assert problems(published(first)) == []
    give(made, root_level(made), people.editor, motto="From the editor.")
    batch = approved(prepared(made, people.editor), second)
    assert problems(batch) == []
    assert Draft.objects.filter(state="approved").count() == 2


def test_a_change_between_preparing_and_publishing_is_remembered_for_the_next_version(made):
    people = made.people
    second = member(people.practice, Role.OWNER)
    first = approved(prepared(made, people.editor), people.reviewer)
    give(made, root_level(made), second, motto="After it was prepared.")
    assert problems(published(first)) == []
    assert not PolicyVersion.objects.filter(document__contains="After it was prepared").exists()
    batch = prepared(made, people.editor)
    with pytest.raises(NotNow, match="somebody else approves"):
        approved(batch, second)
    assert not Draft.objects.filter(state="approved").exists()


def test_whoever_wrote_for_a_brand_does_not_approve_what_comes_to_a_location_by_it(made):
    people = made.people
    second, third = (member(people.practice, Role.OWNER) for _ in range(2))
    brand = Brand.objects.create(practice=people.practice, name="Smile")
    give(made, level_for(made.group, brand=brand), second, motto="Written by the second alone.")
    published(approved(prepared(made, people.editor), people.reviewer))
    assert PolicyVersion.objects.count() == 2
    place = made.locations[0]
    kept = {name: getattr(place, name) for name in ("name", "address", "phone", "fax", "email")}
    change_location(people.practice, third, place.pk, brand=brand, **kept)
    batch = prepared(made, people.editor)
    with pytest.raises(NotNow, match="somebody else approves"):
        approved(batch, second)
    draft = Draft.objects.get(policy__location=place)
    assert "Written by the second alone." in draft.answers
    assert draft.state == "submitted"
    assert {second, third} <= {one.user for one in draft.editors.all()}
    approve(batch, people.reviewer)
    published(batch)
    give(made, root_level(made), people.editor, website="https://new.example")
    approved(prepared(made, people.editor), second)
    assert Draft.objects.get(policy__location=place).state == "approved"


def test_what_was_approved_stays_so_when_the_batch_is_deleted(made):
    people = made.people
    second = member(people.practice, Role.OWNER)
    give(made, root_level(made), second, motto="From the second owner.")
    published(approved(prepared(made, people.editor), people.reviewer))
    assert purge_batches(timezone.now() + timedelta(days=1)) == 1
    give(made, root_level(made), people.editor, motto="From the editor.")
    approved(prepared(made, people.editor), second)
    assert Draft.objects.filter(state="approved").count() == 2


def test_the_draft_of_a_batch_that_was_deleted_is_nobodys_own():
    made = fleet(1)
    batch = prepared(made, made.people.owner)
    Batch.objects.filter(pk=batch.pk).update(stage="done", ended=timezone.now())
    assert purge_batches(timezone.now() + timedelta(days=1)) == 1
    give(made, root_level(made), made.people.owner, motto="New.")
    assert problems(prepared(made, made.people.owner)) == []
    published(prepared(made, made.people.owner))
    assert "New." in PolicyVersion.objects.get().answers


def test_a_draft_that_is_left_of_a_deleted_batch_goes_where_nothing_changes():
    made = fleet(1)
    published(prepared(made, made.people.owner))
    give(made, root_level(made), made.people.owner, motto="New.")
    batch = prepared(made, made.people.owner)
    Batch.objects.filter(pk=batch.pk).delete()
    give(made, root_level(made), made.people.owner, motto=elm()["motto"])
    batch = prepared(made, made.people.owner)
    assert batch.pieces.get().state == PieceState.UNCHANGED
    assert not Draft.objects.filter(policy__isnull=False).exists()


def test_a_closed_account_publishes_nothing_any_more():
    made = fleet(1)
    batch = prepared(made, made.people.owner)
    publish_batch(batch.pk, on=timezone.localdate(), reason="It was time.", kind=None)
    made.people.owner.is_active = False
    made.people.owner.save()
    worked(batch)
    assert not PolicyVersion.objects.exists()
    with pytest.raises(PermissionDenied):
        start_group_batch(made.group, made.people.owner)


# ------------------------------------------------------------------ what there is a policy of


def versions_of(made: Fleet) -> dict[int | None, int]:
    """Return how many versions there are for each location; for none, of the group's own policy."""
    found = PolicyVersion.objects.order_by("number")
    return dict(found.values_list("policy__location", "number"))


def reform(made: Fleet, form: GroupForm) -> None:
    change_group(made.group, made.people.owner, title="Privacy", form=form, own_points=[])
    made.group.refresh_from_db()


def test_what_was_published_is_brought_up_to_date_in_either_form():
    made = fleet(2)
    first, second = (one.pk for one in made.locations)
    published(prepared(made, made.people.owner))
    reform(made, GroupForm.ANNEX)
    give(made, root_level(made), made.people.owner, motto="Of the annex.")
    published(prepared(made, made.people.owner))
    assert versions_of(made) == {first: 2, second: 2, None: 1}
    document = PolicyVersion.objects.get(policy__location=None).document
    assert "1 Main Street" in document
    assert "2 Main Street" in document
    reform(made, GroupForm.EACH)
    give(made, root_level(made), made.people.owner, motto="Of each.")
    published(prepared(made, made.people.owner))
    assert versions_of(made) == {first: 3, second: 3, None: 2}
    assert PolicyVersion.objects.filter(answers__contains="Of each.").count() == 3


def test_a_location_that_the_annex_lists_again_gets_no_policy():
    made = fleet(2, form=GroupForm.ANNEX)
    level = level_for(made.group, location=made.locations[0])
    draft = give(made, level, made.people.owner, motto="Ours.")
    batch = prepared(made, made.people.owner)
    delete_draft(Holder(user=made.people.owner), draft.pk)
    prepare_again(batch.pk)
    list_pieces(batch)
    worked(batch)
    assert not Draft.objects.filter(policy__location=made.locations[0]).exists()
    published(batch)
    assert versions_of(made) == {None: 1}
    assert "1 Main Street" in PolicyVersion.objects.get().document
    give(made, level, made.people.owner, motto="Ours again.")
    published(prepared(made, made.people.owner))
    assert versions_of(made) == {None: 2, made.locations[0].pk: 1}


def test_a_location_whose_answer_became_the_groups_is_listed():
    made = fleet(2, form=GroupForm.ANNEX)
    level = level_for(made.group, location=made.locations[0])
    give(made, level, made.people.owner, motto="Ours.", website="https://one.example")
    give(made, root_level(made), made.people.owner, motto="Ours.")
    batch = prepared(made, made.people.owner)
    assert batch.pieces.count() == 2
    draft = Draft.objects.get(level=level)
    assert json.loads(draft.answers) == {"website": "https://one.example"}
    give(made, root_level(made), made.people.owner, website="https://one.example")
    batch = prepared(made, made.people.owner)
    assert batch.pieces.count() == 1
    draft.refresh_from_db()
    assert draft.answers == "{}"
    published(batch)
    assert "1 Main Street" in PolicyVersion.objects.get().document


def test_a_location_without_an_address_leaves_no_policy_behind():
    made = fleet(1)
    Location.objects.update(address="")
    batch = prepared(made, made.people.owner)
    assert "has no address" in batch.pieces.get().problem
    assert not Policy.objects.exists()


def test_the_addresses_of_many_locations_are_those_of_their_names():
    made = fleet(60, title="Notice of privacy practices of our whole dental group, everywhere")
    Location.objects.filter(name="Office 7").update(name="Office 8.")
    prepared(made, made.people.owner)
    slugs = set(Policy.objects.values_list("slug", flat=True))
    assert len(slugs) == 60
    assert all(slug.startswith("office-") for slug in slugs)
    assert not any(slug.startswith("office-7-") for slug in slugs)


def test_a_list_that_is_too_long_for_one_policy_is_counted(monkeypatch):
    monkeypatch.setattr(beginning, "PROPOSED_LIMIT", 3 * 1024)
    made = fleet(60, form=GroupForm.ANNEX)
    batch = prepared(made, made.people.owner)
    problem = batch.pieces.get().problem
    assert "60 locations" in problem
    assert "room for 3 KiB" in problem
    assert not Policy.objects.exists()


# ------------------------------------------------------------------ many


@pytest.mark.sqlite  # once is enough: PostgreSQL is asked the same
def test_a_group_of_five_hundred_locations_takes_as_many_queries_for_each():
    made = fleet(500)
    batch = start_group_batch(made.group, made.people.owner)
    assert list_pieces(batch) == 500
    asked: list[int] = []

    def counted(execute: Any, *query: Any) -> Any:
        asked[-1] += 1
        return execute(*query)

    with connection.execute_wrapper(counted):
        for _ in range(500):
            asked.append(0)
            assert work_on(batch.pk, pieces=1) == 1
    batch.refresh_from_db()
    states = Piece.objects.filter(batch=batch).values_list("state", flat=True)
    assert set(states) == {PieceState.DONE}
    assert Draft.objects.filter(policy__isnull=False).count() == 500
    assert len({piece.fold for piece in Piece.objects.filter(batch=batch)}) == 1
    middle = sorted(asked)[250]
    assert max(asked[1:-1]) - middle <= 3, sorted(set(asked))
    first = json.loads(Draft.objects.filter(policy__location=made.locations[0]).get().answers)
    assert first["locations"][0]["name"] == made.locations[0].name
