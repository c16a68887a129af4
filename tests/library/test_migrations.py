"""From a site with releases that files made to the desk: what is in force stays, work can begin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from policygen.core.conditions import question_of
from policygen.core.library import Library, canonical_json, parse_library
from policygen.core.regimes import ADDED, REASON, REMOVED
from policygen.library import pieces, publishing
from policygen.library.export import write_folder
from policygen.library.files import read_folder
from policygen.library.loading import Loaded, load_library
from policygen.library.models import (
    KINDS,
    Clause,
    ClauseVersion,
    Option,
    Release,
    Section,
    State,
    Transition,
)
from policygen.library.store import in_force, library_in_force
from policygen.library.verify import problems
from policygen.policies.drafting.drafts import open_draft
from policygen.policies.holders import Holder
from policygen.policies.models import Draft
from tests.library.folders import change, write
from tests.library.laws import with_laws
from tests.library.steps import CLAUSE, MORE, OPTION, approved, drafted, make_desk_folder, written
from tests.releases import approve_changes, person, put_in_force
from tests.whole_database import Copy

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
BEFORE = [("library", "0001_initial")]
RECORDS = (
    "      - {id: records, group: health, label: Records, help: Records., phrase: your records}\n"
)


@pytest.fixture(scope="module")
def copies() -> Iterator[list[Copy]]:
    """The empty site from before the desk, once a test has gone back to it."""
    made: list[Copy] = []
    yield made
    for copy in made:
        copy.remove()


@pytest.fixture
def _before_the_desk(copies: list[Copy]) -> Iterator[None]:
    """Go back by the migrations themselves once; then from a copy, which takes no time."""
    if copies:
        copies[0].put_back()
    else:
        migrate_to(BEFORE)
        copies.append(Copy())
    yield
    migrate_to_now()


def migrate_to(targets: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(targets)


def migrate_to_now() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def models_at(targets: list[tuple[str, str]]) -> Any:
    """Return the models as they were then."""
    return MigrationExecutor(connection).loader.project_state(targets).apps


def load_as_before(folder: Path, versions: dict[str, int], number: int) -> str:
    """Make a release of a folder as the loader did that there was before the desk."""
    plain = as_before_the_laws(read_folder(folder)).to_json()
    for clause in plain["clauses"]:
        clause["version"] = versions.get(clause["slug"], 1)
    library = parse_library(plain)
    models_at(BEFORE).get_model("library", "Release").objects.create(
        number=number, digest=library.digest, snapshot=canonical_json(library.to_json())
    )
    return library.digest


def as_before_the_laws(library: Library) -> Library:
    """Return a library without what no release could say before there were laws in it."""
    plain = library.to_json()
    later = {ADDED, REMOVED, REASON}
    plain["questions"] = [one for one in plain["questions"] if one["id"] not in later]
    for part in (*plain["sections"], *plain["questions"], *plain["clauses"]):
        part.pop("needed", None)
        part.pop("satisfies", None)
        for key, atoms in part.get("when", {}).items():
            part["when"][key] = [
                atom for atom in atoms if question_of(atom) not in {ADDED, REMOVED}
            ]
    return parse_library({k: v for k, v in plain.items() if k not in {"regimes", "conflicts"}})


def two_releases(folder: Path) -> list[str]:
    """Make two releases between which every kind of thing changed; return their digests."""
    make_desk_folder(folder)
    write(folder, "sections.yaml", (folder / "sections.yaml").read_text() + LAST_SECTION)
    write(folder, "last/word.md", MORE.replace("cares a lot", "says goodbye"))
    first = load_as_before(folder, {}, 1)
    change(folder, "collect/data.md", "We keep", "We hold")
    change(folder, "vocabulary.yaml", "label: Name", "label: A name")
    change(folder, "vocabulary.yaml", RECORDS, "")
    change(folder, "sections.yaml", LAST_SECTION, "")
    change(folder, "sections.yaml", "title: What we collect", "title: What we hold")
    change(folder, "about/speaker.md", "[What we collect]", "[What we hold]")
    (folder / "last/word.md").unlink()
    write(folder, "about/new.md", MORE.replace("cares a lot", "is new"))
    return [first, load_as_before(folder, {"data": 2, "speaker": 2}, 2)]


LAST_SECTION = "  - {id: last, title: Goodbye}\n"


@pytest.mark.usefixtures("_before_the_desk")
def test_what_was_loaded_stays_in_force_and_gets_its_working_rows(tmp_path: Path) -> None:
    digests = two_releases(tmp_path / "clauses")
    texts = list(_old_releases())
    migrate_to_now()

    releases = list(Release.objects.order_by("number"))
    assert [release.digest for release in releases] == digests
    assert [(release.number, release.snapshot) for release in releases] == texts
    assert {release.state for release in releases} == {"published"}
    assert [release.published_at for release in releases] == [r.made_at for r in releases]
    assert library_in_force().digest == digests[1]
    for release in releases:
        assert pieces.to_library(pieces.contents_of(release)).digest == release.digest
    assert pieces.to_library(pieces.candidate()).digest == digests[1]
    assert pieces.working() == {**pieces.working(), **pieces.released()}
    assert list(problems(timezone.localdate())) == []

    states = {
        f"{row.kind} {row.name} {row.number}": row.state
        for model in KINDS.values()
        for row in model._default_manager.exclude(state=State.RELEASED)
    }
    assert states == {
        "section last 1": State.RETIRED,
        "option data:records 1": State.RETIRED,
        "clause word 2": State.RETIRED,
    }
    assert Option.objects.get(pk="data:name").label == "A name"
    assert Section.objects.get(pk="collect").title == "What we hold"
    newest = dict(Clause.objects.values_list("slug", "newest__number"))
    assert newest == {"speaker": 2, "data": 2, "more": 1, "new": 1, "word": 2}
    assert Transition.objects.count() == 0


def _old_releases() -> Iterator[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, snapshot FROM library_release ORDER BY number")
        yield from cursor.fetchall()


@pytest.mark.usefixtures("_before_the_desk")
def test_the_same_files_make_no_drafts_afterwards_and_changed_ones_do(tmp_path: Path) -> None:
    folder = tmp_path / "clauses"
    two_releases(folder)
    migrate_to_now()
    newest = Release.objects.get(number=2)
    assert load_library(folder, today=date(2026, 3, 1)) == Loaded(newest, new=False)
    change(folder, "collect/data.md", "We hold", "We store")
    loaded = load_library(folder, today=date(2026, 3, 1))
    assert loaded.drafts == (("clause", "data"),)
    assert ClauseVersion.objects.get(newest_of="data").number == 3


@pytest.mark.usefixtures("_before_the_desk")
def test_work_goes_on_at_the_desk(tmp_path: Path) -> None:
    folder = tmp_path / "clauses"
    digests = two_releases(folder)
    migrate_to_now()
    approved(drafted(*CLAUSE))
    approved(drafted("section", "last", withdrawn=False, title="Farewell"))
    release = put_in_force()
    assert (release.number, release.digest in digests) == (3, False)
    assert load_library(folder, today=timezone.localdate()).drafts == ()
    assert list(problems(timezone.localdate())) == []


@pytest.mark.usefixtures("_before_the_desk")
def test_the_whole_library_is_taken_over(tmp_path: Path) -> None:
    digest = load_as_before(ROOT / "clauses", {}, 1)
    migrate_to_now()
    assert library_in_force().digest == digest
    before = as_before_the_laws(read_folder(ROOT / "clauses"))
    assert pieces.working() == pieces.from_library(before)
    write_folder(before, tmp_path / "clauses")
    assert load_library(tmp_path / "clauses", today=timezone.localdate()).drafts == ()
    assert list(problems(timezone.localdate())) == []


@pytest.mark.usefixtures("_before_the_desk")
def test_a_site_without_a_release_stays_without_one(tmp_path: Path) -> None:
    migrate_to_now()
    assert not Release.objects.exists()
    folder = make_desk_folder(tmp_path / "clauses")
    assert load_library(folder, today=timezone.localdate()).new


@pytest.mark.usefixtures("_before_the_desk")
@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/Los_Angeles", 28), ("UTC", 1), ("Pacific/Kiritimati", 1)],
)
def test_a_release_takes_effect_on_the_day_of_the_site_when_it_was_loaded(
    tmp_path: Path, settings: Any, zone: str, day: int
) -> None:
    settings.TIME_ZONE = zone
    digest = load_as_before(make_desk_folder(tmp_path / "clauses"), {}, 1)
    loaded_at = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)  # at 19:00 the day before in Los Angeles
    models_at(BEFORE).get_model("library", "Release").objects.update(loaded_at=loaded_at)
    migrate_to_now()
    release = Release.objects.get()
    month = 2 if day == 28 else 3
    assert (release.effective_from, release.made_at) == (date(2026, month, day), loaded_at)
    assert in_force(timezone.localdate(loaded_at)).get().digest == digest


# ------------------------------------------------------------------ laws and conflicts

BEFORE_LAWS = [("library", "0005_tryout")]


def test_a_site_from_before_the_laws_says_what_it_said_and_can_take_them_in(
    tmp_path: Path,
) -> None:
    folder = make_desk_folder(tmp_path / "clauses")
    load_library(folder, today=timezone.localdate())
    approved(drafted(*CLAUSE))
    put_in_force()
    drafted("section", "collect")
    texts, lines = list(_old_releases()), Transition.objects.count()
    before = pieces.working()
    try:
        migrate_to(BEFORE_LAWS)
    finally:
        migrate_to_now()
    assert (list(_old_releases()), Transition.objects.count()) == (texts, lines)
    assert pieces.working() == before
    assert load_library(folder, today=timezone.localdate()).drafts == ()
    assert list(problems(timezone.localdate())) == []
    with_laws(folder)
    load_library(folder, today=timezone.localdate())
    approve_changes()
    put_in_force()
    assert [regime.id for regime in library_in_force().regimes] == ["testland"]
    assert list(problems(timezone.localdate())) == []


def test_the_laws_are_not_taken_back_while_a_release_has_them(tmp_path: Path) -> None:
    load_library(with_laws(make_desk_folder(tmp_path / "clauses")), today=timezone.localdate())
    try:
        with pytest.raises(RuntimeError, match="release 1 says what laws want stated"):
            migrate_to(BEFORE_LAWS)
    finally:
        migrate_to_now()
    assert list(problems(timezone.localdate())) == []


# ------------------------------------------------------------------ drafts of practices


@pytest.mark.usefixtures("_before_the_desk")
def test_interviews_that_were_begun_keep_the_release_in_force(tmp_path: Path) -> None:
    digests = two_releases(tmp_path / "clauses")
    draft = begun_interview([*BEFORE, BEFORE_DRAFTS])
    migrate_to_now()
    assert Draft.objects.get().release == digests[1]
    approved(drafted(*CLAUSE))
    newest = put_in_force()
    opened = open_draft(Holder(VISITOR), draft)
    assert (opened.release, opened.in_force) == (digests[1], newest.digest)


@pytest.mark.usefixtures("_before_the_desk")
def test_interviews_stay_without_a_release_where_there_is_none() -> None:
    begun_interview([*BEFORE, BEFORE_DRAFTS])
    migrate_to_now()
    assert Draft.objects.get().release == ""


def test_interviews_keep_no_release_that_is_only_scheduled(tmp_path: Path) -> None:
    first = load_library(make_desk_folder(tmp_path / "clauses"), today=timezone.localdate())
    approved(drafted(*CLAUSE))
    put_in_force(effective_from=timezone.localdate() + timedelta(days=2))
    try:
        begun_interview([BEFORE_DRAFTS])
    finally:
        migrate_to_now()
    assert Draft.objects.get().release == first.in_force.digest


BEFORE_DRAFTS = ("policies", "0001_initial")
VISITOR = "v" * 43


def begun_interview(targets: list[tuple[str, str]]) -> UUID:
    """Go back, and begin an interview as it was stored before drafts knew their release."""
    migrate_to(targets)
    drafts = models_at(targets).get_model("policies", "Draft").objects
    return cast("UUID", drafts.create(visitor=VISITOR, updated=timezone.now()).pk)


# ------------------------------------------------------------------ and back


def test_the_desk_can_be_taken_back_and_releases_are_left(tmp_path: Path) -> None:
    folder = make_desk_folder(tmp_path / "clauses")
    release = load_library(folder, today=timezone.localdate()).in_force
    try:
        migrate_to(BEFORE)
        assert list(_old_releases()) == [(1, release.snapshot)]
    finally:
        migrate_to_now()
    frames = [json.loads(each.frame) for each in (Release.objects.get(), release)]
    assert sorted(frames[0]) == sorted(frames[1])
    assert list(problems(timezone.localdate())) == []


@pytest.mark.every_case
@pytest.mark.parametrize("target", ["0001_initial", "0002_desk"])
def test_what_people_released_is_adopted_again_after_going_back(
    tmp_path: Path, target: str
) -> None:
    folder = make_desk_folder(tmp_path / "clauses")
    load_library(folder, today=timezone.localdate())
    approved(written("gone"))
    approved(written("comes-back"))
    approved(drafted(*OPTION))
    put_in_force()
    for slug in ("gone", "comes-back"):
        approved(drafted("clause", slug, withdrawn=True))
    change(folder, "vocabulary.yaml", RECORDS, "")
    load_library(folder, today=timezone.localdate())
    approve_changes()
    put_in_force()
    approved(drafted("clause", "comes-back", withdrawn=False, body="We write again."))
    drafted("clause", "gone", withdrawn=False)
    newest = put_in_force()
    before, texts = pieces.released(), list(_old_releases())
    try:
        migrate_to([("library", target)])
        assert list(_old_releases()) == texts
    finally:
        migrate_to_now()
    assert library_in_force().digest == newest.digest
    assert list(problems(timezone.localdate())) == []
    assert pieces.released().keys() == before.keys()
    assert pieces.to_library(pieces.candidate()).digest == newest.digest
    versions = ClauseVersion.objects.filter(clause__in=["comes-back", "gone"]).order_by("pk")
    assert sorted(versions.values_list("clause", "number", "state")) == [
        ("comes-back", 1, "released"),
        ("comes-back", 2, "retired"),
        ("comes-back", 3, "released"),
        ("gone", 1, "released"),
        ("gone", 2, "retired"),
    ]
    approved(drafted(*CLAUSE))
    put_in_force()
    assert list(problems(timezone.localdate())) == []


def make_candidate() -> None:
    today = timezone.localdate()
    by = person("release_manager")
    publishing.prepare_release(title="", notes="", effective_from=today, by=by, today=today)


def schedule() -> Release:
    return put_in_force(effective_from=timezone.localdate() + timedelta(days=2))


def cancel() -> None:
    publishing.cancel_release(
        schedule(), by=person("release_manager"), why="Not yet.", today=timezone.localdate()
    )


def test_the_desk_is_not_taken_back_while_a_release_would_come_into_force_by_it(
    tmp_path: Path,
) -> None:
    first = load_library(make_desk_folder(tmp_path / "clauses"), today=timezone.localdate())
    approved(drafted(*CLAUSE))
    make_candidate()
    kept = (Release.objects.get(number=2).state, pieces.working(), Transition.objects.count())
    try:
        with pytest.raises(RuntimeError, match="cannot be taken back: release 2 is a candidate"):
            migrate_to(BEFORE)
    finally:
        migrate_to_now()
    assert kept == (
        Release.objects.get(number=2).state,
        pieces.working(),
        Transition.objects.count(),
    )
    assert library_in_force().digest == first.in_force.digest
    assert list(problems(timezone.localdate())) == []


@pytest.mark.parametrize(
    ("make", "standing"),
    [(schedule, "release 2 is scheduled for 2"), (cancel, "release 2 was cancelled")],
)
def test_the_step_that_would_empty_the_desk_refuses_every_release_that_is_not_in_force(
    tmp_path: Path, make: Callable[[], Any], standing: str
) -> None:
    load_library(make_desk_folder(tmp_path / "clauses"), today=timezone.localdate())
    approved(drafted(*CLAUSE))
    make()
    adopt = import_module("policygen.library.migrations.0003_adopt")
    (step,) = adopt.Migration.operations
    with (
        pytest.raises(RuntimeError, match=f"cannot be taken back: {standing}"),
        connection.schema_editor() as editor,
    ):
        step.reverse_code(models_at([("library", "0003_adopt")]), editor)
