"""X07, X08: workers die in the middle of a batch, and some policies kill whoever makes them."""

from __future__ import annotations

import os
from functools import partial

import pytest
from billiard.pool import SIG_SOFT_TIMEOUT

from policygen.policies.bulk.starting import list_pieces
from policygen.policies.bulk.working import (
    NOT_PRINTED,
    POISON,
    TOO_LARGE,
    TOO_LARGE_TO_PRINT,
    TOO_SLOW,
    TRIES,
    work_on,
)
from policygen.policies.models import BatchStage, Piece, PieceState, PolicyVersion
from policygen.policies.published import files
from policygen.practices.models import Location
from tests.faults.bulk_trials import killed_workers
from tests.faults.engine import (
    Engine,
    begun,
    named,
    publish,
    started,
    states,
    swept,
    time_passes,
    until,
    until_stage,
)
from tests.faults.site import problems
from tests.policies.bulk.fleet import Fleet, fleet

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("people")]


def with_bad_ones(count: int, **bad: str) -> Fleet:
    """Make a practice some of whose locations stand in bad streets."""
    made = fleet(count)
    for name, street in bad.items():
        located = Location.objects.filter(practice=made.people.practice, name=f"Office {name[1:]}")
        assert located.update(address=f"1 {street} Street\nSpringfield, IL 62701") == 1
    return made


def test_workers_killed_again_and_again_lose_nothing_and_double_nothing(engine: Engine) -> None:
    killed_workers(engine, pieces=24, kills=3)
    assert problems() == []


def test_a_policy_that_kills_its_worker_fails_and_the_others_are_published(engine: Engine) -> None:
    made = with_bad_ones(12, _7="Deadly")
    batch = started(made)
    with engine.worker() as worker:
        until_stage(batch, BatchStage.READY, worker)
        publish(batch)
        for deaths in range(1, TRIES + 1):
            until(swept(partial(begun_often, engine, "md Deadly", deaths)), worker)
            time_passes(Piece.objects.filter(batch=batch, level__location__name="Office 7"))
        until_stage(batch, BatchStage.DONE, worker)
        assert worker.process.poll() is None, "the worker outlives its children"
    assert begun(engine, "md Deadly") == TRIES
    assert states(batch) == {PieceState.DONE: 11, PieceState.FAILED: 1}
    assert named(batch.pk, "Office 7").problem == POISON
    assert PolicyVersion.objects.count() == 11
    assert problems() == []


def begun_often(engine: Engine, what: str, often: int) -> bool:
    return begun(engine, what) >= often


def test_of_100_policies_one_takes_too_much_memory_to_print_and_99_are_published(
    engine: Engine,
) -> None:
    """The limit is that of the real process that prints; four more are printed by it after that."""
    paper = {f"_{number}": "Paper" for number in (31, 32, 33, 34)}
    batch = started(with_bad_ones(100, _30="Hungry", **paper))
    with engine.worker() as worker:
        until_stage(batch, BatchStage.READY, worker)
        publish(batch)
        until_stage(batch, BatchStage.DONE, worker)
        assert "WorkerLost" not in worker.said
    assert states(batch) == {PieceState.DONE: 99, PieceState.FAILED: 1}
    hungry = named(batch.pk, "Office 30")
    assert (hungry.problem, hungry.version) == (TOO_LARGE_TO_PRINT, None)
    assert begun(engine, "pdf Hungry") == 1, "it is not begun again"
    assert begun(engine, "pdf Paper") == 4
    assert PolicyVersion.objects.count() == 99
    for name in ("Office 31", "Office 32", "Office 33", "Office 34"):
        version = PolicyVersion.objects.get(draft=named(batch.pk, name).draft)
        assert files.read(version.files.get(format="pdf").sha256).startswith(b"%PDF-")
    assert problems() == []


def test_a_policy_that_takes_too_much_memory_says_so_and_ends_no_worker(engine: Engine) -> None:
    made = with_bad_ones(6, _3="Greedy", _5="Doomed")
    batch = started(made)
    with engine.worker() as worker:
        until_stage(batch, BatchStage.READY, worker)
        publish(batch)
        until_stage(batch, BatchStage.DONE, worker)
        assert "WorkerLost" not in worker.said
    assert states(batch) == {PieceState.DONE: 4, PieceState.FAILED: 2}
    assert named(batch.pk, "Office 3").problem == TOO_LARGE
    assert named(batch.pk, "Office 5").problem == NOT_PRINTED
    assert begun(engine, "md Greedy") == begun(engine, "pdf Doomed") == 1, "each was begun once"


def test_a_policy_that_takes_too_long_says_so_and_the_others_are_published(engine: Engine) -> None:
    batch = started(with_bad_ones(4, _1="Slow"), sends=False)
    list_pieces(batch)
    assert work_on(batch.pk, pieces=10) == 4
    publish(batch)
    with engine.worker() as worker:
        with engine.slow() as slow:
            until(lambda: slow.read_text() != "", worker)
            # What Celery sends when the time is over; by then the document is surely begun.
            os.kill(int(slow.read_text()), SIG_SOFT_TIMEOUT)
        until_stage(batch, BatchStage.DONE, worker)
    assert states(batch) == {PieceState.DONE: 3, PieceState.FAILED: 1}
    assert named(batch.pk, "Office 1").problem == TOO_SLOW
