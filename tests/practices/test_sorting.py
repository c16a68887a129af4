"""Lists stand in the order that people expect, whichever way their rows were written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policygen.practices.access import memberships_of
from policygen.practices.brands import add_brand, rename_brand
from policygen.practices.changing import change_settings, settings_of
from policygen.practices.founding import found_practice
from policygen.practices.importing.tables import Cell, Row, Table, table_of
from policygen.practices.importing.writing import import_table
from policygen.practices.locations import add_location, change_location, matching
from policygen.practices.models import Brand, Location, Practice
from tests.policies.cast import Cast, cast

pytestmark = pytest.mark.django_db
FACTS: dict[str, Any] = {"brand": None, "address": "", "phone": "", "fax": "", "email": ""}
NAMES = ["2nd Street", "Élan", "Elba", "Office 1", "office 2", "Office 12"]
"""Names in their order."""


@pytest.fixture
def people() -> Cast:
    return cast()


def in_order(practice: Practice) -> list[str]:
    return [one.name for one in matching(practice, "")]


def test_locations_stand_in_the_order_of_their_names_however_they_were_added(people: Cast) -> None:
    practice = people.practice
    for name in reversed(NAMES[4:]):
        add_location(practice, people.owner, name=name, **FACTS)
    Location.objects.create(practice=practice, name=NAMES[3])
    rows = [Location(practice=practice, name=name) for name in reversed(NAMES[:3])]
    Location.objects.bulk_create(rows)
    assert in_order(practice) == NAMES
    assert list(matching(practice, "office").values_list("name", flat=True)) == NAMES[3:]


def test_a_location_with_another_name_gets_another_place(people: Cast) -> None:
    for number in (1, 2, 12):
        add_location(people.practice, people.owner, name=f"Office {number}", **FACTS)
    found = Location.objects.get(name="Office 1")
    change_location(people.practice, people.owner, found.pk, name="Office 7", **FACTS)
    assert in_order(people.practice) == ["Office 2", "Office 7", "Office 12"]


def table(*rows: tuple[str, ...]) -> Table:
    return table_of([Row(n, tuple(map(Cell, row))) for n, row in enumerate(rows, start=1)])


def test_a_file_puts_locations_and_brands_in_their_order(people: Cast) -> None:
    practice = people.practice
    for name in ("office 11", "office 2"):
        add_location(practice, people.owner, name=name, **FACTS)
    Location.objects.update(sorted_as="")  # as a former release leaves it
    of_file = table(
        ("Name", "Brand"),
        *[("Office 3", "Smile 10"), ("Office 20", "Smile 9")],
        *[("office 2", "Smile 9"), ("office 11", "Smile 9")],
    )
    import_table(practice, people.owner, of_file, good_rows=False)
    assert in_order(practice) == ["office 2", "Office 3", "office 11", "Office 20"]
    assert [one.name for one in Brand.objects.all()] == ["Smile 9", "Smile 10"]


def test_a_brand_with_another_name_gets_another_place(people: Cast) -> None:
    first, _ = (add_brand(people.practice, people.owner, name=name) for name in ("B 10", "B 9"))
    assert [one.name for one in Brand.objects.all()] == ["B 9", "B 10"]
    rename_brand(people.practice, people.owner, first.pk, name="B 8")
    assert [one.name for one in Brand.objects.all()] == ["B 8", "B 9"]


def test_practices_stand_in_the_order_of_their_names_and_of_new_ones(people: Cast) -> None:
    names = ["Client 10", "client 2", "Élan", "Elba"]
    found = [found_practice(people.owner, name=name, time_zone="UTC") for name in names]
    mine = [one.practice.name for one in memberships_of(people.owner)]
    assert [name for name in mine if name in names] == ["client 2", "Client 10", "Élan", "Elba"]
    seen = settings_of(found[0])
    change_settings(found[0], people.owner, seen=seen, wanted=replace(seen, name="Client 1"))
    mine = [one.practice.name for one in memberships_of(people.owner)]
    assert mine.index("Client 1") < mine.index("client 2")
