"""What Prometheus reads at /metrics, and who may."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from policygen import __version__, metrics
from policygen.core.analysis.change_kind import ChangeKind
from policygen.monitoring import rows
from policygen.policies.bulk.deciding import publish_batch, resume_batch, stop_batch
from policygen.policies.bulk.starting import start_group_batch
from policygen.policies.models import Batch, BatchStage, Piece
from policygen.rendering import FORMATS, Format, RenderTooLarge, timing
from policygen.rendering.imprint import specimen
from tests.policies.bulk.fleet import fleet
from tests.policies.bulk.steps import begun, prepared, worked

TOKEN = "a-token-that-nobody-guesses"
ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.django_db


@pytest.fixture
def scrape(settings: Any) -> Any:
    """Read the figures, by their names and the values of their labels, sorted by label."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[tuple[str, ...], float]:
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        samples = [sample for family in families for sample in family.samples]
        return {(one.name, *one.labels.values()): one.value for one in samples}

    return read


def test_there_is_no_such_page_without_a_token(client, settings):
    settings.METRICS_TOKEN = ""
    missing = client.get("/no-such-page", headers={"Authorization": "Bearer "})
    answer = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert (answer.status_code, answer.content) == (404, missing.content)


@pytest.mark.parametrize("given", ["", "Bearer wrong", TOKEN, f"bearer {TOKEN}", "Bearer é"])
def test_a_wrong_token_meets_no_such_page(client, settings, given):
    settings.METRICS_TOKEN = TOKEN
    headers = {"Authorization": given.encode().decode("latin-1")} if given else {}
    missing = client.get("/no-such-page")
    answer = client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.content) == (404, missing.content)


def test_the_figures_are_only_read(client, settings):
    settings.METRICS_TOKEN = TOKEN
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/metrics", headers=headers).status_code == 404


def test_it_is_read_inside_the_network_by_the_name_of_a_container(client, settings):
    settings.METRICS_TOKEN = TOKEN
    settings.SECURE_SSL_REDIRECT = True
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.get("/metrics", headers=headers, SERVER_NAME="web.internal")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Cache-Control"] == "no-store"


def test_requests_are_counted_by_route_and_never_by_path(client, scrape):
    before = scrape()
    client.get("/account/login/?quux=1")
    client.get("/quux-quux")
    client.get("/quux-quux-quux")
    after = scrape()
    key = ("policygen_requests_total", "GET", "account_login", "200")
    assert after[key] == before.get(key, 0) + 1
    unknown = ("policygen_requests_total", "GET", "unknown", "404")
    assert after[unknown] == before.get(unknown, 0) + 2
    assert after[("policygen_request_seconds_count", "account_login")] >= 1
    assert not [key for key in after if any("quux" in part for part in key)]


def test_documents_and_failures_are_counted_by_format(scrape, monkeypatch):
    def fail(_document):
        raise RenderTooLarge("“Dr. Quux” is too long")

    before = scrape()
    FORMATS["txt"].render(specimen())
    failing = timing.timed({"txt": Format("Plain text", fail)})["txt"]
    with pytest.raises(RenderTooLarge):
        failing.render(specimen())
    after = scrape()
    for key in (
        ("policygen_render_seconds_count", "txt"),
        ("policygen_render_failures_total", "txt", "RenderTooLarge"),
    ):
        assert after[key] == before.get(key, 0) + 1


def test_the_build_is_named(scrape):
    assert [key for key in scrape() if key[0] == "policygen_build_info"]


@pytest.mark.usefixtures("release")
def test_a_batch_can_be_watched(scrape):
    made = fleet(2)
    before = scrape()
    assert before[("policygen_pieces_waiting", "prepare")] == 0
    assert before[("policygen_oldest_waiting_seconds",)] == 0
    batch = begun(made)
    waiting = scrape()
    assert waiting[("policygen_pieces_waiting", "prepare")] == 2
    assert waiting[("policygen_oldest_waiting_seconds",)] > 0
    assert waiting[("policygen_batches", "preparing")] == 1
    worked(batch)
    assert {(p.state, p.problem) for p in batch.pieces.all()} == {("done", "")}
    done = scrape()
    key = ("policygen_pieces_total", "done", "prepare")
    assert done[key] == before.get(key, 0) + 2
    assert done[("policygen_piece_seconds_count", "prepare")] >= 2
    assert done[("policygen_pieces_waiting", "prepare")] == 0
    assert done[("policygen_batches", "ready")] == 1


@pytest.mark.usefixtures("release")
def test_a_stopped_batch_waits_for_nobody(scrape):
    made = fleet(1)
    batch = begun(made)
    Batch.objects.filter(pk=batch.pk).update(stopped=True)
    assert scrape()[("policygen_pieces_waiting", "prepare")] == 0
    assert scrape()[("policygen_oldest_waiting_seconds",)] == 0


@pytest.mark.usefixtures("release")
def test_the_time_of_ended_batches_is_added_up(scrape):
    made = fleet(1)
    batch = start_group_batch(made.group, made.people.owner)
    ended = batch.created + timezone.timedelta(seconds=90)
    Batch.objects.filter(pk=batch.pk).update(stage=BatchStage.DONE, ended=ended)
    Piece.objects.filter(batch=batch).delete()
    found = scrape()
    assert found[("policygen_batch_seconds_count",)] == 1
    assert found[("policygen_batch_seconds_sum",)] == pytest.approx(90)


def test_figures_come_even_while_the_database_is_away(scrape):
    def refuse(*_):
        raise OperationalError("away")

    assert scrape()[("policygen_database_up",)] == 1
    with connection.execute_wrapper(refuse):
        found = scrape()
    assert found[("policygen_database_up",)] == 0
    assert ("policygen_pieces_waiting", "prepare") not in found


def test_a_broker_that_is_away_is_said_and_stops_nothing(scrape, settings, monkeypatch):
    def refuse(_queue):
        raise ConnectionError

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(rows, "queue_length", refuse)
    assert scrape()[("policygen_broker_up",)] == 0
    monkeypatch.setattr(rows, "queue_length", lambda queue: len(queue))
    found = scrape()
    assert found[("policygen_broker_up",)] == 1
    assert found[("policygen_queue_messages", "bulk")] == 4


# Several processes


COUNTING = """
import os, sys
import django
django.setup()
from policygen import __version__, metrics
for _ in range(3):
    metrics.PUBLICATIONS.labels(kind="material").inc()
if os.fork() == 0:
    metrics.PUBLICATIONS.labels(kind="material").inc(10)
    os._exit(0)
os.wait()
metrics.PUBLICATIONS.labels(kind="material").inc()
from policygen.monitoring import exposition
sys.stdout.buffer.write(exposition.text())
"""


def counted(folder: Path) -> float:
    variables = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "policygen.settings",
        "POLICYGEN_METRICS_DIR": str(folder),
        "POLICYGEN_DATA_DIR": str(folder),
    }
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", COUNTING],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        check=True,
        text=True,
    )
    wanted = 'policygen_publications_total{kind="material"} '
    return next(
        float(line.removeprefix(wanted))
        for line in ran.stdout.splitlines()
        if line.startswith(wanted)
    )


def test_processes_of_one_folder_are_added_up_and_those_that_ended_stay_counted(tmp_path):
    assert counted(tmp_path) == 14
    files = sorted(path.name for path in tmp_path.glob("*.db"))
    assert counted(tmp_path) == 28
    assert sorted(path.name for path in tmp_path.glob("*.db")) == files


def test_two_living_processes_never_count_in_the_same_place(tmp_path):
    one, two = metrics.Slot(tmp_path), metrics.Slot(tmp_path)
    assert (one(), two(), one()) == ("1", "2", "1")


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__


# How long it waits


def waiting_seconds(scrape: Any) -> float:
    return scrape()[("policygen_oldest_waiting_seconds",)]


def prepared_long_ago(count: int = 1) -> tuple[Batch, Any]:
    """Return a batch that was prepared three days ago, and its people."""
    made = fleet(count)
    batch = prepared(made)
    long_ago = timezone.now() - timezone.timedelta(days=3)
    Piece.objects.filter(batch=batch).update(ended=long_ago)
    Batch.objects.filter(pk=batch.pk).update(created=long_ago)
    return batch, made.people


def publish(batch: Batch) -> None:
    publish_batch(batch.pk, on=timezone.localdate(), reason="x", kind=ChangeKind.MATERIAL)


@pytest.mark.usefixtures("release")
def test_what_rested_for_days_waits_since_somebody_went_on_with_it(scrape):
    batch, _ = prepared_long_ago()
    assert waiting_seconds(scrape) == 0
    publish(batch)
    assert 0 < waiting_seconds(scrape) < 3600


@pytest.mark.usefixtures("release")
def test_what_was_stopped_for_days_waits_since_it_was_resumed(scrape):
    batch, _ = prepared_long_ago()
    publish(batch)
    stop_batch(batch.pk)
    Piece.objects.filter(batch=batch).update(ended=timezone.now() - timezone.timedelta(days=3))
    resume_batch(batch.pk)
    assert 0 < waiting_seconds(scrape) < 3600


@pytest.mark.usefixtures("release")
def test_what_nobody_works_on_waits_since_it_began_to_wait(scrape):
    batch, _ = prepared_long_ago()
    publish(batch)
    Piece.objects.filter(batch=batch).update(ended=timezone.now() - timezone.timedelta(hours=2))
    assert 7200 <= waiting_seconds(scrape) < 7500


@pytest.mark.usefixtures("release")
def test_a_scrape_asks_no_more_of_many_batches(scrape, django_assert_num_queries):
    batch, _ = prepared_long_ago()
    publish(batch)
    with CaptureQueriesContext(connection) as one:
        scrape()
    for _ in range(5):
        twin = Batch.objects.create(by=batch.by, release=batch.release, stage="preparing")
        Piece.objects.create(batch=twin, number=1)
    with CaptureQueriesContext(connection) as six:
        scrape()
    assert len(six) == len(one)


def test_a_figure_that_takes_too_long_says_nothing_of_the_database(scrape, monkeypatch):
    def late() -> None:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(rows, "_oldest", late)
    found = scrape()
    assert found[("policygen_database_up",)] == 1
    assert ("policygen_oldest_waiting_seconds",) not in found
    assert ("policygen_pieces_waiting", "prepare") in found
    assert ("policygen_batch_seconds_count",) in found
