"""What is said of a draft's answers before it is published: days that are over, retired options."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from policygen.core.analysis.findings.finding import Finding
from policygen.core.conflicts import Severity
from policygen.policies.drafting.drafts import open_draft
from policygen.policies.drafting.findings import findings_of, question_of
from policygen.policies.holders import Holder
from policygen.policies.models import Draft
from policygen.practices.models import Practice
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, policy_of, published
from tests.releases import release_changes

DAY = "2099-02-15"


@pytest.fixture
def people(release: None) -> Cast:
    people = cast()
    Practice.objects.filter(pk=people.practice.pk).update(time_zone="America/Chicago")
    return people


def found(people: Cast, draft: Draft, code: str) -> list[Finding]:
    opened = open_draft(Holder(user=people.owner), draft.pk)
    return [one for one in findings_of(opened) if one.code == code]


@pytest.mark.parametrize(
    ("now", "is_over"),
    [
        (datetime(2099, 2, 14, 18, tzinfo=UTC), False),
        (datetime(2099, 2, 16, 4, tzinfo=UTC), False),  # it is still the 15th in Chicago
        (datetime(2099, 2, 16, 7, tzinfo=UTC), True),
    ],
)
def test_a_day_that_is_over_where_the_practice_is_is_to_be_checked(
    people: Cast, now: datetime, is_over: bool
) -> None:
    draft = drafted(policy_of(people), people.owner, effective_date=DAY)
    with time_machine.travel(now, tick=False):
        said = found(people, draft, "date-past")
    text = (
        "“From which day does it apply?” is answered February 15, 2099. "
        "That day is over: check that it still fits."
    )
    mend = "Enter the day from which this text applies."
    asked = ("effective_date",)
    warning = Finding("date-past", Severity.WARNS, text, mend, questions=asked)
    assert said == ([warning] if is_over else [])


def test_a_draft_that_begins_with_the_answers_before_it_says_that_their_day_is_over(
    people: Cast,
) -> None:
    policy = policy_of(people)
    published(policy, people.owner, effective_date="2020-02-15")
    assert len(found(people, drafted(policy, people.owner), "date-stale")) == 1


def retire_records(folder: Path, draft: Draft) -> None:
    option = (
        "      - {id: records, group: health, label: Records, help: Charts., "
        "phrase: your records}\n"
    )
    change(folder, "vocabulary.yaml", option, "")
    change(folder, "examples/elm.yaml", "  data: [name, records]\n", "  data: [name]\n")
    change(folder, "about/no-health.md", "{none: [data.health]}", "{none: [data]}")
    newer = release_changes(folder)
    Draft.objects.filter(pk=draft.pk).update(release=newer.digest)


@pytest.mark.parametrize("unsure", [False, True])
def test_a_retired_option_is_named_and_not_called_unknown(
    people: Cast, folder: Path, unsure: bool
) -> None:
    ticked = ["name", "records", *(["dont-know"] if unsure else [])]
    draft = drafted(policy_of(people), people.owner, data=ticked)
    retire_records(folder, draft)
    [said] = found(people, draft, "option-retired")
    assert said.says == (
        "The answer to “What data do you keep?” names something that is no longer offered "
        "(Records). The policy says nothing of it."
    )
    assert (said.severity, said.questions) == (Severity.WARNS, ("data",))
    question = question_of(said, open_draft(Holder(user=people.owner), draft.pk))
    assert question is not None
    assert question.page == "data"
    unknown = [one.questions for one in found(people, draft, "answer-unknown")]
    assert (("data",) in unknown) is unsure
