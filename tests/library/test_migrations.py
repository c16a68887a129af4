"""From a site with releases that files made to the desk: what is in force stays, work can begin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from policygen.core.library import canonical_json, parse_library
from policygen.library import pieces
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
from policygen.library.store import library_in_force
from policygen.library.verify import problems
from tests.library.folders import change, write
from tests.library.steps import CLAUSE, MORE, approved, drafted, make_desk_folder
from tests.releases import put_in_force

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
BEFORE = [("library", "0001_initial")]
RECORDS = (
    "      - {id: records, group: health, label: Records, help: Records., phrase: your records}\n"
)


@pytest.fixture
def _before_the_desk() -> Iterator[None]:
    migrate_to(BEFORE)
    yield
    migrate_to_now()


def migrate_to(targets: list[tuple[str, str]]) -> Any:
    """Migrate, and return the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


def migrate_to_now() -> None:
    migrate_to(MigrationExecutor(connection).loader.graph.leaf_nodes())


def load_as_before(folder: Path, versions: dict[str, int], number: int) -> str:
    """Make a release of a folder as the loader did that there was before the desk."""
    plain = read_folder(folder).to_json()
    for clause in plain["clauses"]:
        clause["version"] = versions.get(clause["slug"], 1)
    library = parse_library(plain)
    old = MigrationExecutor(connection).loader.project_state(BEFORE).apps
    old.get_model("library", "Release").objects.create(
        number=number, digest=library.digest, snapshot=canonical_json(library.to_json())
    )
    return library.digest


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
    assert pieces.working() == pieces.from_library(read_folder(ROOT / "clauses"))
    assert load_library(ROOT / "clauses", today=timezone.localdate()).drafts == ()
    assert list(problems(timezone.localdate())) == []


@pytest.mark.usefixtures("_before_the_desk")
def test_a_site_without_a_release_stays_without_one(tmp_path: Path) -> None:
    migrate_to_now()
    assert not Release.objects.exists()
    folder = make_desk_folder(tmp_path / "clauses")
    assert load_library(folder, today=timezone.localdate()).new


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
