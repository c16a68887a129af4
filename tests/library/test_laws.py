"""Laws and conflicts at rest: loaded, released, changed, verified, exported and taken away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from policygen.core.problems import Refused
from policygen.library import pieces
from policygen.library.files import read_folder
from policygen.library.loading import load_library
from policygen.library.models import ClauseVersion, Conflict, Regime, Section, State
from policygen.library.store import library_in_force
from policygen.library.verify import problems
from tests.library.folders import change, make
from tests.library.laws import with_laws
from tests.library.steps import approved, drafted, make_desk_folder, row_of, submitted
from tests.releases import approve_changes, put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return with_laws(make_desk_folder(tmp_path / "clauses"))


def load(folder: Path) -> Any:
    return load_library(folder, today=timezone.localdate())


def test_the_first_release_holds_laws_conflicts_and_what_clauses_satisfy(folder: Path) -> None:
    load(folder)
    stored, read = library_in_force(), read_folder(folder)
    assert stored.to_json() == read.to_json()
    assert [regime.id for regime in stored.regimes] == ["testland"]
    assert [conflict.id for conflict in stored.conflicts] == ["name-without-records"]
    assert pieces.working() == pieces.released() == pieces.from_library(read)
    assert list(problems(timezone.localdate())) == []


def test_loading_the_same_files_again_makes_no_drafts(folder: Path) -> None:
    load(folder)
    assert load(folder).drafts == ()


def test_laws_that_come_with_files_are_drafts_that_go_into_the_next_release(
    tmp_path: Path,
) -> None:
    folder = make_desk_folder(tmp_path / "clauses")
    first = load(folder).in_force
    with_laws(folder)
    assert set(load(folder).drafts) == {
        ("section", "collect"),
        ("regime", "testland"),
        ("conflict", "name-without-records"),
        ("clause", "data"),
    }
    assert library_in_force().digest == first.digest
    approve_changes()
    put_in_force()
    assert library_in_force().to_json()["regimes"] == read_folder(folder).to_json()["regimes"]
    assert ClauseVersion.objects.get(newest_of="data").satisfies == ["testland-1"]
    assert Section.objects.get(pk="collect").needed == [{"any": ["data"]}]
    assert list(problems(timezone.localdate())) == []


def test_what_files_no_longer_say_is_taken_out(folder: Path) -> None:
    load(folder)
    (folder / "regimes/testland.yaml").unlink()
    (folder / "conflicts.yaml").unlink()
    change(folder, "collect/data.md", "satisfies: [testland-1]\n", "")
    change(folder, "sections.yaml", ", needed: {any: [data]}", "")
    load(folder)
    approve_changes()
    put_in_force()
    assert library_in_force().to_json() == {
        **read_folder(folder).to_json(),
        "clauses": library_in_force().to_json()["clauses"],
    }
    assert {"regimes", "conflicts"}.isdisjoint(library_in_force().to_json())
    assert ClauseVersion.objects.get(newest_of="data").satisfies == []
    assert Section.objects.get(pk="collect").needed is None
    assert {Regime.objects.get().state, Conflict.objects.get().state} == {State.RETIRED}
    assert load(folder).drafts == ()
    assert list(problems(timezone.localdate())) == []


def test_a_draft_that_changes_one_thing_keeps_the_later_fields(folder: Path) -> None:
    load(folder)
    assert drafted("clause", "data", title="What we hold").satisfies == ["testland-1"]
    assert drafted("section", "collect").needed == [{"any": ["data"]}]


def test_a_law_goes_through_review_like_any_piece(folder: Path) -> None:
    load(folder)
    said = row_of("regime", "testland").said
    approved(drafted("regime", "testland", said={**said, "authority": "Somebody else"}))
    approved(drafted("conflict", "name-without-records", withdrawn=True))
    put_in_force()
    library = library_in_force()
    assert [regime.authority for regime in library.regimes] == ["Somebody else"]
    assert library.conflicts == ()
    assert list(problems(timezone.localdate())) == []


def test_what_says_nothing_of_laws_says_what_it_said_before_there_were_any(
    tmp_path: Path,
) -> None:
    load(make(tmp_path / "clauses"))
    for row in (row_of("section", "collect"), row_of("clause", "data")):
        assert {"needed", "satisfies"}.isdisjoint(row.content())
    assert {"regimes", "conflicts"}.isdisjoint(library_in_force().to_json())


def test_what_rests_on_a_retired_option_is_named_with_its_line(folder: Path) -> None:
    change(folder, "vocabulary.yaml", "label: Name,", "retired: true, label: Name,")
    with pytest.raises(Refused) as refused:
        read_folder(folder)
    named = {(problem.where, problem.line) for problem in refused.value.problems}
    assert {("regimes/testland.yaml", 18), ("conflicts.yaml", 6)} <= named


# ------------------------------------------------------------------ what the database refuses

WRITES: dict[str, Callable[[], object]] = {
    "text of a law": lambda: Regime.objects.update(said={}),
    "text of a conflict": lambda: Conflict.objects.update(said={}),
    "need of a section": lambda: Section.objects.filter(pk="collect").update(needed=None),
    "satisfied elements": lambda: ClauseVersion.objects.filter(clause="data").update(satisfies=[]),
    "id of a law": lambda: Regime.objects.update(name="other"),
    "state of a law": lambda: Regime.objects.update(state=State.REVIEW),
    "a law": lambda: Regime.objects.all().delete(),
    "a conflict": lambda: Conflict.objects.all().delete(),
}


@pytest.mark.parametrize("what", WRITES)
def test_nothing_that_is_released_changes_behind_the_desks_back(folder: Path, what: str) -> None:
    load(folder)
    with pytest.raises(DatabaseError), transaction.atomic():
        WRITES[what]()
    assert list(problems(timezone.localdate())) == []


def test_who_wrote_a_law_does_not_approve_it_even_past_the_desk(folder: Path) -> None:
    load(folder)
    row = submitted(drafted("conflict", "name-without-records", withdrawn=True))
    with pytest.raises(DatabaseError), transaction.atomic():
        Conflict.objects.update(state=State.APPROVED, approved_by=row.edited_by)
