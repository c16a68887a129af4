"""X11: the clock steps back, ahead, over a leap day and over changes of daylight saving time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from policygen.policies.holders import Holder
from policygen.policies.models import Event, Policy, PolicyVersion
from policygen.policies.published.publishing import WrongDate, publish_policy
from policygen.policies.published.versions import in_force
from tests.faults.site import problems
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_pdfs")]

ZONES = (
    *("America/Chicago", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago"),
    *("Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"),
)
"""Whole hours and half ones, days that begin at one o’clock, and both ends of the world."""

SECOND = timedelta(seconds=1)
ADDRESS = "/p/elm-dental/privacy-policy"


@pytest.fixture
def people(release: None) -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def test_a_clock_that_steps_back_or_ahead_changes_no_order(policy: Policy, people: Cast) -> None:
    now = (timezone.now() + timedelta(days=1)).replace(hour=12)  # the release is of today
    for n, step in enumerate((0, -1, 24 * 365, -2, 1)):
        with time_machine.travel(now + timedelta(hours=step), tick=False):
            published(policy, people.owner, practice_name=f"Elm {n}")
            assert problems() == []
    numbers = PolicyVersion.objects.order_by("pk").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5]
    lines = Event.objects.filter(policy=policy).order_by("pk").values_list("number", flat=True)
    assert list(lines) == list(range(1, len(lines) + 1))
    current = in_force(policy, now.date() + timedelta(days=1))
    assert current is not None
    assert current.number == 5, "the last word counts, though a clock ran ahead in between"


def first_moment_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first second of a day, found by looking at the clock on the wall."""
    low = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    high = low + timedelta(days=2)
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (low, middle) if middle.astimezone(zone).date() >= day else (middle, high)
    return high


def days_to_try(zone: ZoneInfo, today: date) -> list[date]:
    """Return days ahead on which the zone changes its offset, the next leap day, and one more."""
    ahead = [today + timedelta(days=n) for n in range(3, 725)]
    noons = [(day, datetime(day.year, day.month, day.day, 12, tzinfo=zone)) for day in ahead]
    changes = [
        day
        for (day, noon), (_, before) in zip(noons[1:], noons, strict=False)
        if noon.utcoffset() != before.utcoffset()
    ]
    leap = [day for day in ahead if (day.month, day.day) == (2, 29)]
    return sorted({*changes[:2], *leap[:1], ahead[0]})


@pytest.mark.parametrize("name", ZONES)
def test_a_version_takes_effect_at_midnight_where_the_practice_is(
    policy: Policy, people: Cast, name: str
) -> None:
    zone = ZoneInfo(name)
    people.practice.time_zone = name
    people.practice.save()
    policy.practice.refresh_from_db()
    # Tomorrow, for the release is of today; and the clock stands, for a day may begin anywhere.
    noon = (timezone.now() + timedelta(days=1)).replace(hour=12)
    with time_machine.travel(noon, tick=False):
        today = people.practice.today()
        published(policy, people.owner, effective_on=today)
        days = days_to_try(zone, today)
        for n, day in enumerate(days, start=2):
            published(policy, people.owner, effective_on=day, practice_name=f"Elm {n}")
    for n, day in enumerate(days, start=2):
        moment = first_moment_of(day, zone)
        assert moment.astimezone(zone).date() == day
        for at, number in ((moment - SECOND, n - 1), (moment, n)):
            with time_machine.travel(at, tick=False):
                current = in_force(policy, policy.practice.today())
                assert current is not None
                assert current.number == number, (day, at)
                shown = Client().get(f"{ADDRESS}.json").content
                wanted = Client().get(f"{ADDRESS}/v/{number}.json").content
                assert shown == wanted
    assert problems() == []


def test_a_day_that_is_over_where_the_practice_is_is_past(policy: Policy, people: Cast) -> None:
    """While it is still that day in most of the world."""
    people.practice.time_zone = "Pacific/Kiritimati"
    people.practice.save()
    tomorrow = timezone.localdate() + timedelta(days=2)
    eleven = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 11, tzinfo=UTC)
    with time_machine.travel(eleven, tick=False):
        draft = drafted(policy, people.owner)
        holder = Holder(user=people.owner)
        with pytest.raises(WrongDate):
            publish_policy(holder, draft.pk, order(draft, effective_on=tomorrow))
        day = tomorrow + timedelta(days=1)
        publish_policy(holder, draft.pk, order(draft, effective_on=day))
        assert Client().get(f"{ADDRESS}.txt").status_code == 200
    assert problems() == []
