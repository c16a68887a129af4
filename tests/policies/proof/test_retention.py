"""Published versions are kept for six years after they were superseded; then the oldest may go."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from policygen.policies.models import Event, Policy, PolicyVersion, Print, VersionFile
from policygen.policies.proof import retention
from policygen.policies.proof.retention import StillKept, erase, keeping_of, years_after
from policygen.policies.proof.verify import Verification
from policygen.policies.published import files
from policygen.policies.published.storages import LocalFiles
from tests.policies.cast import cast, policy_of, published
from tests.releases import release_changes
from tests.wizard.visitors import FOLDER

pytestmark = pytest.mark.django_db

NAMES = ("Elm Dental", "Elm Dental Care", "Elm Dentists", "Elm")


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture
def today() -> date:
    return timezone.now().astimezone(UTC).date()


@pytest.fixture
def years_ago(today: date) -> date:
    """The latest day on which a version can have taken effect to free the one before it today."""
    days = (date(today.year - 6, 1, 1) + timedelta(days=n) for n in range(366))
    return max(day for day in days if years_after(day) <= today)


@pytest.fixture
def policy(db: None, settings: Any, tmp_path: Path, years_ago: date) -> Policy:
    """Four versions: the second one took effect long ago, the third six years ago."""
    settings.FILES_DIR = tmp_path / "files"
    settings.CLAUSES_DIR = FOLDER
    days = (date(2010, 3, 1), date(2012, 3, 1), years_ago, years_ago + timedelta(days=1))
    with time_machine.travel(noon(date(2009, 1, 1)), tick=False):
        release_changes(FOLDER)
        people = cast()
        policy = policy_of(people)
    for day, name in zip(days, NAMES, strict=True):
        with time_machine.travel(noon(day), tick=False):
            published(policy, people.owner, practice_name=name)
    return policy


def version(policy: Policy, number: int) -> PolicyVersion:
    return PolicyVersion.objects.get(policy=policy, number=number)


def problems() -> list[str]:
    run = Verification(quick=True)
    return [str(problem) for problem in run.problems(timezone.localdate())]


def stored(policy: Policy) -> set[str]:
    return set(VersionFile.objects.values_list("sha256", flat=True))


def test_a_version_whose_time_has_passed_is_erased_with_its_files(policy: Policy) -> None:
    gone = set(version(policy, 1).files.values_list("sha256", flat=True))
    assert gone <= set(files.names())
    by = policy.practice.memberships.get(role="owner").user
    digest = version(policy, 1).digest
    erase(version(policy, 1), by)
    assert not PolicyVersion.objects.filter(policy=policy, number=1).exists()
    assert set(files.names()) == stored(policy)
    assert not gone & stored(policy)
    assert not Print.objects.filter(sha256__in=gone).exists()
    assert Print.objects.count() == 3
    line = Event.objects.filter(policy=policy)[0]
    assert (line.action, line.version, line.details, line.by) == ("erased", 1, digest, by)
    assert problems() == []
    erase(version(policy, 2), by)
    assert problems() == []


def test_before_that_it_is_refused_with_the_reason_and_the_day(
    policy: Policy, years_ago: date
) -> None:
    erase(version(policy, 1), None)
    erase(version(policy, 2), None)
    before = stored(policy)
    with pytest.raises(StillKept, match=r"kept for 6 years after that\. It may be erased from"):
        erase(version(policy, 3), None)
    assert keeping_of(version(policy, 3)).until == years_after(years_ago + timedelta(days=1))
    with pytest.raises(StillKept, match="no later version has taken its place"):
        erase(version(policy, 4), None)
    assert stored(policy) == before == set(files.names())
    assert problems() == []


def test_the_oldest_goes_first(policy: Policy) -> None:
    with pytest.raises(StillKept, match="an older one is there"):
        erase(version(policy, 2), None)


def test_the_last_version_of_all_stays_for_ever(policy: Policy) -> None:
    with (
        time_machine.travel(noon(date(2990, 1, 1)), tick=False),
        pytest.raises(StillKept, match="no later version"),
    ):
        erase(version(policy, 4), None)


def test_a_clock_that_is_wrong_erases_nothing_too_early(policy: Policy) -> None:
    """The database asks its own calendar."""
    erase(version(policy, 1), None)
    erase(version(policy, 2), None)
    with (
        time_machine.travel(noon(date(2990, 1, 1)), tick=False),
        pytest.raises(DatabaseError, match="six years"),
        transaction.atomic(),
    ):
        erase(version(policy, 3), None)
    assert version(policy, 3).files.count() == 5
    assert problems() == []


def test_the_database_refuses_to_erase_out_of_turn_or_too_early(policy: Policy) -> None:
    for number in (2, 3, 4):
        for rows in (
            VersionFile.objects.filter(version__number=number),
            PolicyVersion.objects.filter(number=number),
        ):
            with pytest.raises(DatabaseError, match="six years"), transaction.atomic():
                rows._raw_delete("default")


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 11, 22), date(2032, 11, 22)),
        (date(2024, 2, 29), date(2030, 3, 1)),
        (date(2022, 2, 28), date(2028, 2, 28)),
    ],
)
def test_six_years_later_is_the_same_day_of_the_year(day: date, later: date) -> None:
    assert years_after(day) == later


def test_a_file_that_another_version_names_stays(policy: Policy) -> None:
    """Two policies whose documents are the same have the same files."""
    with time_machine.travel(noon(date(2010, 3, 1)), tick=False):
        owner = policy.practice.memberships.get(role="owner").user
        other = Policy.objects.create(practice=policy.practice, title="The same", slug="same")
        published(other, owner, practice_name=NAMES[0])
    shared = set(version(policy, 1).files.values_list("sha256", flat=True))
    assert shared == set(version(other, 1).files.values_list("sha256", flat=True))
    erase(version(policy, 1), None)
    assert shared <= set(files.names())
    assert problems() == []


def test_a_file_that_is_named_while_it_is_erased_is_put_back(policy: Policy) -> None:
    name = VersionFile.objects.all()[0].sha256
    retention._erase_file(name)
    assert files.is_in_place(name)


# ------------------------------------------------------------------ commands


def run(command: str, *words: Any, **options: Any) -> str:
    out = StringIO()
    call_command(command, *words, stdout=out, **options)
    return out.getvalue()


def test_the_command_offers_what_may_be_erased_and_erases_what_is_asked_for(
    policy: Policy, today: date
) -> None:
    address = "elm-dental/privacy-policy"
    offered = run("erase_versions", address).splitlines()
    assert offered[:2] == ["Version 1 may be erased.", "Version 2 may be erased."]
    assert offered[2].startswith("Version 3 is kept: the version after it takes its place on")
    assert len(offered) == 3
    assert PolicyVersion.objects.count() == 4, "nothing is erased without a number"
    assert run("erase_versions", address, up_to=1) == "Version 1 is erased.\n"
    with pytest.raises(CommandError, match="There is no version 1"):
        run("erase_versions", address, up_to=1)
    with pytest.raises(CommandError, match="Version 3 is kept"):
        run("erase_versions", address, up_to=3)
    assert [one.number for one in PolicyVersion.objects.all()] == [4, 3]
    assert problems() == []


def test_the_sweep_takes_what_publications_left_behind_a_day_ago(policy: Policy) -> None:
    root = LocalFiles().root
    staged = root / files.STAGED
    kept = VersionFile.objects.all()[0].sha256
    (root / kept[:2] / kept).rename(staged / kept)
    files.stage(b"fresh")
    old = files.stage(b"old")
    (staged / "part-x").write_bytes(b"x")
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    for name in (kept, old, "part-x"):
        os.utime(staged / name, (two_days_ago, two_days_ago))
    assert run("sweep_files") == "2 files deleted that no version names.\n"
    assert {path.name for path in staged.iterdir()} == {files.sha256(b"fresh")}
    assert files.is_in_place(kept), "what a version names is put where it belongs"
    assert problems() == []


def test_the_sweep_takes_files_that_a_restored_database_does_not_know_if_asked(
    policy: Policy,
) -> None:
    files.restore(b"nobody")
    assert run("sweep_files") == "0 files deleted that no version names.\n"
    assert len(problems()) == 1
    assert run("sweep_files", unnamed=True) == "1 file deleted that no version names.\n"
    assert problems() == []


def test_what_is_published_again_outlives_the_sweep_of_an_older_try(policy: Policy) -> None:
    name = files.stage(b"tried before")
    staged = LocalFiles().root / files.STAGED / name
    long_ago = time.time() - 9 * 24 * 60 * 60
    os.utime(staged, (long_ago, long_ago))
    files.stage(b"tried before")
    run("sweep_files")
    assert staged.exists()
