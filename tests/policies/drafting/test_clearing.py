"""Nothing is looked for twice in the same, and whatever differs is looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from policygen.policies.drafting import clearing
from policygen.policies.drafting.clearing import clearance_of
from policygen.policies.drafting.drafts import Opened, open_draft, save_answers
from policygen.policies.drafting.findings import Reviewed, blocking, findings_of, reviewed
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, PolicyVersion
from policygen.policies.published import publishing
from policygen.policies.published.publishing import NotReady, document_in, publish_policy
from policygen.policies.stored import amendments_to_text
from tests.library.folders import change
from tests.policies.cast import Cast, cast, drafted, order, policy_of
from tests.releases import release_changes
from tests.wizard.visitors import answers

DAY = date(2026, 5, 4)


@pytest.fixture
def people(release: None) -> Cast:
    return cast()


@pytest.fixture
def draft(people: Cast) -> Draft:
    return drafted(policy_of(people), people.owner)


def opened(people: Cast, draft: Draft) -> Opened:
    return open_draft(Holder(user=people.owner), draft.pk)


def clearance(people: Cast, draft: Draft, today: date = DAY) -> str:
    return clearance_of(opened(people, draft), today=today)


def clearance_now(people: Cast, draft: Draft) -> str:
    found = opened(people, draft)
    return clearance_of(found, today=found.today())


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Opened]:
    """Return the drafts at which whoever published them looked."""
    found: list[Opened] = []

    def look(one: Opened) -> Any:
        found.append(one)
        return blocking(one)

    monkeypatch.setattr(publishing, "blocking", look)
    return found


def publish(people: Cast, draft: Draft, cleared: str) -> PolicyVersion:
    draft.refresh_from_db()
    return publish_policy(Holder(user=people.owner), draft.pk, order(draft), cleared=cleared)


# ------------------------------------------------------------------ the digest


def test_the_same_has_the_same_digest(people, draft):
    assert clearance(people, draft) == clearance(people, draft)


def test_other_answers_have_another_digest(people, draft):
    before = clearance(people, draft)
    save_answers(Holder(user=people.owner), draft.pk, answers({"effective_date": "2099-02-15"}))
    assert clearance(people, draft) != before


def test_inherited_answers_count(people, draft):
    one = opened(people, draft)
    inheriting = replace(one, inherited={"effective_date": "2099-02-15"})
    assert clearance_of(inheriting, today=DAY) != clearance_of(one, today=DAY)


@pytest.mark.parametrize(
    "changed", [{"amendments": "[{}]"}, {"base": 3}, {"answers": '{"practice_name":"Oak"}'}]
)
def test_whatever_of_a_draft_decides_counts(people, draft, changed):
    before = clearance(people, draft)
    Draft.objects.filter(pk=draft.pk).update(**changed)
    assert clearance(people, draft) != before


def test_another_release_has_another_digest(people, draft, folder: Path):
    before = clearance(people, draft)
    change(folder, "about/no-health.md", "{none: [data.health]}", "{none: [data]}")
    newer = release_changes(folder)
    Draft.objects.filter(pk=draft.pk).update(release=newer.digest)
    assert clearance(people, draft) != before


def test_a_release_that_is_gone_counts_although_the_library_is_the_same(people, draft):
    one = opened(people, draft)
    displaced = replace(one, release="0" * 64)
    assert displaced.library.digest == one.library.digest
    assert clearance_of(displaced, today=DAY) != clearance_of(one, today=DAY)


def test_another_day_has_another_digest(people, draft):
    assert clearance(people, draft, DAY) != clearance(people, draft, DAY + timedelta(days=1))


@pytest.mark.parametrize(("name", "value"), [("CODE", "other"), ("_words", lambda _: "other")])
def test_other_code_and_other_words_have_another_digest(
    people, draft, monkeypatch, name: str, value: object
):
    before = clearance(people, draft)
    monkeypatch.setattr(clearing, name, value)
    assert clearance(people, draft) != before


def test_the_digest_of_the_code_is_that_of_every_file_of_it(tmp_path, monkeypatch):
    (tmp_path / "core").mkdir()
    (tmp_path / "__init__.py").write_text("")
    part = tmp_path / "core" / "findings.py"
    part.write_text("GRADE = 10")
    monkeypatch.setattr(clearing.policygen, "__file__", str(tmp_path / "__init__.py"))
    before = clearing._code()
    assert before == clearing._code() != clearing.CODE
    part.write_text("GRADE = 11")
    assert clearing._code() != before


# ------------------------------------------------------------------ publishing


def test_what_was_looked_at_is_not_looked_at_again(people, draft, looked):
    assert publish(people, draft, clearance_now(people, draft)).number == 1
    assert looked == []


@pytest.mark.parametrize("cleared", ["", "0" * 64])
def test_without_the_right_digest_whoever_publishes_looks(people, draft, looked, cleared):
    assert publish(people, draft, cleared).number == 1
    assert len(looked) == 1


def test_a_draft_that_changed_since_is_looked_at_and_what_blocks_it_is_found(people, draft, looked):
    cleared = clearance_now(people, draft)
    Draft.objects.filter(pk=draft.pk).update(amendments="not even JSON")
    with pytest.raises(NotReady):
        publish(people, draft, cleared)
    assert len(looked) == 1
    assert not PolicyVersion.objects.exists()


def test_on_the_next_day_one_looks_again(people, draft, looked):
    cleared = clearance_now(people, draft)
    now = timezone.now()
    tomorrow = datetime(now.year, now.month, now.day, 12, tzinfo=UTC) + timedelta(days=1)
    with time_machine.travel(tomorrow, tick=False):
        publish(people, draft, cleared)
    assert len(looked) == 1


# ------------------------------------------------------------------ what is reviewed


def test_a_review_without_anything_that_blocks_has_the_document_of_that_day(people, draft):
    one = opened(people, draft)
    found = reviewed(one, today=DAY)
    assert found.findings == findings_of(one, today=DAY)
    assert found.blocking == ()
    assert found.document == document_in(one, on=DAY)


def test_what_blocks_is_among_what_is_said(people, draft):
    Draft.objects.filter(pk=draft.pk).update(answers="{}", amendments=amendments_to_text([]))
    found: Reviewed = reviewed(opened(people, draft), today=DAY)
    assert found.blocking
    assert found.blocking == found.findings[: len(found.blocking)], "what blocks comes first"
