"""What is sent to the queues, how much of it, and with which settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError as DatabaseAway
from kombu import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import TimeoutError as RedisTimeout

from policygen import celery
from policygen.policies import tasks
from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.models import Batch, BatchStage, Piece, PieceState
from tests.policies.bulk.fleet import fleet
from tests.policies.bulk.steps import begun

Sent = list[tuple[UUID, str]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Sent:
    """The messages that would have been sent."""
    found: Sent = []
    settings.REDIS_URL = "redis://nowhere"

    def send(kwargs: dict[str, Any], queue: str, headers: dict[str, str]) -> None:
        assert set(kwargs) == {"batch", "message"}, "and nothing about persons"
        assert headers == {"batch": kwargs["batch"]}
        found.append((UUID(kwargs["batch"]), queue))

    monkeypatch.setattr(tasks.work, "apply_async", send)
    monkeypatch.setattr(
        tasks, "messages_of_batches", lambda name: Counter(str(b) for b, q in found if q == name)
    )
    return found


def batch_of(count: int) -> Batch:
    made = fleet(count)
    return begun(made)


# ------------------------------------------------------------------ settings


def test_nothing_but_json_is_read_and_no_results_are_kept() -> None:
    found = celery.app.conf
    assert found.accept_content == ["json"]
    assert (found.task_serializer, found.task_ignore_result) == ("json", True)
    assert found.result_backend is None


def test_a_message_is_acknowledged_late_and_given_back_where_a_worker_is_lost() -> None:
    for name in ("policies.work", "policies.sweep", "policies.remind", "policies.clean"):
        task = celery.app.tasks[name]
        assert task.acks_late
        assert task.reject_on_worker_lost
        assert task.ignore_result
    found = celery.app.conf
    assert found.worker_prefetch_multiplier == 1
    assert found.broker_transport_options["visibility_timeout"] > found.task_time_limit
    assert found.task_time_limit > found.task_soft_time_limit > tasks.SECONDS


def test_workers_empty_the_interactive_queue_first() -> None:
    assert [queue.name for queue in celery.app.conf.task_queues] == ["interactive", "bulk"]
    found = celery.app.amqp.queues.consume_from
    assert list(found) == ["interactive", "bulk"]
    assert {name: queue.routing_key for name, queue in found.items()} == {n: n for n in found}
    assert celery.app.conf.broker_transport_options["queue_order_strategy"] == "priority"


def test_beat_sends_what_there_is() -> None:
    celery.app.loader.import_default_modules()
    for entry in celery.app.conf.beat_schedule.values():
        assert entry["task"] in celery.app.tasks


# ------------------------------------------------------------------ messages


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_a_message_of_a_new_batch_goes_to_the_interactive_queue_as_somebody_waits(
    sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    made = fleet(2)
    with django_capture_on_commit_callbacks(execute=True):
        batch = start_group_batch(made.group, made.people.owner)
        tasks.send(batch.pk)
    assert sent == [(batch.pk, "interactive")]
    tasks.work(str(batch.pk))
    assert sent[1:] == [(batch.pk, "interactive")], "listed, and small"
    tasks.work(str(batch.pk))
    tasks.work(str(batch.pk))
    assert sent[2:] == [(batch.pk, "interactive")], "sent on until nothing waits"
    assert Batch.objects.get().stage == BatchStage.READY


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_messages_of_a_large_batch_go_to_as_many_workers_as_can_be_at_it(
    sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    batch = batch_of(12)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.send(batch.pk)
    assert sent == [(batch.pk, "bulk")] * 3, "12 policies are three chunks"


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_the_sweep_sends_what_is_missing_and_no_more(sent: Sent) -> None:
    tasks.sweep()
    assert sent == [], "nothing waits"
    one, two = batch_of(1), batch_of(1)
    tasks.sweep()
    assert Counter(sent) == {(one.pk, "bulk"): tasks.WIDTH, (two.pk, "bulk"): tasks.WIDTH}
    tasks.sweep()
    assert len(sent) == 2 * tasks.WIDTH
    del sent[:3]
    tasks.sweep()
    assert len(sent) == 2 * tasks.WIDTH


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_the_messages_of_one_batch_hide_no_other_that_has_none(sent: Sent) -> None:
    one, two = batch_of(1), batch_of(1)
    sent.extend([(one.pk, "bulk")] * 100)
    tasks.sweep()
    assert Counter(sent[100:]) == {(two.pk, "bulk"): tasks.WIDTH}


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_of_all_who_list_a_batch_one_spreads_the_messages(sent: Sent) -> None:
    made = fleet(12)
    batch = start_group_batch(made.group, made.people.owner)
    whole = Batch.objects.select_related("group__practice", "practice", "by")
    both = [whole.get(pk=batch.pk), whole.get(pk=batch.pk)]  # read before anything is listed
    for one in both:
        list_pieces(one)
    assert [one.stage for one in both] == [BatchStage.PREPARING, BatchStage.LISTING]
    Batch.objects.update(stage=BatchStage.LISTING)
    tasks.work(str(batch.pk))
    assert len(sent) == 3


def test_messages_are_counted_by_the_batch_that_they_name() -> None:
    said = ['{"headers": {"batch": "a"}}', '{"headers": {}}', "no JSON", "[]", '{"headers": null}']
    assert [celery._batch_of(one.encode()) for one in said] == ["a", "", "", "", ""]


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_what_cannot_be_sent_is_left_to_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
    sent: Sent,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    batch, tried = batch_of(12), []

    def away(**_options: object) -> None:
        tried.append(1)
        raise OperationalError("Error 111 connecting to redis:6379. Connection refused.")

    monkeypatch.setattr(tasks.work, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.send_all([batch.pk, batch_of(1).pk])
    assert len(tried) == 1, "no request waits for it again and again"
    assert "the broker is away" in caplog.text
    tasks.sweep()
    assert len(tried) == 2
    assert set(Piece.objects.values_list("state", flat=True)) == {PieceState.WAITING}


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
@pytest.mark.parametrize("error", [OperationalError, RedisTimeout, ConnectionRefusedError])
def test_a_sweep_that_cannot_ask_the_broker_leaves_all_to_the_next_one(
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    sent: Sent,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(_name: str) -> Counter[str]:
        raise error("redis:6379 does not answer.")

    batch_of(1)
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "messages_of_batches", away)
        tasks.sweep()
    assert sent == []
    assert f"the broker is away; nothing was swept: {error.__name__}" in caplog.text
    tasks.sweep()
    assert len(sent) == tasks.WIDTH


@pytest.mark.parametrize("asked", [celery.queue_length, celery.messages_of_batches])
def test_whoever_asks_a_broker_that_is_away_hears_so_by_one_of_the_errors_that_are_named(
    asked: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = celery.app.conf.broker_transport_options
    nowhere = partial(Connection, "redis://127.0.0.1:1/0", transport_options=options)
    monkeypatch.setattr(celery.app, "connection_for_read", nowhere)
    with pytest.raises(celery.BROKER_AWAY):
        asked("bulk")


# ------------------------------------------------------------------ several batches


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_pieces_are_counted_no_further_than_the_messages_need(sent: Sent) -> None:
    batch = batch_of(tasks.AT_ONCE)
    assert tasks._count(batch.pk, tasks.AT_ONCE + 1) == tasks.AT_ONCE
    assert tasks._count(batch.pk, 3) == 3
    tasks._spread(batch.pk, tasks.WIDTH)
    assert sent == [(batch.pk, "interactive")] * 3
    large = batch_of(tasks.AT_ONCE + 1)
    tasks._spread(large.pk, 1)
    assert sent[3:] == [(large.pk, "bulk")]
    very_large = batch_of(tasks.CHUNK * tasks.WIDTH)
    tasks._spread(very_large.pk, tasks.WIDTH)
    assert sent[4:] == [(very_large.pk, "bulk")] * tasks.WIDTH


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_several_batches_are_sent_together_and_in_their_order(
    sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    batches = [batch_of(1).pk for _ in range(3)]
    with django_capture_on_commit_callbacks(execute=True):
        tasks.send_all(iter(batches))
        assert sent == [], "nothing is sent before the commit"
    assert sent == [(batch, "interactive") for batch in batches]


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[UUID, float]]:
    """The batches that a request began itself, by a clock that goes on by 4 seconds a batch.

    Each has the seconds that were left for it.
    """
    found: list[tuple[UUID, float]] = []

    def work_on(batch: UUID, *, pieces: int, seconds: float) -> int:
        assert pieces == tasks.AT_ONCE
        found.append((batch, seconds))
        return 1

    monkeypatch.setattr(tasks, "work_on", work_on)
    monkeypatch.setattr(tasks, "monotonic", partial(next, count(0, 2)))  # asked twice a batch
    return found


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_a_request_has_one_deadline_for_all_the_batches_that_it_sends(
    worked: list[tuple[UUID, float]], django_capture_on_commit_callbacks: Any
) -> None:
    batches = [batch_of(1).pk for _ in range(6)]
    with django_capture_on_commit_callbacks(execute=True):
        tasks.send_all(batches)
    assert worked == list(zip(batches, (13.0, 9.0, 5.0, 1.0), strict=False)), "the others wait"


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_one_batch_that_cannot_be_sent_keeps_none_of_the_others_waiting(
    worked: list[tuple[UUID, float]],
    django_capture_on_commit_callbacks: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone, other = batch_of(1), batch_of(1)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.send_all([gone.pk, other.pk])
        gone_key = gone.pk
        gone.delete()
    assert [batch for batch, _ in worked] == [other.pk]
    assert f"batch {gone_key} could not be sent and waits" in caplog.text


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_a_request_begins_no_other_batch_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried: list[UUID] = []

    def away(batch: UUID, **_options: object) -> int:
        tried.append(batch)
        raise DatabaseAway

    monkeypatch.setattr(tasks, "work_on", away)
    batches = [batch_of(1).pk, batch_of(1).pk]
    with django_capture_on_commit_callbacks(execute=True):
        tasks.send_all(batches)
    assert tried == batches[:1]
    assert "the database is away; batches wait" in caplog.text


@pytest.mark.django_db
def test_the_daily_tasks_are_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(tasks, "call_command", called.append)
    tasks.remind()
    tasks.clean()
    assert called == ["remind", "purge_drafts", "purge_batches", "clearsessions", "sweep_files"]


def test_what_one_daily_command_cannot_do_keeps_none_of_the_others_from_being_done(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []

    def call(command: str) -> None:
        called.append(command)
        if command in ("purge_drafts", "clearsessions"):
            raise ValueError(command)

    monkeypatch.setattr(tasks, "call_command", call)
    with pytest.raises(ValueError, match="purge_drafts"):
        tasks.clean()
    assert called == ["purge_drafts", "purge_batches", "clearsessions", "sweep_files"]
    assert "clearsessions failed" in caplog.text
