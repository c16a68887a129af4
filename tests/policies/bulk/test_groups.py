"""From a group to published policies: each as if alone, read by a second person, in step."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from policygen.core.answers import sift_answers
from policygen.core.document_json import document_text
from policygen.core.inheritance import at_site
from policygen.library.answers_file import read_answers_file, write_answers_file
from policygen.policies.bulk.deciding import approve_batch, publish_batch, submit_batch
from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.bulk.working import work_on
from policygen.policies.drafting.drafts import delete_draft, save_answers
from policygen.policies.drafting.generation import generate
from policygen.policies.drafting.groups import change_group, draft_of_level, level_for
from policygen.policies.drafting.levels import site_of
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Batch,
    Draft,
    GroupForm,
    Level,
    Piece,
    PieceState,
    PolicyVersion,
    VersionFile,
)
from policygen.policies.published.serving import content_of
from policygen.practices.models import Brand, Practice
from policygen.practices.roles import Role
from policygen.rendering import FORMATS
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.cast import member
from tests.wizard.visitors import answers, elm, library

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def work(batch: Batch) -> Batch:
    """Do all that waits in a batch."""
    while work_on(batch.pk, pieces=10):
        pass
    batch.refresh_from_db()
    return batch


def prepared(made: Fleet, by: User) -> Batch:
    batch = start_group_batch(made.group, by)
    list_pieces(batch)
    return work(batch)


def approved(batch: Batch, by: User) -> Batch:
    submit_batch(batch.pk)
    work(batch)
    approve_batch(batch.pk, by)
    return work(batch)


def published(batch: Batch) -> Batch:
    publish_batch(batch.pk, on=timezone.localdate(), reason="It was time.", kind=None)
    return work(batch)


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
    batch = approved(prepared(made, made.people.editor), second)
    assert len(problems(batch)) == 2
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
    batch = approved(prepared(made, people.editor), second)
    assert len(problems(batch)) == 2
    assert not Draft.objects.filter(state="approved").exists()


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
