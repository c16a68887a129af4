"""Answers that are inherited: which level wins, what a level keeps, and what a location brings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.answers import parse_answers
from policygen.core.inheritance import (
    Site,
    asking_for_places,
    at_site,
    overlaid,
    own_answers,
    with_sites,
)
from policygen.core.problems import Refused
from tests.core.small import DESK, FAX, MAILBOX, OFFICE, PAGE, SMALL, often, raw_answers

NORTH = Site(
    "North office",
    ("1 North Street", "Springfield, IL 62701"),
    phone="217-555-0101",
    email="north@example.com",
)
SOUTH = Site("South office", ("2 South Street",))
POINTS = {**OFFICE, **DESK, **MAILBOX, **PAGE, **FAX}

levels = st.lists(raw_answers(SMALL), min_size=1, max_size=4)


@given(levels)
@often
def test_the_innermost_level_that_answers_a_question_wins(found):
    merged = overlaid(found)
    for name, raw in merged.items():
        assert raw == next(level[name] for level in reversed(found) if name in level)
    assert set(merged) == {name for level in found for name in level}


@given(raw_answers(SMALL), raw_answers(SMALL))
@often
def test_a_level_keeps_what_differs_and_nothing_else(inherited, wanted):
    holds = overlaid([inherited, wanted])
    kept = own_answers(holds, inherited)
    assert overlaid([inherited, kept]) == holds
    assert not any(name in inherited and inherited[name] == raw for name, raw in kept.items())


def test_a_brand_is_told_where_a_location_has_one():
    branded = Site("West office", ("3 West Street",), brand="Smile")
    raw = with_sites(SMALL, {}, [branded, SOUTH])
    places = next(raw[name] for name in reversed(asking_for_places(SMALL)))
    assert places == [
        {"name": "West office", "brand": "Smile", "address": ["3 West Street"]},
        {"name": "South office", "address": ["2 South Street"]},
    ]
    assert parse_answers(SMALL, raw).to_raw() == raw


def test_contacts_in_another_order_are_another_answer():
    group = {"contact_points": {**DESK, **FAX}}
    turned = {"contact_points": {**FAX, **DESK}}
    assert own_answers(turned, group) == turned
    assert own_answers({"contact_points": {**DESK, **FAX}}, group) == {}


@given(raw_answers(SMALL), raw_answers(SMALL), st.sampled_from(SMALL.questions))
@often
def test_an_answer_that_is_taken_back_is_inherited_again(inherited, own, question):
    back = {name: raw for name, raw in own.items() if name != question.id}
    after = overlaid([inherited, back])
    assert after.get(question.id) == inherited.get(question.id)


@given(raw_answers(SMALL), raw_answers(SMALL), raw_answers(SMALL))
@often
def test_a_change_above_reaches_exactly_those_that_inherit(before, after, own):
    here, there = overlaid([before, own]), overlaid([after, own])
    for name in {*before, *after}:
        if name in own:
            assert here[name] == there[name] == own[name]
        else:
            assert (here.get(name), there.get(name)) == (before.get(name), after.get(name))


def test_a_location_is_the_only_one_that_its_policy_lists():
    group = {"locations": [{"name": "Somewhere", "address": ["Else"]}]}
    answers = at_site(SMALL, group, NORTH, ())
    assert answers["locations"] == [
        {"name": "North office", "address": ["1 North Street", "Springfield, IL 62701"]}
    ]


def test_each_contact_that_is_a_locations_own_stands_under_the_same_id():
    answers = at_site(SMALL, {"contact_points": POINTS}, NORTH, POINTS)
    assert answers["contact_points"] == {
        "office": {"post": ["North office", "1 North Street", "Springfield, IL 62701"]},
        "desk": {"phone": "217-555-0101"},
        "mailbox": {"email": "north@example.com"},
        "page": PAGE["page"],  # no location has a form of its own
        "machine": FAX["machine"],  # and this one has no fax
    }
    assert list(answers["contact_points"]) == list(POINTS)


def test_contacts_that_are_not_named_stay_those_of_the_group():
    answers = at_site(SMALL, {"contact_points": POINTS}, NORTH, ["desk", "unknown"])
    changed = {name for name, point in answers["contact_points"].items() if point != POINTS[name]}
    assert changed == {"desk"}


@pytest.mark.parametrize("given_", ["none", "dont-know", [], None, {"desk": "no channel"}])
def test_contacts_that_say_nothing_are_left_as_they_are(given_: Any):
    answers = at_site(SMALL, {"contact_points": given_}, NORTH, ["desk"])
    assert answers["contact_points"] == given_


def test_nothing_that_is_handed_in_is_changed():
    group: dict[str, Any] = {"contact_points": {"desk": {"phone": "1"}}, "locations": "none"}
    at_site(SMALL, group, NORTH, ["desk"])
    with_sites(SMALL, group, [NORTH])
    assert group == {"contact_points": {"desk": {"phone": "1"}}, "locations": "none"}


def test_an_annex_lists_all_locations_in_their_order():
    answers = with_sites(SMALL, {"years": "7"}, [SOUTH, NORTH])
    assert [place["name"] for place in answers["locations"]] == ["South office", "North office"]
    assert answers["years"] == "7"


def test_without_locations_the_answers_stay():
    assert with_sites(SMALL, {"locations": "none"}, []) == {"locations": "none"}


def test_every_location_without_an_address_is_named():
    bare = [Site("One"), NORTH, Site("Two")]
    with pytest.raises(Refused) as refused:
        with_sites(SMALL, {}, bare)
    assert [problem.message for problem in refused.value.problems] == [
        "2 locations have no address: “One”, “Two”. Add their addresses in the list of locations."
    ]
    with pytest.raises(Refused) as alone:
        at_site(SMALL, {}, bare[0], ())
    assert [problem.message for problem in alone.value.problems] == [
        "The location has no address. Add its address in the list of locations."
    ]


def test_of_many_locations_without_an_address_some_are_named():
    with pytest.raises(Refused) as refused:
        with_sites(SMALL, {}, [Site(f"Office {number}") for number in range(9)])
    (problem,) = refused.value.problems
    assert problem.message.startswith("9 locations have no address: “Office 0”, ")
    assert "“Office 4” and 4 more." in problem.message
    with pytest.raises(Refused) as one:
        with_sites(SMALL, {}, [NORTH, Site("One")])
    assert "“One” has no address." in one.value.problems[0].message


def test_the_list_of_locations_answers_the_questions_for_places():
    assert asking_for_places(SMALL) == ["locations"]
