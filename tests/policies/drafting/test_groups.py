"""Groups: what their levels hold, and the policies that come of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policygen.core.answers import sift_answers
from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.core.inheritance import Site
from policygen.library.answers_file import read_answers_file, write_answers_file
from policygen.policies.bulk.deciding import discard_batch, publish_batch
from policygen.policies.bulk.preparing import effective_at
from policygen.policies.drafting.beginning import (
    ComesFromGroup,
    TooManyPolicies,
    begin_draft,
    keep_draft,
    set_up_policy,
)
from policygen.policies.drafting.differing import differences_of
from policygen.policies.drafting.drafts import (
    NotAllowed,
    Overtaken,
    delete_draft,
    erase_draft,
    inherit_again,
    move_draft,
    open_draft,
    save_answers,
    seen,
    start_draft,
)
from policygen.policies.drafting.generation import generate
from policygen.policies.drafting.groups import (
    GroupInUse,
    LevelInUse,
    TitleTaken,
    change_group,
    delete_group,
    draft_of_level,
    drop_level,
    level_for,
    set_up_group,
)
from policygen.policies.drafting.levels import LEFT_BEHIND, line_of, lines_of, listed_in
from policygen.policies.holders import Holder
from policygen.policies.models import (
    Batch,
    Draft,
    Editor,
    Group,
    GroupForm,
    Level,
    Policy,
    PolicyVersion,
    VersionFile,
)
from policygen.policies.published.serving import content_of
from policygen.policies.stored import from_text, to_text
from policygen.practices.locations import delete_location
from policygen.practices.models import Brand, Location
from policygen.rendering import FORMATS, pdf
from tests.core.small import raw_answers
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.bulk.steps import prepared, worked
from tests.policies.cast import cast
from tests.wizard.visitors import answers, elm, library

IN_DATABASE = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def db(test: Any) -> Any:
    """Mark a test that needs the small library in force."""
    for mark in IN_DATABASE:
        test = mark(test)
    return test


def root_of(group: Group) -> Draft:
    return Draft.objects.get(level__group=group, level__brand=None, level__location=None)


def give(made: Fleet, level: Level, **raw: Any) -> Draft:
    """Let the owner answer some questions at a level, as the interview does."""
    draft = draft_of_level(level, made.people.owner)
    save_answers(Holder(user=made.people.owner), draft.pk, answers(raw))
    draft.refresh_from_db()
    return draft


def at(made: Fleet, number: int) -> Level:
    """Return the level of a location, counted from 0."""
    return level_for(made.group, location=made.locations[number])


def brand_of(made: Fleet, *numbers: int, name: str = "Smile") -> Brand:
    """Make a brand of these locations."""
    brand = Brand.objects.create(practice=made.people.practice, name=name)
    for number in numbers:
        made.locations[number].brand = brand
        made.locations[number].save()
    return brand


def effective(level: Level) -> dict[str, Any]:
    """Return the answers of which the policy of a level is made."""
    level = Level.objects.select_related("group", "location").get(pk=level.pk)
    return effective_at(level, line_of(level).release)


# ------------------------------------------------------------------ the same as alone

OVERRIDES = [one.id for one in library().vocabulary.questions if one.id != "locations"]


@st.composite
def trees(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]:
    """A group, a brand and a location: what each answers, and whose contacts are its own."""
    vocabulary = library().vocabulary
    root = {**elm(), **draw(raw_answers(vocabulary, complete=True))}
    below = []
    for _ in range(2):
        whole = draw(raw_answers(vocabulary, complete=True))
        some = draw(st.sets(st.sampled_from(OVERRIDES)))
        below.append({name: raw for name, raw in whole.items() if name in some})
    points = root["contact_points"]
    known = sorted(points) if isinstance(points, dict) else []
    own = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    return root, below[0], below[1], own


sites = st.builds(
    Site,
    name=st.sampled_from(["North", "South & West", "Œuvre"]),
    address=st.sampled_from([("1 Main Street",), ("2 Side Street", "Springfield, IL 62701")]),
    phone=st.sampled_from(["", "217-555-0100"]),
    fax=st.sampled_from(["", "217-555-0101"]),
    email=st.sampled_from(["", "here@example.com"]),
)


def alone(raw: dict[str, Any], on: Any) -> Document:
    """Make the policy of answers as the command does: by way of an answers file."""
    found, _ = sift_answers(library().vocabulary, raw)
    file = write_answers_file(found, title="Alone")
    return generate(library(), read_answers_file(file, library().vocabulary).answers, on=on)


Tree = tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]


def by_hand(tree: Tree, site: Site, *, branded: bool) -> dict[str, Any]:
    """Say what holds at a location, as somebody would who filled in one answers file for it."""
    root, of_brand, own, points = tree
    told = {**root, **(of_brand if branded else {})}
    told["locations"] = [{"name": site.name, "address": [*site.address]}]
    theirs = {
        "post": [site.name, *site.address],
        "phone": site.phone,
        "fax": site.fax,
        "email": site.email,
    }
    known = told.get("contact_points")
    if isinstance(known, dict):
        told["contact_points"] = {
            key: {way: theirs.get(way) or value for way, value in point.items()}
            if key in points
            else point
            for key, point in known.items()
        }
    return {**told, **own}


def planted(tree: Tree, site: Site, *, branded: bool) -> tuple[Fleet, Draft]:
    """Make a group with these answers, and return it with the draft of its only location."""
    root, of_brand, own, points = tree
    made = fleet(1)
    place = made.locations[0]
    place.name, place.address = site.name, "\n".join(site.address)
    place.phone, place.fax, place.email = site.phone, site.fax, site.email
    place.save()
    change_group(
        made.group, made.people.owner, title="Privacy", form=GroupForm.EACH, own_points=points
    )
    made.group.refresh_from_db()
    Draft.objects.filter(level__group=made.group).update(answers=to_text(root))
    if branded:
        brand = brand_of(made, 0)
        kept = draft_of_level(level_for(made.group, brand=brand), made.people.owner)
        Draft.objects.filter(pk=kept.pk).update(answers=to_text(of_brand))
    kept = draft_of_level(at(made, 0), made.people.owner)
    Draft.objects.filter(pk=kept.pk).update(answers=to_text(own))
    return made, kept


@db
@given(trees(), sites, st.booleans())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_a_locations_document_is_the_one_generated_alone_from_the_same_answers(tree, site, branded):
    made, kept = planted(tree, site, branded=branded)
    opened = open_draft(Holder(user=made.people.owner), kept.pk)
    wanted = by_hand(tree, site, branded=branded)
    assert from_text(opened.answers) == effective(at(made, 0)) == wanted
    here = generate(library(), opened.reading.answers, on=opened.today())
    there = alone(wanted, opened.today())
    assert document_text(here) == document_text(there)
    assert FORMATS["html"].render(here).content == FORMATS["html"].render(there).content
    assert pdf.source(here) == pdf.source(there)


@db
@given(trees(), sites, st.booleans())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_a_batch_publishes_for_a_location_is_what_is_generated_alone(tree, site, branded):
    made, _ = planted(tree, site, branded=branded)
    batch = prepared(made)
    assume(not batch.pieces.get().problem)  # of such answers nobody makes a policy
    today = made.people.practice.today()
    publish_batch(batch.pk, on=today, reason="It was time.", kind=None)
    assert worked(batch).pieces.get().version == 1
    version = PolicyVersion.objects.get(policy__practice=made.people.practice)
    there = alone(by_hand(tree, site, branded=branded), today)
    assert version.document == document_text(there)
    for stored in VersionFile.objects.filter(version=version):
        assert content_of(stored) == FORMATS[stored.format].render(there).content


# ------------------------------------------------------------------ layers


@db
def test_the_group_gives_way_to_the_brand_and_that_to_the_list_and_that_to_the_location():
    made = fleet(2)
    brand = brand_of(made, 0)
    give(made, level_for(made.group, brand=brand), motto="Brand.", website="https://b.example")
    give(made, at(made, 0), website="https://l.example")
    here, there = effective(at(made, 0)), effective(at(made, 1))
    assert (here["motto"], here["website"]) == ("Brand.", "https://l.example")
    assert (there["motto"], there["website"]) == (elm()["motto"], elm()["website"])
    assert here["locations"][0]["name"] == "Office 1"


@db
def test_a_changed_fact_of_the_group_reaches_those_that_inherit_it_and_no_others():
    made = fleet(3)
    brand = brand_of(made, 1)
    give(made, at(made, 0), motto="Our own.")
    give(made, level_for(made.group, brand=brand), motto="The brand’s.")
    before = [effective(at(made, number)) for number in range(3)]
    root = Level.objects.get(group=made.group, brand=None, location=None)
    give(made, root, motto="New.")
    after = [effective(at(made, number)) for number in range(3)]
    assert after[0] == before[0]
    assert after[1] == before[1]
    assert after[2] == {**before[2], "motto": "New."}


@db
def test_an_answer_equal_to_the_inherited_one_is_none_of_its_own():
    made = fleet(1)
    draft = give(made, at(made, 0), motto=elm()["motto"])
    assert draft.answers == "{}"


@db
def test_taking_back_restores_what_is_inherited():
    made = fleet(1)
    before = effective(at(made, 0))
    draft = give(made, at(made, 0), motto="Our own.", retention_years="9")
    holder = Holder(user=made.people.editor)
    inherit_again(holder, draft.pk, "motto", seen_as=seen(from_text(draft.answers), ["motto"]))
    assert effective(at(made, 0)) == {**before, "retention_years": "9"}
    delete_draft(holder, draft.pk)
    assert effective(at(made, 0)) == before
    draft.refresh_from_db()
    assert draft.answers == "{}"


@db
def test_an_answer_that_changed_since_it_was_looked_at_is_not_taken_back():
    made = fleet(1)
    draft = give(made, at(made, 0), motto="First.")
    mark = seen(from_text(draft.answers), ["motto"])
    give(made, at(made, 0), motto="Second.")
    holder = Holder(user=made.people.owner)
    with pytest.raises(Overtaken):
        inherit_again(holder, draft.pk, "motto", seen_as=mark)
    inherit_again(holder, draft.pk, "website", seen_as="")  # inherited already
    draft.refresh_from_db()
    assert from_text(draft.answers) == {"motto": "Second."}


@db
def test_what_differs_is_told_with_what_would_be_inherited():
    made = fleet(1)
    brand = brand_of(made, 0)
    give(made, level_for(made.group, brand=brand), motto="The brand’s.")
    give(made, at(made, 0), motto="Our own.", retention_years="9")
    level = Level.objects.select_related("group", "location").get(pk=at(made, 0).pk)
    found = differences_of(line_of(level), library().vocabulary)
    assert [(one.name, one.inherited, one.here, one.is_of_brand) for one in found] == [
        ("motto", ("The brand’s.",), ("Our own.",), True),
        ("retention_years", (elm()["retention_years"],), ("9",), False),
    ]


@db
def test_an_answer_that_the_library_no_longer_asks_for_is_told_by_its_name():
    made = fleet(1)
    draft = draft_of_level(at(made, 0), made.people.owner)
    Draft.objects.filter(pk=draft.pk).update(answers='{"old_question":"yes","motto":7}')
    level = Level.objects.select_related("group", "location").get(pk=at(made, 0).pk)
    found = {one.name: one for one in differences_of(line_of(level), library().vocabulary)}
    assert found["old_question"].question is None
    assert found["motto"].here == ()


@db
def test_all_levels_are_read_with_one_query(django_assert_num_queries):
    made = fleet(4)
    levels = [at(made, number) for number in range(4)]
    with django_assert_num_queries(1):
        assert len(lines_of(made.group, levels)) == 4


# ------------------------------------------------------------------ drafts of levels


@db
def test_the_draft_of_a_group_shows_a_location_for_an_example():
    made = fleet(2)
    opened = open_draft(Holder(user=made.people.viewer), root_of(made.group).pk)
    assert from_text(opened.answers)["locations"][0]["name"] == "Office 1"
    Draft.objects.filter(level__group=made.group).update(release=opened.in_force)
    change_group(
        made.group, made.people.owner, title="Privacy", form=GroupForm.ANNEX, own_points=[]
    )
    opened = open_draft(Holder(user=made.people.viewer), root_of(made.group).pk)
    assert [one["name"] for one in from_text(opened.answers)["locations"]] == [
        "Office 1",
        "Office 2",
    ]


@db
def test_locations_that_a_group_starts_with_are_not_kept():
    people = cast()
    raw = {**elm(), "locations": [{"name": "Old", "address": ["Street"]}]}
    group = set_up_group(people.practice, people.owner, title="G", answers=to_text(raw))
    assert "locations" not in from_text(root_of(group).answers)


@db
def test_a_location_without_an_address_is_shown_without_it():
    made = fleet(1)
    Location.objects.update(address="")
    draft = draft_of_level(at(made, 0), made.people.owner)
    opened = open_draft(Holder(user=made.people.owner), draft.pk)
    assert from_text(opened.answers)["motto"] == elm()["motto"]


@db
def test_a_location_whose_draft_is_empty_stays_in_the_annex():
    made = fleet(2, form=GroupForm.ANNEX)
    draft_of_level(at(made, 0), made.people.owner)
    assert listed_in(made.group).count() == 2
    give(made, at(made, 0), motto="Our own.")
    assert [one.name for one in listed_in(made.group)] == ["Office 2"]


@db
def test_the_draft_of_a_group_goes_with_its_group_alone():
    made = fleet(1)
    with pytest.raises(NotAllowed):
        delete_draft(Holder(user=made.people.owner), root_of(made.group).pk)
    with pytest.raises(NotAllowed):
        inherit_again(Holder(user=made.people.owner), root_of(made.group).pk, "motto", seen_as="")


# ------------------------------------------------------------------ policies of levels


@db
def test_nobody_drafts_a_policy_whose_answers_come_from_a_group():
    made = fleet(1)
    people = made.people
    policy = set_up_policy(people.practice, people.owner, title="P", level=at(made, 0))
    with pytest.raises(ComesFromGroup):
        begin_draft(policy, people.owner)
    own = start_draft(Holder(user=people.owner), answers=answers(elm()))
    with pytest.raises(ComesFromGroup):
        keep_draft(Holder(user=people.owner), own.pk, policy)
    assert not Draft.objects.filter(policy=policy).exists()


@db
def test_the_answers_in_a_draft_of_such_a_policy_are_left_alone():
    made = fleet(1)
    people = made.people
    policy = set_up_policy(people.practice, people.owner, title="P")
    draft = begin_draft(policy, people.owner)
    Level.objects.filter(pk=at(made, 0).pk).update(policy=policy)
    holder = Holder(user=people.owner)
    with pytest.raises(NotAllowed):
        save_answers(holder, draft.pk, answers({"motto": "Mine."}))
    with pytest.raises(NotAllowed):
        move_draft(holder, draft.pk, to="0" * 64, revision=draft.revision)
    draft.refresh_from_db()
    assert draft.answers == "{}"


# ------------------------------------------------------------------ changing and ending


@db
def test_only_who_may_edit_now_changes_a_group():
    made = fleet(1)
    for person in (made.people.viewer, made.people.reviewer, made.people.outsider):
        with pytest.raises(PermissionDenied):
            set_up_group(made.people.practice, person, title="Other")
        with pytest.raises(PermissionDenied):
            change_group(made.group, person, title="X", form=GroupForm.EACH, own_points=[])
        with pytest.raises(PermissionDenied):
            delete_group(made.group, person)
        with pytest.raises(PermissionDenied):
            draft_of_level(at(made, 0), person)
        with pytest.raises(PermissionDenied):
            drop_level(at(made, 0), person)


@db
def test_two_groups_of_a_practice_have_two_titles():
    made = fleet(1)
    with pytest.raises(TitleTaken):
        set_up_group(made.people.practice, made.people.owner, title="Privacy")
    other = set_up_group(made.people.practice, made.people.owner, title="Other")
    with pytest.raises(TitleTaken):
        change_group(other, made.people.owner, title="Privacy", form=GroupForm.EACH, own_points=[])


@db
def test_whoever_changes_what_the_policies_say_by_the_settings_counts_as_having_written():
    made = fleet(1)
    root = root_of(made.group)
    same = {"title": "Renamed", "form": GroupForm.EACH}
    change_group(made.group, made.people.editor, **same, own_points=[])
    assert not root.editors.filter(user=made.people.editor).exists()
    change_group(made.group, made.people.editor, **same, own_points=["desk"])
    assert root.editors.filter(user=made.people.editor, at__isnull=False).exists()


@db
def test_a_group_is_deleted_with_all_that_its_levels_keep():
    made = fleet(2)
    give(made, at(made, 0), motto="Our own.")
    policy = set_up_policy(made.people.practice, made.people.owner, title="P", level=at(made, 1))
    delete_group(made.group, made.people.editor)
    assert not Group.objects.exists()
    assert not Level.objects.exists()
    assert not Draft.objects.filter(level__isnull=False).exists()
    assert Policy.objects.filter(pk=policy.pk).exists()
    assert Location.objects.filter(practice=made.people.practice).count() == 2


@db
def test_a_group_that_something_came_of_stays():
    made = fleet(1)
    made.people.practice.batches.create(
        group=made.group, by=made.people.owner, release=root_of(made.group).release
    )
    with pytest.raises(GroupInUse, match="Discard the batch first"):
        delete_group(made.group, made.people.owner)
    made.group.batches.update(stage="discarding")
    with pytest.raises(GroupInUse, match="is being discarded"):
        delete_group(made.group, made.people.owner)
    made.group.batches.update(stage="done")
    with pytest.raises(GroupInUse, match="record of it is kept"):
        delete_group(made.group, made.people.owner)


@db
def test_a_group_of_which_nothing_came_is_deleted_with_its_discarded_batches():
    made = fleet(2)
    batch = prepared(made)
    discard_batch(batch.pk, made.people.owner)
    assert worked(batch).stage == "discarded"
    delete_group(made.group, made.people.owner)
    assert not Group.objects.exists()
    assert not Batch.objects.exists()
    assert Policy.objects.filter(LEFT_BEHIND).count() == Policy.objects.count() == 2
    for location in Location.objects.filter(practice=made.people.practice):
        delete_location(made.people.practice, made.people.owner, location.pk)
    assert not Location.objects.exists()


@db
def test_a_policy_of_a_deleted_group_in_which_there_is_something_is_not_left_behind():
    made = fleet(2)
    batch = prepared(made)
    changed = Draft.objects.filter(batch=batch).order_by("pk")[0]
    Draft.objects.filter(pk=changed.pk).update(revision=changed.revision + 1)  # by hand
    discard_batch(batch.pk, made.people.owner)
    worked(batch)
    before = Policy.objects.get(drafts=changed)
    delete_group(made.group, made.people.owner)
    kept = Policy.objects.exclude(LEFT_BEHIND).get()
    assert (kept, kept.location) == (before, before.location)
    assert kept.location is not None
    erase_draft(Draft.objects.get(pk=changed.pk))
    assert Policy.objects.exclude(LEFT_BEHIND).get() == kept, "it is the practice's own now"


@db
def test_policies_that_a_deleted_group_left_take_no_room_from_others(monkeypatch):
    monkeypatch.setattr("policygen.policies.drafting.beginning.POLICIES_LIMIT", 1)
    made = fleet(2)
    practice, owner = made.people.practice, made.people.owner
    batch = prepared(made, owner)
    discard_batch(batch.pk, owner)
    worked(batch)
    delete_group(made.group, owner)
    assert Policy.objects.filter(LEFT_BEHIND, practice=practice).count() == 2
    set_up_policy(practice, owner, title="Our own")
    with pytest.raises(TooManyPolicies):
        set_up_policy(practice, owner, title="One more")


@db
def test_a_location_gives_up_its_place_and_those_who_changed_it_are_remembered():
    made = fleet(1)
    draft = draft_of_level(at(made, 0), made.people.owner)
    save_answers(Holder(user=made.people.editor), draft.pk, answers({"motto": "Our own."}))
    with pytest.raises(LevelInUse, match="Something differs here"):
        drop_level(at(made, 0), made.people.owner)
    delete_draft(Holder(user=made.people.editor), draft.pk)
    drop_level(at(made, 0), made.people.owner)
    assert not Level.objects.filter(location__isnull=False).exists()
    writers = Editor.objects.filter(draft=root_of(made.group), at__isnull=False)
    assert set(writers.values_list("user", flat=True)) == {
        made.people.owner.pk,
        made.people.editor.pk,
    }


@db
def test_a_brand_keeps_its_place_while_a_location_uses_it():
    made = fleet(1)
    brand = brand_of(made, 0)
    level = level_for(made.group, brand=brand)
    give(made, level, motto="The brand’s.")
    with pytest.raises(LevelInUse, match="Locations of this brand"):
        drop_level(level, made.people.owner)
    policy = set_up_policy(made.people.practice, made.people.owner, title="P", level=at(made, 0))
    with pytest.raises(LevelInUse, match="There is a policy of it"):
        drop_level(Level.objects.select_related("group").get(policy=policy), made.people.owner)
