"""The engine without a broker: who takes what, what becomes of it, and who goes on."""

from __future__ import annotations

import re
import resource
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction
from django.utils import timezone

from policygen import celery
from policygen.policies import tasks
from policygen.policies.bulk import working
from policygen.policies.bulk.deciding import (
    discard_batch,
    resume_batch,
    retry_pieces,
    stop_batch,
)
from policygen.policies.bulk.starting import start_group_batch
from policygen.policies.bulk.working import (
    POISON,
    TOO_LARGE,
    TOO_SLOW,
    TRIES,
    Ended,
    do,
    take,
    waiting,
    work_on,
)
from policygen.policies.management.commands import work as command
from policygen.policies.models import Batch, BatchStage, Piece, PieceState, Step
from tests.policies.bulk.fleet import fleet
from tests.policies.bulk.steps import begun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def listed(count: int = 3) -> Batch:
    """Start a batch whose pieces wait, and let nobody hear of it."""
    made = fleet(count)
    batch = begun(made)
    batch.refresh_from_db()
    assert batch.stage == BatchStage.PREPARING
    return batch


def state_of(piece: Piece) -> tuple[str, str]:
    piece.refresh_from_db()
    return piece.state, piece.problem


def ending(error: BaseException) -> Callable[[Piece], Ended]:
    def step(_piece: Piece) -> Ended:
        raise error

    return step


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> dict[Step, Any]:
    """The steps, to be replaced by a test."""
    found: dict[Step, Any] = dict(working.STEPS)
    monkeypatch.setattr(working, "STEPS", found)
    return found


# ------------------------------------------------------------------ taking


def test_nobody_takes_what_somebody_holds() -> None:
    batch = listed(2)
    first, second = take(batch.pk), take(batch.pk)
    assert first is not None
    assert second is not None
    assert first.pk != second.pk
    assert first.holder != second.holder
    assert take(batch.pk) is None
    assert work_on(batch.pk, pieces=5) == 0
    batch.refresh_from_db()
    assert batch.stage == BatchStage.PREPARING, "what is held is not yet done"


def test_what_somebody_held_who_died_is_taken_up_again(settings: Any) -> None:
    settings.WORK_LEASE = 60
    batch = listed(1)
    with time_machine.travel(timezone.now(), tick=False) as now:
        died = take(batch.pk)
        assert died is not None
        now.shift(59)
        assert take(batch.pk) is None
        now.shift(2)
        again = take(batch.pk)
        assert again is not None
        assert (again.pk, again.tries) == (died.pk, 2)
        do(died)
        assert state_of(died) == (PieceState.WAITING, ""), "it is no longer theirs"
        do(again)
    assert state_of(again) == (PieceState.DONE, "")
    assert again.tries == 0


def test_what_is_begun_three_times_and_never_ends_is_given_up_with_a_reason() -> None:
    batch = listed(2)
    for _ in range(TRIES):
        piece = take(batch.pk)
        assert piece is not None
        assert piece.number == 1
        Piece.objects.filter(pk=piece.pk).update(held_until=timezone.now() - timedelta(seconds=1))
    other = take(batch.pk)
    assert other is not None
    assert other.number == 2
    assert state_of(piece) == (PieceState.FAILED, POISON)
    do(other)
    batch.refresh_from_db()
    assert batch.stage == BatchStage.READY, "the others go on"
    assert retry_pieces(batch.pk) == 1
    work_on(batch.pk, pieces=5)
    assert state_of(piece) == (PieceState.DONE, "")


def test_nothing_of_a_stopped_batch_is_begun_until_it_is_resumed() -> None:
    batch = listed(2)
    stop_batch(batch.pk)
    assert take(batch.pk) is None
    assert work_on(batch.pk, pieces=5) == 0
    assert list(waiting()) == []
    assert not Piece.objects.exclude(state=PieceState.WAITING).exists()
    resume_batch(batch.pk)
    assert list(waiting()) == [batch.pk]
    assert work_on(batch.pk, pieces=5) == 2


def test_a_stop_in_between_lets_the_piece_end_that_is_begun(steps: dict[Step, Any]) -> None:
    batch = listed(3)
    prepare = steps[Step.PREPARE]

    def and_stop(piece: Piece) -> Ended:
        stop_batch(batch.pk)
        ended: Ended = prepare(piece)
        return ended

    steps[Step.PREPARE] = and_stop
    assert work_on(batch.pk, pieces=5) == 1
    states = list(Piece.objects.order_by("number").values_list("state", flat=True))
    assert states == [PieceState.DONE, PieceState.WAITING, PieceState.WAITING]


def test_no_further_piece_is_begun_when_the_time_is_over() -> None:
    batch = listed(2)
    assert work_on(batch.pk, pieces=5, seconds=-1) == 0
    assert not Piece.objects.exclude(tries=0).exists()


def test_a_stage_whose_last_piece_was_written_by_somebody_who_died_goes_on() -> None:
    batch = listed(1)
    Piece.objects.update(state=PieceState.UNCHANGED)
    assert list(waiting()) == [batch.pk], "the sweep finds it"
    assert work_on(batch.pk, pieces=5) == 0
    batch.refresh_from_db()
    assert batch.stage not in {BatchStage.LISTING, BatchStage.PREPARING}


# ------------------------------------------------------------------ ends


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), TOO_LARGE),
        (SoftTimeLimitExceeded(), TOO_SLOW),
        (OSError(28, "No space left on device"), "The files could not be stored"),
        (ZeroDivisionError("a secret"), "Something went wrong that should not"),
    ],
)
def test_a_piece_says_why_it_failed_and_the_others_go_on(
    error: Exception, words: str, steps: dict[Step, Any]
) -> None:
    batch = listed(2)
    prepare = steps[Step.PREPARE]
    steps[Step.PREPARE] = ending(error)
    work_on(batch.pk, pieces=1)
    steps[Step.PREPARE] = prepare
    assert work_on(batch.pk, pieces=5) == 1
    failed, done = Piece.objects.order_by("number")
    assert state_of(done) == (PieceState.DONE, "")
    assert failed.state == PieceState.FAILED
    assert words in failed.problem
    assert "secret" not in failed.problem


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ZeroDivisionError()])
def test_whoever_runs_the_site_finds_the_error_by_its_mark(
    error: Exception, steps: dict[Step, Any], caplog: pytest.LogCaptureFixture
) -> None:
    batch = listed(1)
    steps[Step.PREPARE] = ending(error)
    work_on(batch.pk, pieces=1)
    found = re.search(r"in the log as ([0-9a-f]{8})\.", Piece.objects.get().problem)
    assert found is not None
    (record,) = (one for one in caplog.records if found[1] in one.getMessage())
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_while_the_database_is_away_a_piece_rests_and_no_try_is_counted(
    steps: dict[Step, Any],
) -> None:
    batch = listed(1)
    prepare = steps[Step.PREPARE]
    steps[Step.PREPARE] = ending(OperationalError("canceling statement due to lock timeout"))
    with time_machine.travel(timezone.now(), tick=False) as now:
        for rests in range(1, TRIES + 3):
            with pytest.raises(OperationalError):
                work_on(batch.pk, pieces=1)
            piece = Piece.objects.get()
            assert (piece.state, piece.holder, piece.tries) == (PieceState.WAITING, "", 0)
            assert piece.held_until == timezone.now() + timedelta(seconds=2**rests)
            assert work_on(batch.pk, pieces=1) == 0
            now.shift(2**rests + 1)
        steps[Step.PREPARE] = prepare
        assert work_on(batch.pk, pieces=1) == 1
    assert state_of(piece) == (PieceState.DONE, "")
    assert (piece.tries, piece.rests) == (0, 0)


def test_what_the_database_never_lets_through_is_given_up_and_the_answers_are_not_blamed(
    steps: dict[Step, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "RESTS", 2)
    monkeypatch.setattr(working, "LONGEST_REST", 0)
    batch = listed(1)
    steps[Step.PREPARE] = ending(OperationalError("deadlock detected"))
    for _ in range(2):
        with pytest.raises(OperationalError):
            work_on(batch.pk, pieces=1)
    assert work_on(batch.pk, pieces=1) == 1
    piece = Piece.objects.get()
    assert state_of(piece) == (PieceState.FAILED, working.BUSY)
    assert retry_pieces(batch.pk) == 1
    assert Piece.objects.get().rests == 0


def test_a_batch_is_discarded_while_a_piece_of_it_rests(steps: dict[Step, Any]) -> None:
    batch = listed(1)
    steps[Step.PREPARE] = ending(OperationalError("the server closed the connection"))
    with pytest.raises(OperationalError):
        work_on(batch.pk, pieces=1)
    stop_batch(batch.pk)
    discard_batch(batch.pk)
    work_on(batch.pk, pieces=5)
    batch.refresh_from_db()
    assert batch.stage == BatchStage.DISCARDED


def test_a_task_leaves_its_batch_alone_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    batch = listed(1)
    monkeypatch.setattr(tasks, "work_on", _away)
    tasks.work(str(batch.pk))
    assert "the database is away" in caplog.text
    assert Piece.objects.get().state == PieceState.WAITING


def _away(*_args: object, **_options: object) -> int:
    raise OperationalError("the server closed the connection")


# ------------------------------------------------------------------ in the request


@pytest.mark.usefixtures("in_no_hurry")
def test_a_small_batch_is_done_by_the_request_once_it_is_committed(
    django_capture_on_commit_callbacks: Any,
) -> None:
    made = fleet(2)
    with django_capture_on_commit_callbacks(execute=True):
        batch = start_group_batch(made.group, made.people.owner)
        tasks.send(batch.pk)
        assert not Piece.objects.exists(), "nothing is done before the commit"
    batch.refresh_from_db()
    assert batch.stage == BatchStage.READY
    assert set(Piece.objects.values_list("state", flat=True)) == {PieceState.DONE}


def test_nothing_is_done_by_a_request_that_is_rolled_back(
    django_capture_on_commit_callbacks: Any,
) -> None:
    made = fleet(2)
    with (
        django_capture_on_commit_callbacks(execute=True) as called,
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        tasks.send(start_group_batch(made.group, made.people.owner).pk)
        raise RuntimeError
    assert called == []
    assert not Batch.objects.exists()
    assert not Piece.objects.exists()


def test_a_large_batch_is_listed_by_the_request_and_left_to_the_command(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    made = fleet(3)
    with django_capture_on_commit_callbacks(execute=True):
        batch = start_group_batch(made.group, made.people.owner)
        tasks.send(batch.pk)
    assert Piece.objects.filter(state=PieceState.WAITING).count() == 3
    call_command("work", "--once")
    batch.refresh_from_db()
    assert batch.stage == BatchStage.READY


# ------------------------------------------------------------------ the command


def test_the_command_does_all_batches_in_turn_and_ends() -> None:
    batches = [listed(6), listed(2)]
    made = fleet(1)
    batches.append(start_group_batch(made.group, made.people.owner))
    call_command("work", "--once")
    stages = {Batch.objects.get(pk=batch.pk).stage for batch in batches}
    assert stages == {BatchStage.READY}
    ends = Piece.objects.order_by("ended").values_list("batch", flat=True)
    assert set(ends[:7]) == {batches[0].pk, batches[1].pk}, "neither waits for all of the other"


def test_the_command_has_its_memory_limited_and_gives_the_limit_back(
    steps: dict[Step, Any],
) -> None:
    listed(1)
    prepare, limits = steps[Step.PREPARE], []

    def and_look(piece: Piece) -> Ended:
        limits.append(resource.getrlimit(resource.RLIMIT_DATA)[0])
        ended: Ended = prepare(piece)
        return ended

    steps[Step.PREPARE] = and_look
    before = resource.getrlimit(resource.RLIMIT_DATA)
    call_command("work", "--once")
    assert limits == [celery.MEMORY]
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_a_batch_that_cannot_go_on_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = fleet(1)
    broken = start_group_batch(made.group, made.people.owner)
    batch = listed(2)
    monkeypatch.setattr(command, "list_pieces", _broken)
    call_command("work", "--once")
    batch.refresh_from_db()
    assert batch.stage == BatchStage.READY
    assert f"batch {broken.pk} cannot go on" in caplog.text


def _broken(_batch: Batch) -> int:
    raise ZeroDivisionError


def test_the_command_waits_for_a_database_that_is_away_unless_it_is_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed(1)
    monkeypatch.setattr(command, "work_on", _away)
    with pytest.raises(CommandError, match="The database does not answer"):
        call_command("work", "--once")
    said, running = StringIO(), command.Command()

    def end(_seconds: float) -> None:
        running.told_to_end = True

    monkeypatch.setattr(command.time, "sleep", end)
    call_command(running, stderr=said)
    assert "The database does not answer (OperationalError)." in said.getvalue()


def test_the_command_ends_the_piece_that_it_has_begun(
    steps: dict[Step, Any],
) -> None:
    listed(3)
    prepare, running = steps[Step.PREPARE], command.Command()

    def and_end(piece: Piece) -> Ended:
        running._end(15, None)
        ended: Ended = prepare(piece)
        return ended

    steps[Step.PREPARE] = and_end
    call_command(running)
    states = list(Piece.objects.order_by("number").values_list("state", flat=True))
    assert states == [PieceState.DONE, PieceState.WAITING, PieceState.WAITING]
    assert not Piece.objects.exclude(holder="").exists()
