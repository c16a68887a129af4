"""Brands of a practice: adding, renaming and deleting them, and finding locations by them."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError

from policygen.practices import brands
from policygen.practices.brands import (
    BrandTaken,
    TooManyBrands,
    add_brand,
    delete_brand,
    rename_brand,
)
from policygen.practices.locations import add_location, clean_search, matching
from policygen.practices.models import Brand, Location
from tests.policies.cast import cast
from tests.practices.browsers import at, browser_of, text_of

pytestmark = pytest.mark.django_db


def test_an_owner_adds_renames_and_deletes_a_brand():
    people = cast()
    browser = browser_of(people.owner)
    assert "No brand yet" in text_of(browser.get(at(people.practice, "brands/")))
    browser.post(at(people.practice, "brands/new/"), {"name": "Smile"})
    brand = Brand.objects.get(practice=people.practice)
    assert brand.name == "Smile"
    browser.post(at(people.practice, f"brands/{brand.pk}/"), {"name": "Bright"})
    assert "Bright" in text_of(browser.get(at(people.practice, "brands/")))
    location = add_location(people.practice, people.owner, name="Elm", brand=brand)
    browser.post(at(people.practice, f"brands/{brand.pk}/"), {"name": "Bright"})
    again = Location.objects.get(pk=location.pk)
    assert again.updated == location.updated, "the same name makes no policy look out of date"
    location.delete()
    assert "Delete this brand?" in text_of(
        browser.get(at(people.practice, f"brands/{brand.pk}/delete/"))
    )
    browser.post(at(people.practice, f"brands/{brand.pk}/delete/"))
    assert not Brand.objects.exists()


def test_a_brand_keeps_to_one_name_of_a_kind():
    people = cast()
    smile = add_brand(people.practice, people.owner, name="Smile")
    other = add_brand(people.practice, people.owner, name="Other")
    with pytest.raises(BrandTaken):
        add_brand(people.practice, people.owner, name="Smile")
    with pytest.raises(BrandTaken):
        rename_brand(people.practice, people.owner, other.pk, name="Smile")
    answer = browser_of(people.owner).post(at(people.practice, "brands/new/"), {"name": "SMILE"})
    assert "There is a brand of this name already" in text_of(answer)
    same = browser_of(people.owner).post(
        at(people.practice, f"brands/{smile.pk}/"), {"name": "smile"}
    )
    assert same.status_code == 302


def test_a_brand_with_locations_is_not_deleted():
    people = cast()
    brand = add_brand(people.practice, people.owner, name="Smile")
    Location.objects.create(practice=people.practice, name="North", brand=brand)
    with pytest.raises(ProtectedError):
        delete_brand(people.practice, people.owner, brand.pk)
    answer = browser_of(people.owner).post(at(people.practice, f"brands/{brand.pk}/delete/"))
    assert answer.status_code == 409
    assert "1 location works under it" in text_of(answer)


def test_only_owners_change_brands():
    people = cast()
    brand = add_brand(people.practice, people.owner, name="Smile")
    for person in (people.editor, people.viewer, people.outsider):
        with pytest.raises(PermissionDenied):
            add_brand(people.practice, person, name="Other")
        with pytest.raises(PermissionDenied):
            rename_brand(people.practice, person, brand.pk, name="Other")
        with pytest.raises(PermissionDenied):
            delete_brand(people.practice, person, brand.pk)


def test_there_are_no_more_brands_than_a_page_shows(monkeypatch):
    people = cast()
    monkeypatch.setattr(brands, "LIMIT", 1)
    add_brand(people.practice, people.owner, name="Smile")
    with pytest.raises(TooManyBrands):
        add_brand(people.practice, people.owner, name="Other")


def test_locations_are_listed_page_by_page_and_found():
    people = cast()
    brand = add_brand(people.practice, people.owner, name="Smile")
    rows = [Location(practice=people.practice, name=f"Office {n:03}") for n in range(120)]
    Location.objects.bulk_create(rows)
    Location.objects.filter(name="Office 077").update(brand=brand, address="7 Elm Road")
    browser = browser_of(people.viewer)
    first = browser.get(at(people.practice, "locations/"))
    assert len(first.context["locations"]) == 50
    assert "120 locations" in text_of(first)
    for search in ("elm road", "smile", "office 077"):
        found = browser.get(at(people.practice, "locations/"), {"q": search})
        assert [one.name for one in found.context["locations"]] == ["Office 077"], search
    assert "Show all" in text_of(browser.get(at(people.practice, "locations/"), {"q": "nothing"}))
    last = browser.get(at(people.practice, "locations/"), {"q": "office", "page": "3"})
    assert len(last.context["locations"]) == 20


@pytest.mark.parametrize(
    ("typed", "read"), [("  a \n b ", "a b"), ("a\0b", "a b"), ("x" * 999, "x" * 100)]
)
def test_what_somebody_looks_for_is_one_line(typed, read):
    assert clean_search(typed) == read


def test_a_sign_that_databases_read_as_a_pattern_is_looked_for_as_it_is():
    people = cast()
    Location.objects.create(practice=people.practice, name="100 % Smile")
    Location.objects.create(practice=people.practice, name="Office_1")
    assert [one.name for one in matching(people.practice, "%")] == ["100 % Smile"]
    assert [one.name for one in matching(people.practice, "_")] == ["Office_1"]
