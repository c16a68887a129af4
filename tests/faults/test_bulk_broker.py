"""X09, X10, X20, J01: the broker is away, comes back empty, or brings what it should not."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from policygen.celery import BULK, INTERACTIVE, queue_length
from policygen.policies import tasks
from policygen.policies.bulk.starting import start_group_batch
from policygen.policies.models import Batch, BatchStage, Piece, PieceState
from setup.redis_server import RedisServer
from tests.faults.engine import (
    Engine,
    ended,
    held,
    once_each,
    publish,
    started,
    states,
    until,
    until_stage,
)
from tests.faults.site import problems
from tests.policies.bulk.fleet import fleet
from tests.signing_in import sign_in

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("people")]
MESSAGES = Path(__file__).parent.parent / "policies" / "messages"
NOBODY = str(UUID(int=0))


def server(engine: Engine) -> RedisServer:
    assert engine.redis is not None
    return engine.redis


def waiting_messages() -> int:
    return queue_length(BULK) + queue_length(INTERACTIVE)


# ------------------------------------------------------------------ away


def test_a_batch_begun_without_a_broker_is_done_once_there_is_one(engine: Engine) -> None:
    made = fleet(6)
    server(engine).stop()
    batch = started(made)
    assert batch.stage == BatchStage.LISTING, "the request had its answer"
    server(engine).start()
    assert waiting_messages() == 0
    with engine.worker() as worker:
        until_stage(batch, BatchStage.READY, worker)
        server(engine).freeze()
        publish(batch)
        now = Batch.objects.get(pk=batch.pk).stage
        assert now != BatchStage.READY, "the request had its answer, whatever the worker still held"
        server(engine).thaw()
        until_stage(batch, BatchStage.DONE, worker)
    once_each(batch, 6)


def test_a_broker_that_is_stopped_in_mid_batch_and_comes_back_empty_costs_nothing(
    engine: Engine,
) -> None:
    batch = started(fleet(30))
    with engine.worker() as worker:
        with engine.gate(batch.pk, after=5):
            until(lambda: ended(batch) == 5 and held(batch) > 0, worker)
            server(engine).stop()
            worker.until_it_says("Connection to broker lost")
            assert states(batch) == {PieceState.DONE: 5, PieceState.WAITING: 25}
        server(engine).start()
        until_stage(batch, BatchStage.READY, worker)
        publish(batch)
        until_stage(batch, BatchStage.DONE, worker)
    once_each(batch, 30)
    assert problems() == []


@pytest.mark.every_case
@pytest.mark.parametrize("fault", ["stop", "freeze"])
def test_pages_answer_as_ever_while_the_broker_is_away(engine: Engine, fault: str) -> None:
    made = fleet(12)
    client = sign_in(Client(), made.people.owner)
    getattr(server(engine), fault)()
    here = reverse("new_batch", args=[made.people.practice.slug])
    response = client.post(here, {"group": made.group.pk})
    batch = Batch.objects.get()
    assert (response.status_code, response["Location"]) == (302, batch.get_absolute_url())
    assert client.get(batch.get_absolute_url()).status_code == 200
    for change in ("stop_batch", "resume_batch"):
        assert client.post(reverse(change, args=[batch.pk])).status_code == 302
    assert Batch.objects.get().stage == BatchStage.LISTING, "it waits"


# ------------------------------------------------------------------ interactive first


def test_a_small_batch_does_not_wait_for_a_large_one(engine: Engine) -> None:
    large = started(fleet(4 * tasks.CHUNK))
    with engine.worker("-c", "1") as worker:
        with engine.gate(large.pk, after=1):  # in the middle of the first chunk
            until(lambda: held(large) == 1, worker)
            small = started(fleet(2))
        until_stage(small, BatchStage.READY, worker, sweeping=False)
    last = max(Piece.objects.filter(batch=small).values_list("ended", flat=True))
    before = Piece.objects.filter(batch=large, ended__lt=last)
    assert before.count() <= tasks.CHUNK, "it waits for the chunk that was begun, and no other"


# ------------------------------------------------------------------ rolled back


class ChangedMindError(Exception):
    """Somebody had a second thought."""


def test_nothing_is_sent_by_a_transaction_that_is_rolled_back(engine: Engine) -> None:
    made = fleet(3)
    with pytest.raises(ChangedMindError), transaction.atomic():
        batch = start_group_batch(made.group, made.people.owner)
        tasks.send(batch.pk)
        raise ChangedMindError
    assert waiting_messages() == 0
    assert not Batch.objects.exists()
    with transaction.atomic():
        tasks.send(start_group_batch(made.group, made.people.owner).pk)
        assert waiting_messages() == 0, "it is sent with the commit, and not before"
    assert waiting_messages() == 1


def test_what_fails_after_the_commit_does_not_fail_the_request(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("Nobody thought of that.")

    monkeypatch.setattr(tasks, "_spread", broken)
    batch = started(fleet(1))
    assert Batch.objects.filter(pk=batch.pk).exists()
    assert "Nobody thought of that" in caplog.text
    assert connection.in_atomic_block is False


# ------------------------------------------------------------------ other messages


def stored(name: str, batch: Batch) -> str:
    """Return a message as it lies in Redis, about a batch."""
    message: dict[str, Any] = json.loads((MESSAGES / f"{name}.json").read_text())
    body = b64decode(message["body"]).replace(NOBODY.encode(), str(batch.pk).encode())
    return json.dumps({**message, "body": b64encode(body).decode()})


def test_messages_of_other_releases_are_done_or_left_and_end_no_worker(engine: Engine) -> None:
    batch = started(fleet(4))
    bad = ("of_a_later_release", "of_a_later_task", "about_nothing", "pickled")
    with redis.Redis.from_url(server(engine).url) as outside:
        outside.flushall()
        for name in (*bad, "of_release_1"):
            outside.lpush(BULK, stored(name, batch))
    with engine.worker() as worker:
        until_stage(batch, BatchStage.READY, worker, sweeping=False)
        publish(batch)
        until_stage(batch, BatchStage.DONE, worker)
        worker.until_it_says("a message of a later release is left to later workers")
        worker.until_it_says("policies.rebuild")
        worker.until_it_says("a message names no batch")
        worker.until_it_says("ContentDisallowed")  # a pickle is not read
        assert "the task failed" not in worker.said
        assert worker.process.poll() is None
    once_each(batch, 4)


def test_a_message_is_what_it_was_in_release_1(engine: Engine) -> None:
    batch = started(fleet(1))
    with redis.Redis.from_url(server(engine).url) as outside:
        (sent,) = outside.lrange(INTERACTIVE, 0, -1)
    now, then = json.loads(sent), json.loads(stored("of_release_1", batch))
    assert b64decode(now["body"]) == b64decode(then["body"])
    assert {**then["headers"], "task": now["headers"]["task"]} == then["headers"]
    assert set(then["headers"]) <= set(now["headers"])
    assert "@" not in b64decode(now["body"]).decode()
