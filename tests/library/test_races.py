"""Two people at once, with two connections: one after the other, and nothing that nobody saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from policygen.core.problems import Refused
from policygen.library import log, pieces, publishing
from policygen.library.loading import Loaded, load_library
from policygen.library.models import (
    Clause,
    ClauseVersion,
    Release,
    ReleaseState,
    State,
    Transition,
)
from policygen.library.publishing import DeskBusy, Overtaken, WrongState
from tests.library.folders import change
from tests.library.steps import (
    CLAUSE,
    approved,
    drafted,
    loaded,
    make_desk_folder,
    row_of,
    submitted,
    written,
)
from tests.releases import person, tried_out
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 12
"""How often two people meet; without the desk's lock, a few rounds are enough to fail."""
Action = Callable[[], object]
at_once = partial(together, refusals=(Overtaken, WrongState, Refused, DeskBusy))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "clauses"
    loaded(folder)
    yield folder
    assert list(log.problems()) == []


def refusals(outcomes: list[object]) -> list[type]:
    return [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


def prepared() -> Release:
    candidate = publishing.prepare_release(
        title="Changes",
        notes="",
        effective_from=timezone.localdate(),
        by=person("release_manager"),
        today=timezone.localdate(),
    )
    tried_out(candidate)
    return candidate


def test_a_text_that_nobody_saw_is_never_approved(folder: Path) -> None:
    by, approver = person("drafter"), person("approver")
    for n in range(ROUNDS):
        row = submitted(written(f"c{n}", "We seen."))

        def rewrite(row: Any = row) -> object:
            back = publishing.send_back(row, by=by, seen=row.revision, why="A mistake.")
            back = publishing.save_draft(back, {"body": "We unseen."}, by=by, seen=back.revision)
            return publishing.submit(back, by=by, seen=back.revision)

        def approve(row: Any = row) -> object:
            return publishing.approve(row, by=approver, seen=row.revision)

        outcomes = at_once(rewrite, approve)
        now = row_of("clause", f"c{n}")
        assert len(refusals(outcomes)) == 1, outcomes
        assert (now.state, now.body) in [
            (State.APPROVED, "We seen."),
            (State.REVIEW, "We unseen."),
        ]


def test_of_two_who_save_the_second_is_told_and_loses_nothing(folder: Path) -> None:
    people = [person("drafter"), person("drafter", "approver")]
    for n in range(ROUNDS):
        row = written(f"c{n}")
        texts = ["We one.", "We two."]

        def save(which: int, row: Any = row, texts: Any = tuple(texts)) -> Action:
            return lambda: publishing.save_draft(
                row, {"body": texts[which]}, by=people[which], seen=row.revision
            )

        outcomes = at_once(save(0), save(1))
        assert refusals(outcomes) == [Overtaken], outcomes
        lost = next(i for i, outcome in enumerate(outcomes) if isinstance(outcome, Overtaken))
        now = row_of("clause", f"c{n}")
        assert (now.body, now.edited_by) == (texts[1 - lost], people[1 - lost])
        told = outcomes[lost]
        assert isinstance(told, Overtaken)
        assert isinstance(told.piece, ClauseVersion)
        assert told.piece.body == now.body


def test_of_two_approvers_one_approves(folder: Path) -> None:
    people = [person("approver"), person("approver", "release_manager")]
    for n in range(ROUNDS):
        row = submitted(written(f"c{n}"))
        outcomes = at_once(
            *(
                lambda by=by, row=row: publishing.approve(row, by=by, seen=row.revision)
                for by in people
            )
        )
        assert refusals(outcomes) == [Overtaken], outcomes
        now = row_of("clause", f"c{n}")
        assert now.state == State.APPROVED
        lines = Transition.objects.filter(name=f"c{n}", action="approved")
        assert [line.by for line in lines] == [now.approved_by]


def test_a_draft_is_submitted_as_it_was_seen(folder: Path) -> None:
    by = person("drafter")
    for n in range(ROUNDS):
        row = written(f"c{n}", "We seen.")
        outcomes = at_once(
            lambda row=row: publishing.submit(row, by=by, seen=row.revision),
            lambda row=row: publishing.save_draft(
                row, {"body": "We unseen."}, by=by, seen=row.revision
            ),
        )
        assert refusals(outcomes) == [Overtaken], outcomes
        now = row_of("clause", f"c{n}")
        assert (now.state, now.body) in [(State.REVIEW, "We seen."), (State.DRAFT, "We unseen.")]


def test_twenty_clicks_on_publish_make_one_release(folder: Path) -> None:
    by = person("release_manager")
    for n in range(3):
        approved(written(f"c{n}"))
        candidate = prepared()

        def publish(candidate: Release = candidate) -> object:
            return publishing.publish_release(
                candidate, by=by, seen=candidate.mark, today=timezone.localdate()
            )

        outcomes = at_once(*[publish] * 20)
        assert set(refusals(outcomes)) <= {DeskBusy}, outcomes
        assert Release.objects.filter(state=ReleaseState.PUBLISHED).count() == n + 2
        lines = Transition.objects.filter(kind="release", number=n + 2, action="published")
        assert lines.count() == 1
        assert candidate.entries.count() == 4 + n


def test_a_candidate_is_published_with_what_was_approved_before_it_or_not_at_all(
    folder: Path,
) -> None:
    for n in range(ROUNDS):
        approved(written(f"c{n}a", f"We {n}."))
        waiting = submitted(written(f"c{n}b", f"We too {n}."))
        approver, manager = person("approver"), person("release_manager")

        def approve(row: Any = waiting, by: Any = approver) -> object:
            return publishing.approve(row, by=by, seen=row.revision)

        def release(by: Any = manager) -> object:
            candidate = prepared()
            return publishing.publish_release(
                candidate, by=by, seen=candidate.mark, today=timezone.localdate()
            )

        approving, releasing = at_once(approve, release)
        assert isinstance(approving, ClauseVersion)
        newest = pieces.newest_release()
        assert newest is not None
        there = {clause.slug for clause in pieces.to_library(pieces.released()).clauses}
        states = {row_of("clause", f"c{n}{x}").state for x in "ab"}
        if isinstance(releasing, WrongState):
            assert (f"c{n}a" in there, states) == (False, {State.APPROVED})
            at_once(release)
        elif row_of("clause", f"c{n}b").state == State.RELEASED:
            assert there >= {f"c{n}a", f"c{n}b"}
        else:
            assert (f"c{n}b" in there, states) == (False, {State.RELEASED, State.APPROVED})
        assert pieces.contents_of(newest).keys() >= {("clause", "more")}


def test_publishing_and_loading_files_do_not_mix(folder: Path) -> None:
    texts = ["a lot", "very much", "a bit", "always", "daily"]
    for n, (before, after) in enumerate(pairwise(texts)):
        change(folder, "about/more.md", before, after)
        approved(written(f"c{n}"))
        candidate = prepared()
        by = person("release_manager")
        publish, load = at_once(
            lambda c=candidate, by=by: publishing.publish_release(
                c, by=by, seen=c.mark, today=timezone.localdate()
            ),
            lambda: load_library(folder, today=timezone.localdate()),
        )
        assert isinstance(publish, Release)
        assert isinstance(load, Loaded)
        assert load.drafts == (CLAUSE,)
        assert row_of(*CLAUSE).body.endswith(f"{after}.")
        assert publish.entries.count() == 4 + n
        contents = pieces.contents_of(publish)
        assert pieces.to_library(contents).digest == publish.digest


def test_of_two_who_begin_a_draft_one_does(folder: Path) -> None:
    by = person("drafter")
    for slug in ("more", "data", "speaker"):
        clause = Clause.objects.get(pk=slug)
        outcomes = at_once(*[lambda c=clause: publishing.begin_draft(c, by=by)] * 4)
        assert refusals(outcomes) == [WrongState] * 3, outcomes
        assert sorted(clause.versions.values_list("number", "state")) == [
            (1, "released"),
            (2, "draft"),
        ]


def test_of_two_who_begin_to_change_an_option_the_second_is_told(folder: Path) -> None:
    by = person("drafter")
    row = row_of("option", "data:name")
    outcomes = at_once(
        *(
            lambda label=label: publishing.save_draft(
                row, {"label": label}, by=by, seen=row.revision
            )
            for label in ("One", "Two")
        )
    )
    assert refusals(outcomes) == [Overtaken]
    assert row_of("option", "data:name").number == 2


def test_of_two_new_clauses_of_one_name_one_is_made(folder: Path) -> None:
    person("drafter")
    for n in range(ROUNDS):
        outcomes = at_once(*[lambda n=n: written(f"c{n}")] * 3)
        assert refusals(outcomes) == [Refused, Refused], outcomes
        assert ClauseVersion.objects.filter(clause=f"c{n}").count() == 1


def test_of_two_who_throw_a_draft_away_one_does(folder: Path) -> None:
    by = person("drafter")
    for _ in range(ROUNDS):
        row = drafted(*CLAUSE)
        outcomes = at_once(*[lambda row=row: publishing.discard(row, by=by, seen=row.revision)] * 2)
        assert refusals(outcomes) == [WrongState], outcomes
        assert row_of(*CLAUSE).number == 1


def test_two_servers_that_start_at_once_make_one_release(tmp_path: Path) -> None:
    folder = make_desk_folder(tmp_path / "clauses")
    outcomes = at_once(*[lambda: load_library(folder, today=timezone.localdate())] * 4)
    assert refusals(outcomes) == []
    assert sorted(outcome.new for outcome in outcomes if isinstance(outcome, Loaded)) == [
        *[False] * 3,
        True,
    ]
    assert Release.objects.count() == 1
