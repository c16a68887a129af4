"""The locations of a practice."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from policygen.policies.drafting.beginning import set_up_policy
from policygen.practices import locations
from policygen.practices.locations import (
    NameTaken,
    add_location,
    change_location,
    delete_location,
)
from policygen.practices.models import Brand, Location, Membership
from policygen.practices.roles import Role
from tests.policies.cast import Cast
from tests.practices.browsers import at, browser_of, text_of


def location(people: Cast, name: str = "Main Street") -> Location:
    return Location.objects.create(practice=people.practice, name=name)


def filled(name: str) -> dict[str, Any]:
    return {"name": name, "brand": None, "address": "", "phone": "", "fax": "", "email": ""}


def test_an_owner_adds_changes_and_deletes_a_location(people):
    client = browser_of(people.owner)
    sent = {"name": " Main  Street ", "address": "1 Main Street\r\nElmville", "phone": "555 0100"}
    client.post(at(people.practice, "locations/new/"), sent)
    found = Location.objects.get()
    assert (found.name, found.address, found.phone) == (
        "Main Street",
        "1 Main Street\nElmville",
        "555 0100",
    )
    assert "Main Street" in text_of(client.get(at(people.practice, "locations/")))
    address = at(people.practice, f"locations/{found.pk}/")
    assert "Elmville" in text_of(client.get(address))
    client.post(address, {"name": "High Street", "practice": people.other.pk})
    found.refresh_from_db()
    assert (found.name, found.address, found.practice) == ("High Street", "", people.practice)
    assert "Delete this location?" in text_of(client.get(f"{address}delete/"))
    client.post(f"{address}delete/")
    assert not Location.objects.exists()


def test_a_location_that_a_policy_is_for_is_not_deleted_and_the_policy_is_named(people):
    found = location(people)
    set_up_policy(people.practice, people.owner, title="Privacy at Main Street", location=found)
    client = browser_of(people.owner)
    response = client.post(at(people.practice, f"locations/{found.pk}/delete/"))
    assert response.status_code == 409
    assert "Privacy at Main Street" in text_of(response)
    assert Location.objects.exists()


@pytest.mark.parametrize("who", ["editor", "reviewer", "viewer"])
def test_others_see_them_and_change_nothing(people, who):
    found = location(people)
    client = browser_of(getattr(people, who))
    page = client.get(at(people.practice, "locations/"))
    assert "Main Street" in text_of(page)
    assert "locations/new/" not in page.content.decode()
    for path in ("new/", f"{found.pk}/", f"{found.pk}/delete/"):
        assert client.get(at(people.practice, f"locations/{path}")).status_code == 403
        sent = client.post(at(people.practice, f"locations/{path}"), {"name": "x"})
        assert sent.status_code == 403
    assert Location.objects.get().name == "Main Street"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", "a\nb"),
        ("name", "a\x00"),
        ("name", "\u202eevil"),
        ("name", "<b>"),
        ("name", "x" * 201),
        ("address", "a\x07b"),
        ("address", "x" * 1001),
        ("address", "a\u2066b"),
        ("address", "\n".join("12345678")),
        ("address", " | ".join("12345678")),
        ("address", "x" * 201),
        ("phone", "1\n2"),
        ("phone", "1" * 41),
        ("fax", "1" * 41),
        ("email", "front desk"),
        ("name", "=HYPERLINK(1)"),
        ("name", "＝1+1"),
        ("address", "1 Main Street\n@SUM(1)"),
        ("phone", "-1"),
        ("email", "+1@example.com"),
    ],
)
def test_text_that_cannot_be_kept_is_refused_with_the_reason(people, field, text):
    sent = {"name": "Main Street", field: text}
    response = browser_of(people.owner).post(at(people.practice, "locations/new/"), sent)
    assert response.status_code == 400
    assert "There is a problem" in text_of(response)
    assert not Location.objects.exists()


def test_two_locations_of_one_practice_have_different_names(people):
    first, second = location(people), location(people, "High Street")
    client = browser_of(people.owner)
    for path in ("new/", f"{second.pk}/"):
        sent = client.post(at(people.practice, f"locations/{path}"), {"name": "main street"})
        assert sent.status_code == 400
        assert "a location of this name already" in text_of(sent)
    same = client.post(at(people.practice, f"locations/{first.pk}/"), {"name": "Main Street"})
    assert same.status_code == 302
    elsewhere = browser_of(people.outsider)
    elsewhere.post(at(people.other, "locations/new/"), {"name": "Main Street"})
    assert Location.objects.filter(practice=people.other).count() == 1


@pytest.mark.parametrize("path", ["", "delete/"])
def test_locations_of_other_practices_and_none_give_the_same_page(people, path):
    found = location(people)
    client = browser_of(people.outsider)
    pages = [
        client.post(at(people.other, f"locations/{number}/{path}"), {"name": "Mine"})
        for number in (found.pk, 999_999, 10**30)
    ]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert Location.objects.get().name == "Main Street"


def test_there_are_so_many_locations_and_no_more(people, monkeypatch):
    monkeypatch.setattr(locations, "LIMIT", 1)
    location(people)
    response = browser_of(people.owner).post(
        at(people.practice, "locations/new/"), {"name": "High Street"}
    )
    assert response.status_code == 400
    assert Location.objects.count() == 1


def test_the_list_asks_as_many_queries_for_one_as_for_twenty(people, django_assert_max_num_queries):
    location(people)
    client = browser_of(people.owner)
    with django_assert_max_num_queries(8) as few:
        client.get(at(people.practice, "locations/"))
    asked = len(few)
    for number in range(20):
        location(people, f"Street {number}")
    with django_assert_max_num_queries(asked):
        client.get(at(people.practice, "locations/"))


# ------------------------------------------------------------------ beneath the pages


@pytest.mark.parametrize("role", [None, Role.EDITOR])
def test_who_manages_no_longer_changes_no_location_though_their_page_is_open(people, role):
    found = location(people)
    mine = Membership.objects.filter(practice=people.practice, user=people.owner)
    mine.update(role=role) if role else mine.delete()
    given = filled("High Street")
    for change in (
        partial(add_location, people.practice, people.owner, **given),
        partial(change_location, people.practice, people.owner, found.pk, **given),
        partial(delete_location, people.practice, people.owner, found.pk),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert Location.objects.get().name == "Main Street"


def test_a_name_that_somebody_took_meanwhile_is_said_to_be_taken(people):
    location(people)
    other = location(people, "High Street")
    given = filled("Main Street")
    with pytest.raises(NameTaken):
        add_location(people.practice, people.owner, **given)
    with pytest.raises(NameTaken):
        change_location(people.practice, people.owner, other.pk, **given)
    assert Location.objects.count() == 2


def test_a_location_of_another_practice_is_not_changed_from_here(people):
    theirs = Location.objects.create(practice=people.other, name="Main Street")
    with pytest.raises(Location.DoesNotExist):
        change_location(people.practice, people.owner, theirs.pk, **filled("x"))
    delete_location(people.practice, people.owner, theirs.pk)
    assert Location.objects.get().name == "Main Street"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("address", "12 Main St; @ the mall\nSpringfield"),
        ("address", "Level 1, -1 for cars"),
        ("phone", "+1 217 555 0100, +1 217 555 0101 x 2"),
        ("phone", "555 0100; -01 for calls"),
        ("name", "Mall, @ the fountain"),
    ],
)
def test_a_sign_inside_of_a_line_is_no_formula(people, field, text):
    sent = {"name": "Main Street", field: text}
    response = browser_of(people.owner).post(at(people.practice, "locations/new/"), sent)
    assert response.status_code == 302
    assert getattr(Location.objects.get(), field) == text


OLD = {"name": "@Mall", "address": "-1 level, Mall\n\nSpringfield", "phone": "-1 217 555 0100"}


def test_what_stands_in_an_old_location_may_stay_while_something_else_is_changed(people):
    found = Location.objects.create(practice=people.practice, **OLD)
    sent = {**OLD, "address": OLD["address"].replace("\n", "\r\n"), "fax": "217 555 0109"}
    address = at(people.practice, f"locations/{found.pk}/")
    assert browser_of(people.owner).post(address, sent).status_code == 302
    kept = Location.objects.filter(pk=found.pk).values(*OLD, "fax").get()
    assert kept == {**OLD, "fax": "217 555 0109"}


@pytest.mark.parametrize("field", OLD)
def test_what_is_typed_anew_in_an_old_location_is_looked_at(people, field):
    found = Location.objects.create(practice=people.practice, **OLD)
    sent = {**OLD, field: f"{OLD[field]}!"}
    address = at(people.practice, f"locations/{found.pk}/")
    assert browser_of(people.owner).post(address, sent).status_code == 400


def test_an_address_has_as_many_lines_as_policies_take(people):
    sent = {"name": "Main Street", "address": "\n".join("1234567") + "\n\n"}
    client = browser_of(people.owner)
    assert client.post(at(people.practice, "locations/new/"), sent).status_code == 302
    sent = {"name": "High Street", "address": "\n".join("12345678")}
    response = client.post(at(people.practice, "locations/new/"), sent)
    assert "This address has 8 lines, and a policy takes 7" in text_of(response)


def test_who_gives_a_location_its_brand_is_kept_with_the_moment(people):
    brand = Brand.objects.create(practice=people.practice, name="Smile")
    second = Membership.objects.get(user=people.editor)
    second.role = Role.OWNER
    second.save()
    made = add_location(people.practice, people.owner, name="Main Street")
    assert (made.brand_by, made.brand_at) == (None, None)
    given = {**filled("Main Street"), "brand": brand}
    branded = change_location(people.practice, people.editor, made.pk, **given)
    assert branded.brand_by == people.editor
    assert made.updated < branded.brand_at <= branded.updated
    again = change_location(people.practice, people.owner, made.pk, **{**given, "phone": "5"})
    assert (again.brand_by, again.brand_at) == (people.editor, branded.brand_at)
    without = change_location(people.practice, people.owner, made.pk, **filled("Main Street"))
    assert without.brand_by == people.owner
    assert without.brand_at > branded.brand_at
