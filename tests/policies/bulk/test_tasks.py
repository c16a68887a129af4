"""What is sent to the queues, how much of it, and with which settings."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from kombu.exceptions import OperationalError

from policygen import celery
from policygen.policies import tasks
from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.models import Batch, BatchStage, Piece, PieceState
from tests.policies.bulk.fleet import fleet

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
        tasks, "words_of_batches", lambda name: Counter(str(b) for b, q in found if q == name)
    )
    return found


def batch_of(count: int) -> Batch:
    made = fleet(count)
    batch = start_group_batch(made.group, made.people.owner)
    list_pieces(batch)
    return batch


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
def test_word_of_a_new_batch_goes_to_the_interactive_queue_as_somebody_waits(
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
    assert sent[2:] == [(batch.pk, "interactive")], "passed on until nothing waits"
    assert Batch.objects.get().stage == BatchStage.READY


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_word_of_a_large_batch_goes_to_as_many_workers_as_can_be_at_it(
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
def test_the_words_of_one_batch_hide_no_other_that_has_none(sent: Sent) -> None:
    one, two = batch_of(1), batch_of(1)
    sent.extend([(one.pk, "bulk")] * 100)
    tasks.sweep()
    assert Counter(sent[100:]) == {(two.pk, "bulk"): tasks.WIDTH}


@pytest.mark.django_db
@pytest.mark.usefixtures("release")
def test_of_all_who_list_a_batch_one_spreads_the_word(sent: Sent) -> None:
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
    monkeypatch: pytest.MonkeyPatch, sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    batch, tried = batch_of(12), []

    def away(**_options: object) -> None:
        tried.append(1)
        raise OperationalError("Error 111 connecting to redis:6379. Connection refused.")

    monkeypatch.setattr(tasks.work, "apply_async", away)
    tasks._sent(batch.pk)
    assert len(tried) == 1, "no request waits for it again and again"
    assert "the broker is away" in caplog.text
    tasks.sweep()
    assert len(tried) == 2
    assert set(Piece.objects.values_list("state", flat=True)) == {PieceState.WAITING}


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
