"""X07, X08: workers die in the middle of a batch, and some policies kill whoever makes them."""

from __future__ import annotations

import pytest

from policygen.celery import BULK
from policygen.policies import tasks
from policygen.policies.bulk.starting import list_pieces
from policygen.policies.bulk.working import POISON, TOO_LARGE, TOO_SLOW, work_on
from policygen.policies.models import BatchStage, Piece, PieceState, PolicyVersion
from policygen.practices.models import Location
from tests.faults.bulk_trials import killed_workers
from tests.faults.engine import SLOW_SECONDS, Engine, named, publish, started, states, until_stage
from tests.faults.site import problems
from tests.policies.bulk.fleet import Fleet, fleet

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.timeout(600),  # many processes: on a busy machine they take their time
    pytest.mark.usefixtures("people"),
]


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
        until_stage(batch, BatchStage.DONE, worker)
        assert worker.process.poll() is None, "the worker outlives its children"
    assert states(batch) == {PieceState.DONE: 11, PieceState.FAILED: 1}
    assert named(batch.pk, "Office 7").problem == POISON
    assert PolicyVersion.objects.count() == 11
    assert problems() == []


def test_a_policy_that_takes_too_much_memory_says_so_and_ends_no_worker(engine: Engine) -> None:
    made = with_bad_ones(6, _3="Greedy", _5="Hostile")
    batch = started(made)
    with engine.worker() as worker:
        until_stage(batch, BatchStage.READY, worker)
        publish(batch)
        until_stage(batch, BatchStage.DONE, worker)
        assert "WorkerLost" not in worker.said
    assert states(batch) == {PieceState.DONE: 4, PieceState.FAILED: 2}
    assert named(batch.pk, "Office 3").problem == TOO_LARGE
    assert "to print as a PDF" in named(batch.pk, "Office 5").problem
    assert set(Piece.objects.values_list("tries", flat=True)) == {0}, "each was begun once"


def test_a_policy_that_takes_too_long_says_so_and_the_others_are_published(engine: Engine) -> None:
    batch = started(with_bad_ones(4, _1="Slow"), sends=False)
    list_pieces(batch)
    assert work_on(batch.pk, pieces=10) == 4
    publish(batch, sends=False)
    word = {"batch": str(batch.pk), "message": tasks.MESSAGE}
    tasks.work.apply_async(kwargs=word, queue=BULK, soft_time_limit=SLOW_SECONDS / 3)
    with engine.worker() as worker:
        until_stage(batch, BatchStage.DONE, worker, sweeping=False)
    assert states(batch) == {PieceState.DONE: 3, PieceState.FAILED: 1}
    assert named(batch.pk, "Office 1").problem == TOO_SLOW
