"""Faults of work on many policies: what tests do in moderation, and ``bench.faults`` at length."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

from django.db import connections
from django.utils import timezone

from policygen.policies.bulk.starting import list_pieces
from policygen.policies.bulk.working import do, take, work_on
from policygen.policies.models import Batch, BatchStage, Event, Piece
from tests.faults.engine import (
    Engine,
    Program,
    ended,
    once_each,
    publish,
    started,
    swept,
    time_passes,
    until,
    until_stage,
)
from tests.policies.bulk.fleet import fleet


def killed_workers(engine: Engine, *, pieces: int, kills: int) -> None:
    """Kill the group of a worker again and again while it publishes; each policy has one version.

    Every second time it is killed while it prepares.
    """
    batch = started(fleet(pieces))
    share = pieces // (kills + 1)
    for kill in range(kills):
        if kill == kills // 2:
            with engine.worker() as worker:
                until_stage(batch, BatchStage.READY, worker)
            publish(batch)
        with engine.worker() as worker:
            _until_more(batch, min(share, pieces - ended(batch)), worker)
            worker.kill()
        time_passes(Piece.objects.filter(batch=batch))
    with engine.worker() as worker:
        until_stage(batch, BatchStage.DONE, worker)
    once_each(batch, pieces)


def _until_more(batch: Batch, count: int, worker: Program) -> None:
    enough = ended(batch) + count
    until(swept(lambda: ended(batch) >= enough), worker)


def asked_twice(*, pairs: int) -> None:
    """Let two at a time publish the same policy; each policy has one version, written down once.

    That is what happens where a process was thought dead that is only slow.
    """
    batch = started(fleet(pairs), sends=False)
    list_pieces(batch)
    while work_on(batch.pk, pieces=pairs):
        pass
    publish(batch, sends=False)
    for _ in range(pairs):
        first = take(batch.pk)
        assert first is not None
        Piece.objects.filter(pk=first.pk).update(held_until=timezone.now() - timedelta(seconds=1))
        second = take(batch.pk)
        assert second is not None
        assert (second.pk, second.tries) == (first.pk, 2)
        together(partial(do, first), partial(do, second))
    work_on(batch.pk, pieces=1)
    once_each(batch, pairs)
    assert Event.objects.filter(action="published").count() == pairs


def together(*things: Callable[[], object]) -> None:
    """Do things at the same time, each with connections of its own."""
    barrier = Barrier(len(things))

    def one(thing: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=60)
            thing()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(things)) as threads:
        list(threads.map(one, things))


def broker_away(engine: Engine, *, pieces: int, seconds: float) -> None:
    """Stop Redis in mid-batch and freeze it at the publication, each for some seconds."""
    assert engine.redis is not None
    batch = started(fleet(pieces))
    with engine.worker() as worker:
        _until_more(batch, pieces // 10, worker)
        engine.redis.stop()
        time.sleep(seconds)
        engine.redis.start()
        until_stage(batch, BatchStage.READY, worker)
        engine.redis.freeze()
        publish(batch)
        time.sleep(seconds)
        engine.redis.thaw()
        until_stage(batch, BatchStage.DONE, worker)
    once_each(batch, pieces)
