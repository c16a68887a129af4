"""Groups in the archive of a practice, and what verify says of damaged ones."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policygen.library.answers_file import read_answers_file
from policygen.policies.drafting.beginning import set_up_policy
from policygen.policies.drafting.drafts import save_answers
from policygen.policies.drafting.groups import draft_of_level, level_for
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Level, Policy
from policygen.policies.proof.archive import write_archive
from policygen.policies.proof.groups import problems_of_groups
from policygen.policies.proof.verify import Verification
from policygen.practices.models import Brand, Location
from tests.policies.bulk.fleet import Fleet, fleet
from tests.policies.cast import policy_of
from tests.wizard.visitors import answers, elm, library

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


@pytest.fixture
def made() -> Fleet:
    """Two locations, the first of a brand; both answer something differently."""
    made = fleet(2)
    owner = made.people.owner
    brand = Brand.objects.create(practice=made.people.practice, name="Smile")
    Location.objects.filter(pk=made.locations[0].pk).update(brand=brand, fax="555-0100")
    of_brand = draft_of_level(level_for(made.group, brand=brand), owner)
    save_answers(Holder(user=owner), of_brand.pk, answers({"motto": "We smile."}))
    level = level_for(made.group, location=made.locations[0])
    own = draft_of_level(level, owner)
    save_answers(Holder(user=owner), own.pk, answers({"short_name": "Elm West"}))
    set_up_policy(
        made.people.practice, owner, title="West", location=made.locations[0], level=level
    )
    return made


def test_the_archive_has_groups_brands_and_what_differs(made):
    file = io.BytesIO()
    write_archive(made.people.practice, file)
    archive = ZipFile(file)
    levels = [name for name in archive.namelist() if name.startswith("groups/")]
    assert sorted(levels) == [
        "groups/0001/group.json",
        "groups/0001/levels/0001/answers.json",
        "groups/0001/levels/0001/answers.yaml",
        "groups/0001/levels/0001/level.json",
        "groups/0001/levels/0002/answers.json",
        "groups/0001/levels/0002/level.json",
        "groups/0001/levels/0003/answers.json",
        "groups/0001/levels/0003/level.json",
    ]

    def read(name: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(archive.read(name))
        return found

    practice = read("practice.json")
    assert practice["brands"] == ["Smile"]
    assert practice["locations"][0]["brand"] == "Smile"  # type: ignore[index]
    assert read("groups/0001/group.json")["title"] == "Privacy"
    root = read_answers_file(
        archive.read("groups/0001/levels/0001/answers.yaml"), library().vocabulary
    )
    assert root.answers.to_raw() == {k: v for k, v in elm().items() if k != "locations"}
    assert read("groups/0001/levels/0002/answers.json") == {"motto": "We smile."}
    last = read("groups/0001/levels/0003/level.json")
    assert (last["location"], last["policy"]) == ("Office 1", "policies/0001")
    assert read("groups/0001/levels/0003/answers.json") == {"short_name": "Elm West"}


def test_a_group_that_is_as_it_should_be_is_not_spoken_of(made):
    assert list(problems_of_groups()) == []


FAULTS: dict[str, tuple[Callable[[Fleet], object], str]] = {
    "the group's own answers are gone": (
        lambda made: Draft.objects.filter(level__brand=None, level__location=None).delete(),
        "It has no answers of its own.",
    ),
    "a location has the brand of another practice": (
        lambda made: Location.objects.update(brand=theirs(made)),
        "Its brand is that of another practice.",
    ),
    "a level is one of another practice": (
        lambda made: Level.objects.filter(brand__isnull=False).update(brand=theirs(made)),
        "Its brand is one of another practice than its group.",
    ),
    "the policy of a level is for another location": (
        lambda made: Policy.objects.update(location=made.locations[1]),
        "Its policy is for another location.",
    ),
    "a level uses another release": (
        lambda made: Draft.objects.filter(level__location__isnull=False).update(release="0" * 64),
        "It uses another release than the group that it belongs to.",
    ),
}


def theirs(made: Fleet) -> Brand:
    return Brand.objects.create(practice=made.people.other, name="Oak")


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_is_found(made, fault):
    policy_of(made.people)  # one that belongs to no group
    break_it, says = FAULTS[fault]
    break_it(made)
    today = timezone.localdate()
    assert says in [problem.message for problem in Verification(quick=True).problems(today)]


def test_the_archive_asks_no_more_for_more_levels(made):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            write_archive(made.people.practice, io.BytesIO())
        return len(asked)

    before = queries()
    owner = made.people.owner
    own = draft_of_level(level_for(made.group, location=made.locations[1]), owner)
    save_answers(Holder(user=owner), own.pk, answers({"short_name": "Elm East"}))
    for number in range(3):
        brand = Brand.objects.create(practice=made.people.practice, name=f"Oak {number}")
        draft_of_level(level_for(made.group, brand=brand), owner)
    assert queries() == before
