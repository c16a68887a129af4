"""Runs of tests begin in a day that lasts as long as they do."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.whole_day import LONGEST_RUN, until_it_lasts

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "before", [LONGEST_RUN, timedelta(hours=1), timedelta(hours=12), timedelta(hours=24)]
)
def test_a_run_begins_at_once_where_the_day_is_long_enough(before: timedelta) -> None:
    assert until_it_lasts(MIDNIGHT - before) == timedelta()


@pytest.mark.parametrize(
    "before", [timedelta(microseconds=1), timedelta(minutes=1), LONGEST_RUN - timedelta(seconds=1)]
)
def test_a_run_waits_for_a_midnight_that_is_near(before: timedelta) -> None:
    begins = MIDNIGHT - before + until_it_lasts(MIDNIGHT - before)
    assert MIDNIGHT < begins <= MIDNIGHT + timedelta(seconds=1)


def test_the_day_is_that_of_utc_wherever_the_machine_stands() -> None:
    there = timezone(timedelta(hours=-8))
    evening = (MIDNIGHT - timedelta(minutes=5)).astimezone(there)
    assert until_it_lasts(evening) == timedelta(minutes=5, seconds=1)
    assert until_it_lasts(datetime(2026, 2, 28, 23, 55, tzinfo=there)) == timedelta()
