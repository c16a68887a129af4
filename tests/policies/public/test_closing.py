"""What strangers read of a policy whose location has closed, and that caches learn of it."""

from __future__ import annotations

from datetime import date
from unittest.mock import patch

import pytest
from django.db import DatabaseError

from policygen.policies.models import Policy, PolicyVersion, VersionFile
from policygen.policies.public import standing
from policygen.practices.locations import close_location, reopen_location
from policygen.practices.models import Location
from tests.policies.cast import Cast, published
from tests.policies.public.conftest import ADDRESS, days, later
from tests.policies.public.test_pages import read

pytestmark = pytest.mark.django_db

SAID = "Oak & Elm Street closed on March 1, 2026."
TOLD = ("/", "/versions/")
FROZEN = ("/v/1/", "/v/2/", "/fragment/", ".html", ".json", "/v/1.html", "/v/1.json", "/feed.atom")


@pytest.fixture
def place(people: Cast, policy: Policy) -> Location:
    """The location of a policy with two versions, of which the second applies."""
    place = Location.objects.create(practice=people.practice, name="Oak & Elm Street")
    policy.location = place
    policy.save()
    published(policy, people.owner)
    published(policy, people.owner, short_name="Oak")
    return place


def close(people: Cast, place: Location, on: date = date(2026, 3, 1)) -> None:
    close_location(people.practice, people.owner, place.pk, on=on)


@pytest.mark.parametrize("tail", TOLD)
def test_its_pages_say_plainly_that_it_closed(client, people, place, tail):
    assert "closed" not in read(client, tail)
    close(people, place)
    page = read(client, tail)
    assert page.count(SAID) == 1
    assert "stays here for people whose information the practice still keeps" in page
    reopen_location(people.practice, people.owner, place.pk)
    assert "closed on" not in read(client, tail)


@pytest.mark.parametrize("tail", TOLD)
def test_a_cache_learns_that_it_closed_opened_or_has_another_name(client, people, place, tail):
    def asked() -> str:
        return str(client.get(ADDRESS + tail).headers["ETag"])

    first = asked()
    close(people, place)
    second = asked()
    again = client.get(ADDRESS + tail, headers={"If-None-Match": first})
    assert (again.status_code, again.headers["ETag"]) == (200, second)
    assert client.get(ADDRESS + tail, headers={"If-None-Match": second}).status_code == 304
    close(people, place, date(2026, 3, 2))
    third = asked()
    Location.objects.filter(pk=place.pk).update(name="Oak Street")
    fourth = asked()
    reopen_location(people.practice, people.owner, place.pk)
    assert len({first, second, third, fourth}) == 4
    assert asked() == first


@pytest.mark.parametrize("tail", FROZEN)
def test_nothing_that_is_frozen_changes(client, people, place, tail):
    before = client.get(ADDRESS + tail)
    close(people, place)
    after = client.get(ADDRESS + tail)
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])


def test_no_version_and_no_file_is_written(people, place):
    def kept() -> tuple[list[object], list[object]]:
        versions = PolicyVersion.objects.order_by("pk").values_list("digest", "document")
        return list(versions), list(VersionFile.objects.order_by("pk").values())

    before = kept()
    close(people, place)
    assert kept() == before


def test_a_version_that_waits_is_still_told_of(client, people, place, policy):
    published(policy, people.owner, effective_on=days(3), short_name="Ash")
    close(people, place)
    page = read(client)
    assert page.index(SAID) < page.index("A new version applies from")
    with later(4):
        assert "A new version" not in read(client)
        assert SAID in read(client)


def test_while_the_database_is_away_the_page_stays_as_it_was_last_seen(client, people, place):
    close(people, place)
    page = read(client)
    with patch.object(standing, "_rows", side_effect=DatabaseError):
        assert read(client) == page


def test_another_location_that_closes_is_not_spoken_of(client, people, place):
    other = Location.objects.create(practice=people.practice, name="Ash Street")
    close(people, other)
    assert "closed on" not in read(client)


def test_the_name_is_text_and_no_markup(client, people, place):
    Location.objects.filter(pk=place.pk).update(name="<b>Oak</b>")
    close(people, place)
    for tail in TOLD:
        assert b"&lt;b&gt;Oak&lt;/b&gt; closed on" in client.get(ADDRESS + tail).content
