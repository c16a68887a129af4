"""Drafts are dated by the calendar of the practice, wherever they are shown or made into files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from policygen.policies import views, why_page
from policygen.policies.drafting.drafts import open_draft, start_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft
from policygen.practices.models import Practice
from policygen.wizard import views as interview
from tests.library.folders import change
from tests.policies.cast import Cast, account, cast, drafted, policy_of
from tests.releases import release_changes
from tests.signing_in import sign_in

EVENING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Evening in Chicago, where it is still the day before."""

DAYS = [
    ("America/Chicago", date(2026, 11, 22)),
    ("UTC", date(2026, 11, 23)),
    ("Pacific/Honolulu", date(2026, 11, 22)),
]


@pytest.fixture
def people(long_in_force: None) -> Cast:
    return cast()


def seen_days(monkeypatch: pytest.MonkeyPatch, room: Any, name: str) -> list[date]:
    """Note the days that a view asks one of its functions for."""
    days: list[date] = []
    real = getattr(room, name)

    def noting(*args: Any, on: date, **given: Any) -> Any:
        days.append(on)
        return real(*args, on=on, **given)

    monkeypatch.setattr(room, name, noting)
    return days


def of_practice(people: Cast, zone: str) -> Draft:
    Practice.objects.filter(pk=people.practice.pk).update(time_zone=zone)
    return drafted(policy_of(people), people.owner)


@pytest.mark.parametrize(("zone", "day"), DAYS)
def test_a_draft_of_a_policy_is_dated_where_the_practice_is(people, monkeypatch, zone, day):
    draft = of_practice(people, zone)
    asked = [
        seen_days(monkeypatch, interview, "said_by"),
        seen_days(monkeypatch, interview, "review_of"),
        seen_days(monkeypatch, why_page, "explained"),
    ]
    with time_machine.travel(EVENING, tick=False):
        client = sign_in(Client(), people.owner)
        assert open_draft(Holder(user=people.owner), draft.pk).today() == day
        base = f"/drafts/{draft.pk}/"
        assert client.get(f"{base}policy.json").json()["date"] == day.isoformat()
        assert day.isoformat() in client.get(f"{base}policy.html").content.decode()
        assert client.get(f"{base}review/").status_code == 200
        assert client.get(f"{base}why/").status_code == 200
        assert client.post(f"{base}practice/preview/").status_code == 200
        assert client.get(f"{base}reading/").status_code == 200
    assert asked == [[day], [day], [day]]


def test_what_a_newer_release_changes_is_looked_at_on_the_day_of_the_practice(
    people, folder, monkeypatch
):
    draft = of_practice(people, "America/Chicago")
    change(folder, "about/data.md", "We keep the following", "We store the following")
    asked = seen_days(monkeypatch, views, "move_of")
    with time_machine.travel(EVENING, tick=False):
        release_changes(folder)
        client = sign_in(Client(), people.owner)
        assert client.get(f"/drafts/{draft.pk}/release/").status_code == 200
    assert asked == [date(2026, 11, 22)]


def test_a_draft_of_nobody_is_dated_by_the_calendar_of_the_site(long_in_force):
    draft = start_draft(Holder("stranger"))
    with time_machine.travel(EVENING, tick=False):
        assert open_draft(Holder("stranger"), draft.pk).today() == date(2026, 11, 23)


def test_knowing_the_calendar_costs_no_query(people, django_assert_num_queries):
    draft = of_practice(people, "America/Chicago")
    with django_assert_num_queries(1):
        opened = open_draft(Holder(user=people.owner), draft.pk)
        opened.today()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("America/Chicago", "November 22, 2026, 19:00 CST"), ("UTC", "November 23, 2026, 01:00 UTC")],
)
def test_who_deletes_a_draft_reads_the_time_of_the_practice(people, zone, shown):
    draft = of_practice(people, zone)
    Draft.objects.filter(pk=draft.pk).update(updated=EVENING)
    page = sign_in(Client(), people.owner).get(f"/drafts/{draft.pk}/delete/").content.decode()
    assert f"saved {shown}." in page


def test_a_draft_of_nobody_is_deleted_with_the_time_of_the_site(release):
    client = Client()
    draft = start_draft(Holder(user=(owner := account("somebody"))))
    Draft.objects.filter(pk=draft.pk).update(updated=EVENING)
    page = sign_in(client, owner).get(f"/drafts/{draft.pk}/delete/").content.decode()
    assert "saved November 23, 2026, 01:00 UTC." in page


def test_only_who_has_no_account_reads_how_long_drafts_are_kept_without_one(people):
    note = "Without an account, a draft is kept"
    assert note in Client().get("/").content.decode()
    client = sign_in(Client(), people.owner)
    draft = start_draft(Holder(user=people.owner))
    for address in (
        "/",
        "/practices/new/",
        *(f"/drafts/{draft.pk}/{p}/" for p in ("review", "delete")),
    ):
        response = client.get(address)
        assert (response.status_code, note in response.content.decode()) == (200, False), address
