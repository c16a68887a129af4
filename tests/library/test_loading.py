"""Loading: all or nothing, twice is once, and version numbers that only grow."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from policygen.core.library import parse_library
from policygen.core.problems import Refused
from policygen.library.files import read_folder
from policygen.library.loading import load_release
from policygen.library.models import Release
from policygen.library.store import NoRelease, library_in_force, library_of
from tests.library.folders import DATA, SPEAKER, change, write

pytestmark = pytest.mark.django_db


def versions() -> dict[str, int]:
    return {clause.slug: clause.version for clause in library_in_force().clauses}


def test_before_anything_is_loaded_the_way_out_is_told() -> None:
    with pytest.raises(
        NoRelease, match=r"No clause library is loaded. Run: manage.py load_library"
    ):
        library_in_force()


def test_a_loaded_folder_is_in_force(folder: Path) -> None:
    release, new = load_release(folder)
    assert new
    assert (release.number, str(release)) == (1, "Release 1")
    assert library_in_force() == read_folder(folder)
    assert library_in_force().digest == release.digest


def test_the_digest_can_be_recomputed_from_what_is_stored(folder: Path) -> None:
    load_release(folder)
    release = Release.objects.get()
    assert hashlib.sha256(release.snapshot.encode()).hexdigest() == release.digest
    assert parse_library(json.loads(release.snapshot)).digest == release.digest


def test_loading_twice_does_nothing(folder: Path) -> None:
    first, _ = load_release(folder)
    second, new = load_release(folder)
    assert not new
    assert second == first
    assert Release.objects.count() == 1


def test_a_changed_clause_gets_the_next_version_and_the_others_keep_theirs(folder: Path) -> None:
    load_release(folder)
    change(folder, "collect/data.md", "We keep", "We hold")
    release, new = load_release(folder)
    assert new
    assert release.number == 2
    assert versions() == {"speaker": 1, "data": 2}
    change(folder, "collect/data.md", "order: 10", "order: 11")
    load_release(folder)
    assert versions() == {"speaker": 1, "data": 3}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: What we keep", "title: What we hold"),
        ("order: 10", "order: 20"),
        ("{any: [data]}", "{any: [data:name]}"),
        ("claims: [collect(data)]", "claims: []"),
        ("claims:", "citations: [x]\nclaims:"),
        ("claims:", "models: [dentx-02]\nclaims:"),
        ("claims:", "note: For colleagues.\nclaims:"),
        ("claims:", "run_in: true\nclaims:"),
    ],
)
def test_every_part_of_a_clause_has_its_share_in_the_version(
    folder: Path, old: str, new: str
) -> None:
    load_release(folder)
    change(folder, "collect/data.md", old, new)
    load_release(folder)
    assert versions() == {"speaker": 1, "data": 2}


def test_a_new_word_in_the_vocabulary_makes_a_release_and_no_version(folder: Path) -> None:
    load_release(folder)
    change(folder, "vocabulary.yaml", "label: Name", "label: The name")
    release, new = load_release(folder)
    assert new
    assert release.number == 2
    assert versions() == {"speaker": 1, "data": 1}


def test_going_back_to_an_earlier_vocabulary_is_a_release_of_its_own(folder: Path) -> None:
    first, _ = load_release(folder)
    change(folder, "vocabulary.yaml", "label: Name", "label: The name")
    load_release(folder)
    change(folder, "vocabulary.yaml", "label: The name", "label: Name")
    third, new = load_release(folder)
    assert new
    assert third.number == 3
    assert third.digest == first.digest
    assert library_in_force().digest == library_of(first.digest).digest == third.digest


def test_going_back_to_an_earlier_text_is_a_version_of_its_own(folder: Path) -> None:
    first, _ = load_release(folder)
    change(folder, "collect/data.md", "We keep", "We hold")
    load_release(folder)
    change(folder, "collect/data.md", "We hold", "We keep")
    third, _ = load_release(folder)
    assert versions()["data"] == 3
    assert third.digest != first.digest


def test_a_clause_that_comes_back_goes_on_counting(folder: Path) -> None:
    write(folder, "about/more.md", SPEAKER.replace("cares", "cares a lot").split("\n\nSee")[0])
    load_release(folder)
    (folder / "about/more.md").unlink()
    load_release(folder)
    assert "more" not in versions()
    write(folder, "about/more.md", SPEAKER.replace("cares", "cares a lot").split("\n\nSee")[0])
    load_release(folder)
    assert versions()["more"] == 1
    (folder / "about/more.md").unlink()
    load_release(folder)
    write(folder, "about/more.md", SPEAKER.replace("cares", "cared").split("\n\nSee")[0])
    load_release(folder)
    assert versions()["more"] == 2
    assert versions()["speaker"] == 1


def test_slug_and_version_always_mean_the_same_text(folder: Path) -> None:
    texts = ["We keep", "We hold", "We keep", "We store"]
    for before, after in pairwise(texts):
        load_release(folder)
        change(folder, "collect/data.md", before, after)
    load_release(folder)
    meant: dict[tuple[str, int], str] = {}
    for snapshot in Release.objects.values_list("snapshot", flat=True):
        for clause in json.loads(snapshot)["clauses"]:
            assert (
                meant.setdefault((clause["slug"], clause["version"]), clause["body"])
                == (clause["body"])
            )


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("collect/data.md", "{{ data", "{{ dta"),
        ("vocabulary.yaml", "kind: many", "kind: mny"),
        ("sections.yaml", "id: collect", "id: about"),
    ],
)
def test_a_broken_folder_leaves_in_force_what_was_in_force(
    folder: Path, name: str, old: str, new: str
) -> None:
    release, _ = load_release(folder)
    change(folder, "about/speaker.md", "cares", "cared")
    change(folder, name, old, new)
    with pytest.raises(Refused):
        load_release(folder)
    assert list(Release.objects.all()) == [release]
    assert library_in_force().digest == release.digest


def test_a_failure_while_storing_leaves_in_force_what_was_in_force(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, _ = load_release(folder)
    change(folder, "collect/data.md", "We keep", "We hold")

    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(QuerySet, "create", fail)
    with pytest.raises(OSError, match="disk full"):
        load_release(folder)
    assert library_in_force().digest == release.digest


def test_whoever_loses_a_race_for_the_number_finds_the_work_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = QuerySet.create
    lost: list[bool] = []

    def lose_once(self: Any, **values: Any) -> Any:
        made = create(self, **values)
        if not lost:
            lost.append(True)
            create(self, **values)  # the number is taken: IntegrityError, and all of it is undone
        return made

    monkeypatch.setattr(QuerySet, "create", lose_once)
    release, new = load_release(folder)
    assert lost
    assert new
    assert release.number == 1
    monkeypatch.setattr(QuerySet, "create", create)
    with pytest.raises(IntegrityError):
        Release.objects.create(number=1, digest="0" * 64, snapshot="{}")


def test_a_new_release_is_seen_at_once_and_costs_one_query_when_known(
    folder: Path, django_assert_num_queries: Any
) -> None:
    load_release(folder)
    library_in_force()
    with django_assert_num_queries(1):
        library_in_force()
    write(folder, "collect/data.md", DATA.replace("We keep", "We hold"))
    load_release(folder)
    assert versions()["data"] == 2


def test_an_unknown_release_is_an_error() -> None:
    with pytest.raises(Release.DoesNotExist):
        library_of("0" * 64)
