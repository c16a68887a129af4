"""Publishing a draft: one whole version or none, frozen for ever, and only by whoever may."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.answers import Standing
from policygen.core.problems import Problem, Refused
from policygen.policies.drafting.beginning import begin_draft, keep_draft, rebase_draft
from policygen.policies.drafting.drafts import NotAllowed, Overtaken, save_answers, start_draft
from policygen.policies.events import Action, problems_of
from policygen.policies.frozen import from_frozen
from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Event, Policy, PolicyVersion, VersionFile
from policygen.policies.published import files, publishing
from policygen.policies.published.publishing import (
    AlreadyPublished,
    NotApproved,
    NotPublished,
    NotReady,
    Superseded,
    WrongDate,
    WrongKind,
    WrongReason,
    publish_policy,
    rebuilt,
)
from policygen.policies.published.versions import Stage, digest_of, document_of, files_of, spans
from policygen.policies.reviewing.review import approve, submit
from policygen.rendering import FORMATS, RenderingFailed
from tests.policies.cast import Cast, cast, drafted, order, policy_of, published
from tests.threads import together
from tests.wizard.visitors import answers, elm

pytestmark = pytest.mark.usefixtures("release")

YEARS_AHEAD = timedelta(days=731)


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


def publish(draft: Draft, by: Any, **changed: Any) -> PolicyVersion:
    return publish_policy(Holder(user=by), draft.pk, order(draft, **changed))


def untouched(draft: Draft) -> None:
    """Nothing was published, and the draft is as it was."""
    assert not PolicyVersion.objects.filter(draft=draft.pk).exists()
    now = Draft.objects.get(pk=draft.pk)
    assert (now.answers, now.revision, now.state) == (draft.answers, draft.revision, draft.state)
    assert not Event.objects.filter(action=Action.PUBLISHED, draft=draft.pk).exists()


# ------------------------------------------------------------------ what a version holds


def test_a_version_says_who_when_why_and_from_what(people, policy):
    draft = drafted(policy, people.editor)
    before = timezone.now()
    version = publish(draft, people.editor, reason="First one.", kind=ChangeKind.MATERIAL)
    assert (version.policy, version.number, version.draft) == (policy, 1, draft.pk)
    assert (version.published_by, version.publisher) == (people.editor, people.editor.username)
    assert (version.reason, version.kind) == ("First one.", "material")
    assert version.effective_on == timezone.localdate()
    assert before <= version.published_at <= timezone.now()
    assert (version.release, version.release_number) == (draft.release, 1)
    assert version.previous == "0" * 64
    assert not Draft.objects.exists()


def test_the_answers_are_frozen_as_they_were_asked(people, policy):
    version = published(policy, people.owner)
    asked = {one.question: one for one in from_frozen(version.answers)}
    assert asked["practice_name"].ask == "What is your full name?"
    assert asked["practice_name"].raw == "Elm Dental, PLLC"
    assert asked["organization"].display == ("A dental practice",)
    assert asked["motto"].standing is Standing.ANSWERED
    assert asked["marketing_basis"].standing is Standing.UNKNOWN
    assert asked["marketing_basis"].raw == "dont-know"
    without = published(policy, people.owner, marketing="none")
    assert {one.question: one.standing for one in from_frozen(without.answers)}[
        "marketing_basis"
    ] is Standing.SKIPPED


def test_every_format_is_stored_and_its_bytes_are_those_of_the_document(people, policy):
    version = published(policy, people.owner)
    stored = files_of(version)
    assert set(stored) == set(FORMATS)
    for name, file in stored.items():
        content = files.read(file.sha256)
        assert (file.size, file.sha256) == (len(content), files.sha256(content))
        assert content == FORMATS[name].render(document_of(version)).content


def test_the_same_policy_comes_out_of_the_frozen_answers_and_the_release(people, policy):
    version = PolicyVersion.objects.get(pk=published(policy, people.owner).pk)
    assert rebuilt(version) == document_of(version)


def test_versions_are_numbered_without_gaps_and_name_the_one_before(people, policy):
    first = published(policy, people.owner)
    second = published(policy, people.editor, motto="We care.")
    third = published(policy, people.owner, motto="We care more.")
    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert [second.previous, third.previous] == [first.digest, second.digest]
    assert list(problems_of(policy)) == []


def test_the_digest_covers_everything_that_a_version_holds(people, policy):
    version = PolicyVersion.objects.get(pk=published(policy, people.owner).pk)
    stored = list(files_of(version).values())
    assert digest_of(version, stored) == version.digest
    changed: dict[str, Any] = {
        "policy_id": 0,
        "number": 2,
        "draft": uuid4(),
        "effective_on": version.effective_on + timedelta(days=1),
        "published_at": version.published_at + timedelta(microseconds=1),
        "published_by_id": 0,
        "publisher": "x",
        "reason": "x",
        "kind": "editorial",
        "release": "x",
        "release_number": 2,
        "answers": "[]",
        "amendments": "[1]",
        "document": "{}",
        "review": "{}",
        "previous": "x",
    }
    held = {field.attname for field in PolicyVersion._meta.concrete_fields}
    assert set(changed) == held - {"id", "digest"}
    for name, value in changed.items():
        other = PolicyVersion.objects.get(pk=version.pk)
        setattr(other, name, value)
        assert digest_of(other, stored) != version.digest, name
    assert digest_of(version, stored[1:]) != version.digest
    for field in ("format", "sha256", "size", "content_type", "filename", "renderer"):
        first = VersionFile.objects.get(pk=stored[0].pk)
        setattr(first, field, 7 if field == "size" else "x")
        assert digest_of(version, [first, *stored[1:]]) != version.digest, field


def test_the_next_draft_begins_with_what_was_published(people, policy):
    version = published(policy, people.owner, motto="We care.")
    draft = begin_draft(policy, people.editor)
    assert draft.base == version.number
    assert json.loads(draft.answers) == {**elm(), "motto": "We care."}
    again = publish(draft, people.editor)
    assert document_of(again) == document_of(version)


def test_publishing_an_old_text_again_makes_a_new_version(people, policy):
    first = published(policy, people.owner)
    published(policy, people.owner, motto="We care.")
    third = published(policy, people.owner, motto=elm()["motto"])
    assert document_of(third) == document_of(first)
    assert third.number == 3


def test_a_file_that_cannot_be_put_into_its_place_yet_is_read_all_the_same(
    people, policy, monkeypatch
):
    def fail(names: object) -> None:
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as patch:
        patch.setattr(files, "settle", fail)
        version = published(policy, people.owner)
    for file in files_of(version).values():
        assert files.sha256(files.read(file.sha256)) == file.sha256


# ------------------------------------------------------------------ when it applies


@pytest.mark.parametrize(
    "day",
    [
        date(1, 1, 1),
        date(1999, 2, 28),
        date(9999, 12, 31),
    ],
)
def test_a_day_far_away_is_refused(people, policy, day):
    draft = drafted(policy, people.owner)
    with pytest.raises(WrongDate):
        publish(draft, people.owner, effective_on=day)
    untouched(draft)


def test_from_today_to_two_years_ahead_a_day_can_be_chosen(people, policy):
    today = people.practice.today()
    for day in (today - timedelta(days=1), today + YEARS_AHEAD + timedelta(days=1)):
        draft = drafted(policy, people.owner)
        with pytest.raises(WrongDate):
            publish(draft, people.owner, effective_on=day)
        untouched(draft)
    assert publish(draft, people.owner, effective_on=today + YEARS_AHEAD).number == 1


@pytest.mark.parametrize(("zone", "later"), [("Pacific/Kiritimati", 1), ("Pacific/Midway", 0)])
def test_today_is_that_of_the_practice(people, policy, zone, later):
    people.practice.time_zone = zone
    people.practice.save()
    day = timezone.localdate() + timedelta(days=9)
    today = day + timedelta(days=later)
    with time_machine.travel(f"{day}T23:30:00Z", tick=False):
        draft = drafted(policy, people.owner)
        with pytest.raises(WrongDate):
            publish(draft, people.owner, effective_on=today - timedelta(days=1))
        assert publish(draft, people.owner, effective_on=today).effective_on == today


@pytest.mark.every_case
@pytest.mark.parametrize(
    ("days", "number", "stages"),
    [
        ([0], 1, {1: Stage.IN_FORCE}),
        ([0, 5], 1, {1: Stage.IN_FORCE, 2: Stage.SCHEDULED}),
        ([0, 5, 3], 1, {1: Stage.IN_FORCE, 2: Stage.NEVER, 3: Stage.SCHEDULED}),
        ([0, 5, 5], 1, {1: Stage.IN_FORCE, 2: Stage.NEVER, 3: Stage.SCHEDULED}),
        ([-9, -5, 0], 3, {1: Stage.SUPERSEDED, 2: Stage.SUPERSEDED, 3: Stage.IN_FORCE}),
        ([-9, 0, 0], 3, {1: Stage.SUPERSEDED, 2: Stage.NEVER, 3: Stage.IN_FORCE}),
        ([5], 0, {1: Stage.SCHEDULED}),
        ([5, 0, 7], 2, {1: Stage.NEVER, 2: Stage.IN_FORCE, 3: Stage.SCHEDULED}),
    ],
)
def test_on_each_day_the_newest_version_whose_day_has_come_applies(days, number, stages):
    today = date(2027, 3, 1)
    dates = [(at + 1, today + timedelta(days=day)) for at, day in enumerate(days)]
    found = spans(dates)
    assert {one: span.stage(today) for one, span in found.items()} == stages
    for ahead in range(-12, 12):
        day = today + timedelta(days=ahead)
        newest = max((one for one, first in dates if first <= day), default=None)
        in_force = [n for n, span in found.items() if span.stage(day) is Stage.IN_FORCE]
        assert in_force == ([newest] if newest else [])


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("reason", ["", " \n ", "\u200b", "x" * 1001, "a\x00b", "\u202eevil"])
def test_a_reason_that_nobody_could_read_is_refused(people, policy, reason):
    draft = drafted(policy, people.owner)
    with pytest.raises(WrongReason):
        publish(draft, people.owner, reason=reason)
    untouched(draft)


def test_a_kind_that_there_is_not_is_refused(people, policy):
    draft = drafted(policy, people.owner)
    with pytest.raises(ValueError, match="huge"):
        publish(draft, people.owner, kind="huge")
    untouched(draft)


@pytest.mark.parametrize(
    "changed", [{"data": ["name"]}, {"short_name": "Oak"}], ids=["answers", "facts"]
)
def test_a_change_that_can_be_read_is_not_technical(people, policy, changed):
    published(policy, people.owner)
    draft = drafted(policy, people.owner, **changed)
    with pytest.raises(WrongKind, match="differently from version 1, so this change is not tech"):
        publish(draft, people.owner, kind=ChangeKind.TECHNICAL)
    untouched(draft)
    assert publish(draft, people.owner, kind=ChangeKind.EDITORIAL).number == 2


def test_what_reads_the_same_may_be_called_technical(people, policy):
    published(policy, people.owner)
    later = timezone.localdate() + timedelta(days=9)
    draft = drafted(policy, people.owner)
    version = publish(draft, people.owner, kind=ChangeKind.TECHNICAL, effective_on=later)
    assert (version.number, version.kind) == (2, "technical")


def test_beside_a_version_that_cannot_be_read_nothing_is_technical(people, policy, monkeypatch):
    published(policy, people.owner)
    draft = drafted(policy, people.owner)

    def damaged(_: PolicyVersion) -> None:
        raise Refused([Problem("", "The stored text is damaged.")])

    monkeypatch.setattr(publishing, "document_of", damaged)
    with pytest.raises(WrongKind):
        publish(draft, people.owner, kind=ChangeKind.TECHNICAL)
    untouched(draft)


def test_a_draft_that_says_too_little_is_refused_with_what_it_lacks(people, policy):
    draft = begin_draft(policy, people.owner)
    with pytest.raises(NotReady) as refused:
        publish(draft, people.owner)
    assert [one.questions for one in refused.value.findings if one.questions] == [
        ("practice_name",)
    ]
    untouched(draft)


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_whoever_may_only_look_publishes_nothing(people, policy, role):
    draft = drafted(policy, people.owner)
    with pytest.raises(NotAllowed):
        publish(draft, getattr(people, role))
    untouched(draft)


def test_for_an_outsider_there_is_no_draft_and_no_version(people, policy):
    draft = drafted(policy, people.owner)
    for holder in (Holder(user=people.outsider), Holder(visitor="x" * 22), Holder()):
        with pytest.raises(Draft.DoesNotExist):
            publish_policy(holder, draft.pk, order(draft))
    untouched(draft)
    publish(draft, people.owner)
    for holder in (Holder(user=people.outsider), Holder(visitor="x" * 22), Holder()):
        with pytest.raises(Draft.DoesNotExist):
            publish_policy(holder, draft.pk, order(draft))


def test_a_draft_outside_of_any_practice_is_not_published(people):
    own = start_draft(Holder(user=people.owner), answers=answers(elm()))
    with pytest.raises(NotPublished, match="belongs to no practice"):
        publish(own, people.owner)


def test_a_draft_that_changed_since_it_was_seen_is_not_published(people, policy):
    seen = drafted(policy, people.owner)
    save_answers(Holder(user=people.editor), seen.pk, answers({"motto": "We care."}))
    with pytest.raises(Overtaken):
        publish(seen, people.owner)
    now = Draft.objects.get(pk=seen.pk)
    assert publish(now, people.owner).number == 1


def test_where_the_practice_asks_for_it_only_an_approved_draft_is_published(people, policy):
    people.practice.needs_review = True
    people.practice.save()
    draft = drafted(policy, people.editor)
    with pytest.raises(NotApproved):
        publish(draft, people.editor)
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    with pytest.raises(NotApproved):
        publish(draft, people.owner)
    approve(Holder(user=people.reviewer), draft.pk, revision=draft.revision)
    version = publish(draft, people.editor)
    said = json.loads(version.review)
    assert said["approved_by"] == people.reviewer.username
    assert said["editors"] == [people.editor.username]
    assert said["required"] is True


def test_a_version_says_that_no_review_was_demanded(people, policy):
    version = published(policy, people.owner)
    said = json.loads(version.review)
    assert (said["required"], said["approved_by"]) == (False, None)


def test_a_change_after_the_approval_takes_it_away(people, policy):
    people.practice.needs_review = True
    people.practice.save()
    draft = drafted(policy, people.editor)
    submit(Holder(user=people.editor), draft.pk, revision=draft.revision)
    approve(Holder(user=people.reviewer), draft.pk, revision=draft.revision)
    save_answers(Holder(user=people.editor), draft.pk, answers({"motto": "We care."}))
    with pytest.raises(NotApproved):
        publish(Draft.objects.get(pk=draft.pk), people.editor)


def test_a_draft_begun_before_another_version_says_first_that_it_replaces_it(people, policy):
    published(policy, people.owner)
    mine, theirs = drafted(policy, people.owner), drafted(policy, people.editor, motto="We care.")
    publish(theirs, people.editor)
    with pytest.raises(Superseded) as refused:
        publish(mine, people.owner)
    assert refused.value.number == 2
    untouched(mine)
    assert not rebase_draft(mine, people.owner, revision=mine.revision, base=1)
    assert not rebase_draft(mine, people.owner, revision=mine.revision + 1, base=2)
    assert rebase_draft(mine, people.owner, revision=mine.revision, base=2)
    assert publish(Draft.objects.get(pk=mine.pk), people.owner).number == 3
    assert list(problems_of(policy)) == []


def test_publishing_twice_gives_the_version_that_there_is(people, policy):
    draft = drafted(policy, people.owner)
    version = publish(draft, people.owner)
    for user in (people.owner, people.editor):
        with pytest.raises(AlreadyPublished) as refused:
            publish(draft, user)
        assert refused.value.version == version
    assert PolicyVersion.objects.count() == 1
    assert VersionFile.objects.count() == len(FORMATS)


# ------------------------------------------------------------------ faults


@pytest.mark.parametrize("after", range(len(FORMATS)))
def test_x05_a_full_disk_leaves_everything_as_it_was(people, policy, monkeypatch, after):
    published(policy, people.owner)
    draft = drafted(policy, people.owner, motto="We care.")
    stage, calls = files.stage, []

    def fail(content: bytes) -> str:
        calls.append(content)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        return stage(content)

    with monkeypatch.context() as patch:
        patch.setattr(files, "stage", fail)
        with pytest.raises(OSError, match="No space left"):
            publish(draft, people.owner)
    untouched(draft)
    assert publish(draft, people.owner).number == 2


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_that_cannot_be_made_leaves_everything_as_it_was(
    people, policy, monkeypatch, name
):
    draft = drafted(policy, people.owner)

    def fail(document: object) -> Any:
        raise RenderingFailed("It is too long.")

    with monkeypatch.context() as patch:
        patch.setitem(FORMATS, name, replace(FORMATS[name], render=fail))
        with pytest.raises(RenderingFailed):
            publish(draft, people.owner)
    untouched(draft)


@pytest.mark.parametrize("step", ["digest_of", "write", "erase_draft"])
def test_an_error_between_the_rows_leaves_none_of_them(people, policy, monkeypatch, step):
    draft = drafted(policy, people.owner)

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, step, fail)
        with pytest.raises(OperationalError):
            publish(draft, people.owner)
    untouched(draft)
    assert not VersionFile.objects.exists()
    assert publish(draft, people.owner).number == 1
    assert list(problems_of(policy)) == []


# ------------------------------------------------------------------ for ever


def _orm() -> Iterator[Callable[[], object]]:
    versions, stored, log = PolicyVersion.objects, VersionFile.objects, Event.objects
    yield lambda: versions.update(reason="x")
    yield lambda: versions.update(document="{}")
    yield lambda: versions.all().delete()
    yield lambda: versions.get().save()
    yield lambda: versions.bulk_update([replaced(versions.get(), reason="x")], ["reason"])
    yield lambda: stored.update(sha256="0" * 64)
    yield lambda: stored.first().save()  # type: ignore[union-attr]
    yield lambda: stored.all().delete()
    yield lambda: stored.create(
        version=versions.get(),
        format="exe",
        sha256="0" * 64,
        size=1,
        content_type="text/plain",
        filename="x",
    )
    yield lambda: log.update(who="x")
    yield lambda: log.all().delete()


def _sql() -> Iterator[Callable[[], object]]:
    for statement in (
        "UPDATE policies_policyversion SET reason = 'x'",
        "UPDATE policies_policyversion SET number = 7",
        "DELETE FROM policies_policyversion",
        "UPDATE policies_versionfile SET size = 1",
        "DELETE FROM policies_versionfile",
        "UPDATE policies_event SET details = 'x'",
        "DELETE FROM policies_event",
    ):
        yield lambda sql=statement: execute(sql)  # type: ignore[misc]


def replaced(version: PolicyVersion, **changed: Any) -> PolicyVersion:
    for name, value in changed.items():
        setattr(version, name, value)
    return version


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_f06_no_way_of_writing_changes_what_was_published(people, policy):
    published(policy, people.owner)
    for number, way in enumerate([*_orm(), *_sql()]):
        with pytest.raises(IntegrityError), transaction.atomic():
            way()
            raise AssertionError(number)


def test_a_version_out_of_line_is_refused_by_the_database(people, policy):
    version = PolicyVersion.objects.get(pk=published(policy, people.owner).pk)
    for changed in ({"number": 3}, {"number": 2, "previous": "0" * 64}, {"number": 0}):
        other = PolicyVersion.objects.get(pk=version.pk)
        other.pk, other.draft, other.digest = None, uuid4(), uuid4().hex
        with pytest.raises(IntegrityError), transaction.atomic():
            replaced(other, **{"previous": version.digest, **changed}).save(force_insert=True)


# ------------------------------------------------------------------ keeping a visitor's draft


def test_keeping_a_draft_asks_whether_one_may_edit_there(people, policy):
    own = start_draft(Holder(user=people.viewer), answers=answers(elm()))
    with pytest.raises(PermissionDenied):
        keep_draft(Holder(user=people.viewer), own.pk, policy)
    elsewhere = start_draft(Holder(user=people.outsider), answers=answers(elm()))
    with pytest.raises(PermissionDenied):
        keep_draft(Holder(user=people.outsider), elsewhere.pk, policy)
    with pytest.raises(Draft.DoesNotExist):
        keep_draft(Holder(user=people.owner), elsewhere.pk, policy)


def test_an_interview_kept_in_a_policy_keeps_the_wording_of_the_newest_version(people, policy):
    wording = '[{"slug":"motto","base_version":1,"base_text":"x","text":"y"}]'
    draft = drafted(policy, people.owner)
    version = publish(draft, people.owner)
    own = start_draft(Holder(user=people.editor), answers=answers(elm()))
    kept = keep_draft(Holder(user=people.editor), own.pk, policy)
    assert (kept.base, kept.amendments) == (version.number, version.amendments)
    assert kept.revision == own.revision + 1
    assert wording not in kept.amendments


# ------------------------------------------------------------------ races


def at_once(count: int, action: Callable[[int], object]) -> list[object]:
    """Do something in many threads at the same time, each with a connection of its own."""
    refusals = (NotPublished, Overtaken, RenderingFailed, OperationalError)
    return together(*(partial(action, number) for number in range(count)), refusals=refusals)


@pytest.mark.django_db(transaction=True)
def test_x13_twenty_presses_at_once_give_one_version(people, policy):
    draft = drafted(policy, people.owner)
    outcomes = at_once(20, lambda _: publish(draft, people.owner))
    versions = [one for one in outcomes if isinstance(one, PolicyVersion)]
    assert len(versions) == 1
    assert PolicyVersion.objects.get() == versions[0]
    assert Event.objects.filter(action=Action.PUBLISHED).count() == 1
    assert VersionFile.objects.count() == len(FORMATS)
    for file in VersionFile.objects.all():
        assert files.sha256(files.read(file.sha256)) == file.sha256
    told = [one.version for one in outcomes if isinstance(one, AlreadyPublished)]
    assert set(told) <= {versions[0]}
    assert list(problems_of(policy)) == []


@pytest.mark.django_db(transaction=True)
def test_two_drafts_published_at_once_do_not_overwrite_each_other(people, policy):
    for number in range(4):
        begun = PolicyVersion.objects.count()
        mine = drafted(policy, people.owner, motto=f"Mine {number}.")
        theirs = drafted(policy, people.editor, motto=f"Theirs {number}.")
        pairs = [(mine, people.owner), (theirs, people.editor)]
        outcomes = at_once(2, lambda one, pairs=pairs: publish(*pairs[one]))  # type: ignore[misc]
        assert sum(isinstance(one, PolicyVersion) for one in outcomes) == 1
        assert sum(isinstance(one, Superseded) for one in outcomes) == 1
        assert PolicyVersion.objects.count() == begun + 1
        Draft.objects.all().delete()
    assert list(problems_of(policy)) == []


@pytest.mark.django_db(transaction=True)
def test_a_change_at_the_same_moment_is_published_or_refused_but_never_lost(people, policy):
    for number in range(4):
        draft = drafted(policy, people.owner, motto=f"Before {number}.")
        given = answers({"motto": f"After {number}."})

        def either(one: int, draft: Draft = draft, given: Any = given) -> object:
            if one == 0:
                return publish(draft, people.owner)
            try:
                return save_answers(Holder(user=people.editor), draft.pk, given)
            except Draft.DoesNotExist:
                return None

        version, saved = at_once(2, either)
        if isinstance(version, PolicyVersion):
            assert f"Before {number}." in version.answers
            assert saved is None
        else:
            assert isinstance(version, Overtaken)
            assert f"After {number}." in Draft.objects.get(pk=draft.pk).answers
        Draft.objects.all().delete()
