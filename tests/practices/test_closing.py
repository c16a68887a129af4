"""Locations that have closed: they stay, and nothing new is made for them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from policygen.policies.drafting.beginning import set_up_policy
from policygen.practices.brands import with_counts
from policygen.practices.import_views import outcome
from policygen.practices.importing.exporting import exported
from policygen.practices.importing.reading import read_file
from policygen.practices.importing.writing import import_table
from policygen.practices.locations import (
    NotThatDay,
    close_location,
    open_in,
    reopen_location,
)
from policygen.practices.models import Brand, Location
from tests.policies.cast import Cast
from tests.practices.browsers import at, browser_of, text_of

DAY = date(2026, 3, 1)


def location(people: Cast, name: str = "Main Street", **more: object) -> Location:
    return Location.objects.create(practice=people.practice, name=name, **more)


def today() -> date:
    return timezone.localdate()


def form_of(on: date | str) -> dict[str, str]:
    return {"closed_on": str(on)}


# ------------------------------------------------------------------ closing and reopening


def test_a_location_closes_and_opens_again(people):
    found = location(people)
    before = found.updated
    closed = close_location(people.practice, people.owner, found.pk, on=DAY)
    found.refresh_from_db()
    assert found.closed_on == closed.closed_on == DAY
    assert found.updated > before
    assert not open_in(people.practice).exists()
    reopen_location(people.practice, people.owner, found.pk)
    assert list(open_in(people.practice)) == [found]


def test_what_changes_nothing_writes_nothing(people):
    found = location(people, closed_on=DAY)
    close_location(people.practice, people.owner, found.pk, on=DAY)
    before = found.updated
    found.refresh_from_db()
    assert found.updated == before
    close_location(people.practice, people.owner, found.pk, on=today())
    found.refresh_from_db()
    assert (found.closed_on, found.updated > before) == (today(), True)


@pytest.mark.parametrize("on", [date(1899, 12, 31), date(9999, 1, 1), "tomorrow"])
def test_a_day_that_cannot_be_is_refused(people, on):
    found = location(people)
    day = today() + timedelta(days=1) if on == "tomorrow" else on
    with pytest.raises(NotThatDay, match=r"still to come|too long ago"):
        close_location(people.practice, people.owner, found.pk, on=day)
    assert open_in(people.practice).exists()


def test_the_day_is_one_of_the_calendar_of_the_practice(people, time_machine):
    found = location(people)
    time_machine.move_to("2026-03-01T23:30:00+00:00")
    people.practice.time_zone = "Pacific/Auckland"
    people.practice.save()
    close_location(people.practice, people.owner, found.pk, on=date(2026, 3, 2))
    people.practice.time_zone = "America/Chicago"
    people.practice.save()
    with pytest.raises(NotThatDay):
        close_location(people.practice, people.owner, found.pk, on=date(2026, 3, 2))


@pytest.mark.parametrize("who", ["editor", "reviewer", "viewer", "outsider"])
def test_nobody_but_an_owner_closes_or_reopens(people, who):
    found = location(people)
    with pytest.raises(PermissionDenied):
        close_location(people.practice, getattr(people, who), found.pk, on=DAY)
    found.closed_on = DAY
    found.save()
    with pytest.raises(PermissionDenied):
        reopen_location(people.practice, getattr(people, who), found.pk)
    found.refresh_from_db()
    assert found.closed_on == DAY


def test_a_location_of_another_practice_is_not_there(people):
    found = Location.objects.create(practice=people.other, name="Foreign")
    with pytest.raises(Location.DoesNotExist):
        close_location(people.practice, people.owner, found.pk, on=DAY)
    with pytest.raises(Location.DoesNotExist):
        reopen_location(people.practice, people.owner, found.pk)


def test_a_brand_counts_its_open_locations(people):
    brand = Brand.objects.create(practice=people.practice, name="Oak")
    location(people, brand=brand)
    location(people, "High Street", brand=brand, closed_on=DAY)
    assert [one.count for one in with_counts(people.practice)] == [1]
    page = browser_of(people.viewer).get(at(people.practice, "brands/"))
    assert "1 open location" in text_of(page)


# ------------------------------------------------------------------ the pages


def test_an_owner_closes_a_location_corrects_the_day_and_reopens_it(people):
    found = location(people)
    client = browser_of(people.owner)
    page = at(people.practice, f"locations/{found.pk}/")
    assert "Close this location" in text_of(client.get(page))
    asked = client.get(f"{page}close/")
    assert f'value="{today()}"' in asked.content.decode()
    assert "stays public" in text_of(asked)
    told = client.post(f"{page}close/", form_of(DAY), follow=True)
    assert "“Main Street” is closed" in text_of(told)
    assert "Closed on March 1, 2026" in text_of(client.get(page))
    assert f'value="{DAY}"' in client.get(f"{page}close/").content.decode()
    client.post(f"{page}close/", form_of("2026-03-02"))
    found.refresh_from_db()
    assert found.closed_on == date(2026, 3, 2)
    told = client.post(f"{page}reopen/", follow=True)
    assert "is open again" in text_of(told)
    found.refresh_from_db()
    assert found.closed_on is None


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("", "Choose the day on which it closed"),
        ("soon", "Write the day as year, month and day"),
        ("2026-02-30", "There is no such day"),
        ("9999-01-01", "is still to come"),
        ("0026-03-01", "is too long ago"),
    ],
)
def test_a_day_that_cannot_be_is_refused_on_the_page(people, on, said):
    found = location(people)
    client = browser_of(people.owner)
    refused = client.post(at(people.practice, f"locations/{found.pk}/close/"), form_of(on))
    assert refused.status_code == 400
    assert said in text_of(refused)
    found.refresh_from_db()
    assert found.closed_on is None


@pytest.mark.parametrize("who", ["editor", "reviewer", "viewer"])
def test_others_see_that_it_closed_and_change_nothing(people, who):
    found = location(people, closed_on=DAY)
    client = browser_of(getattr(people, who))
    listed = client.get(at(people.practice, "locations/?only=closed"))
    assert "Closed on March 1, 2026" in text_of(listed)
    for path in ("close/", "reopen/"):
        sent = client.post(at(people.practice, f"locations/{found.pk}/{path}"), form_of(today()))
        assert sent.status_code == 403
    found.refresh_from_db()
    assert found.closed_on == DAY


def test_outsiders_and_foreign_locations_get_the_page_that_nothing_gets(people):
    own, foreign = location(people), Location.objects.create(practice=people.other, name="Foreign")
    missing = browser_of(people.owner).get(at(people.practice, "locations/99999/close/"))
    for path in ("close/", "reopen/"):
        answers = [
            browser_of(people.outsider).post(
                at(people.practice, f"locations/{own.pk}/{path}"), form_of(DAY)
            ),
            browser_of(people.owner).post(
                at(people.practice, f"locations/{foreign.pk}/{path}"), form_of(DAY)
            ),
        ]
        assert [one.status_code for one in answers] == [404, 404]
        assert {one.content for one in answers} == {missing.content}
    assert not Location.objects.exclude(closed_on=None).exists()


def test_looking_changes_nothing(people):
    found = location(people, closed_on=DAY)
    client = browser_of(people.owner)
    assert client.get(at(people.practice, f"locations/{found.pk}/reopen/")).status_code == 405
    client.get(at(people.practice, f"locations/{found.pk}/close/?closed_on=2026-03-02"))
    found.refresh_from_db()
    assert found.closed_on == DAY


def test_the_list_shows_open_locations_and_leads_to_the_closed_ones(people):
    location(people)
    location(people, "Oak Street", closed_on=DAY)
    location(people, "Old Oak Street", closed_on=DAY)
    client = browser_of(people.viewer)
    shown = text_of(client.get(at(people.practice, "locations/")))
    assert "1 location" in shown
    assert "Main Street" in shown
    assert "Oak Street" not in shown
    assert "Show closed locations (2)" in shown
    closed = client.get(at(people.practice, "locations/?only=closed&q=old"))
    assert "Old Oak Street" in text_of(closed)
    assert "Show open locations (0)" in text_of(closed)
    assert 'name="only" value="closed"' in closed.content.decode()
    none_open = text_of(client.get(at(people.practice, "locations/?q=oak")))
    assert "0 locations for “oak”" in none_open
    assert "Show closed locations (2)" in none_open


def test_where_all_are_closed_the_list_says_so(people):
    location(people, closed_on=DAY)
    shown = text_of(browser_of(people.owner).get(at(people.practice, "locations/")))
    assert "No location yet" not in shown
    assert "Show closed locations (1)" in shown


def test_where_deleting_is_refused_closing_is_offered(people):
    found = location(people)
    set_up_policy(people.practice, people.owner, title="Privacy", location=found)
    client = browser_of(people.owner)
    address = at(people.practice, f"locations/{found.pk}/")
    for refused in (client.get(f"{address}delete/"), client.post(f"{address}delete/")):
        assert f'href="{address}close/"' in refused.content.decode()
    assert "Privacy" in text_of(client.get(f"{address}close/"))
    close_location(people.practice, people.owner, found.pk, on=DAY)
    assert f'href="{address}close/"' not in client.get(f"{address}delete/").content.decode()


# ------------------------------------------------------------------ files


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_closed_locations_go_out_and_come_back_into_an_empty_practice(people, ending):
    location(people, address="1 Main Street")
    location(people, "Oak Street", closed_on=DAY)
    file = exported(people.practice, ending)
    again = import_table(people.practice, people.owner, read_file(file), good_rows=False)
    assert (again.good, again.unchanged) == (0, 2)
    import_table(people.other, people.outsider, read_file(file), good_rows=False)
    assert exported(people.other, ending) == file
    assert Location.objects.get(practice=people.other, closed_on=DAY).name == "Oak Street"


def test_a_file_closes_and_reopens_and_its_preview_says_so(people):
    main, oak = location(people), location(people, "Oak Street", closed_on=DAY)
    table = read_file(b"Name,Closed\r\nMain Street,2026-03-02\r\nOak Street,\r\n")
    plan = import_table(people.practice, people.owner, table, good_rows=False)
    assert (plan.closing, plan.reopening) == (1, 1)
    assert "1 closed, 1 opened again" in outcome(plan)
    main.refresh_from_db()
    oak.refresh_from_db()
    assert (main.closed_on, oak.closed_on) == (date(2026, 3, 2), None)
