"""X28: programs that are told to end finish what they have begun, and leave the rest to others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policygen.policies.models import Batch, BatchStage, Piece, PieceState
from policygen.policies.tasks import AT_ONCE, CHUNK
from setup.servers import free_port
from tests.faults.engine import (
    Engine,
    Program,
    ended,
    held,
    once_each,
    publish,
    started,
    states,
    until,
    until_stage,
)
from tests.patience import PATIENCE
from tests.policies.bulk.fleet import fleet
from tests.signing_in import sign_in

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("people")]


def ends_cleanly(
    engine: Engine, first: AbstractContextManager[Program], pieces: int, *, says: str
) -> None:
    """See that a program that is told to end in the middle of a piece aborts nothing."""
    batch = started(fleet(pieces))
    with first as program:
        with engine.gate(batch.pk, after=AT_ONCE):
            until(lambda: ended(batch) == AT_ONCE and held(batch) > 0, program)
            begun = held(batch)
            program.process.terminate()
            program.until_it_says(says)
            assert ended(batch) == AT_ONCE
        assert program.end() == 0, program.said[-3_000:]
        assert "Traceback" not in program.said
    assert ended(batch) >= AT_ONCE + begun, "what was begun was ended"
    assert states(batch).get(PieceState.WAITING), "it did not do all of it"
    assert not Piece.objects.exclude(holder="").exists(), "nothing is held by it"
    assert set(Piece.objects.values_list("tries", flat=True)) == {0}, "nothing was cut off"


def test_a_celery_worker_ends_its_chunk_and_then_itself(engine: Engine) -> None:
    pieces = AT_ONCE + 3 * CHUNK  # each of the two children ends one chunk at most
    ends_cleanly(engine, engine.worker(), pieces, says="Warm shutdown")
    batch = Piece.objects.all()[0].batch
    with engine.worker() as worker:
        until_stage(batch, BatchStage.READY, worker)


def test_the_command_ends_its_piece_and_then_itself(embedded: Engine) -> None:
    pieces = AT_ONCE + 4
    ends_cleanly(embedded, embedded.working(), pieces, says="is ended first")
    batch = Piece.objects.all()[0].batch
    with embedded.working("--once") as rest:
        assert rest.process.wait(timeout=PATIENCE) == 0, rest.said
    assert Piece.objects.exclude(state=PieceState.DONE).count() == 0
    publish(batch)
    with embedded.working() as one, embedded.working() as two:
        until_stage(batch, BatchStage.DONE, one, two, sweeping=False)
    once_each(batch, pieces)


def test_a_server_that_is_told_to_end_answers_the_request_that_publishes(embedded: Engine) -> None:
    made = fleet(2)
    batch = started(made)
    client = sign_in(Client(), made.people.owner)
    port, options = free_port(), ("--workers", "1", "--threads", "2", "--worker-class", "gthread")
    patience = ("--timeout", f"{PATIENCE}", "--graceful-timeout", f"{PATIENCE}")
    where = ("--bind", f"127.0.0.1:{port}", *patience, "--no-control-socket")
    with (
        embedded.process("-m", "gunicorn", "tests.faults.quick_web", *options, *where) as server,
        ThreadPoolExecutor(1) as threads,
    ):
        server.until_it_says("Listening at")
        order = {
            "effective_on": timezone.localdate().isoformat(),
            "reason": "All of them.",
            "kind": "material",
            "round": "1",
            "ours": "on",  # they are an example's
        }
        page = reverse("publish_batch", args=[batch.pk])
        with embedded.gate(batch.pk, after=1):
            answer = threads.submit(posted, port, page, client.cookies["sessionid"].value, order)
            until(lambda: held(batch) == 1, server)
            server.process.terminate()
            server.until_it_says("Handling signal: term")
            assert not answer.done()
        assert server.end() == 0, server.said[-3_000:]
        assert answer.result(timeout=PATIENCE) == (302, batch.get_absolute_url())
    assert Batch.objects.get().stage == BatchStage.DONE
    once_each(batch, 2)


def posted(port: int, page: str, session: str, form: dict[str, str]) -> tuple[int, str | None]:
    """Send a form as a browser does; return the status and where the answer leads."""
    token = "a" * 32
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sessionid={session}; csrftoken={token}",
        "Origin": f"http://127.0.0.1:{port}",
    }
    body = urlencode({**form, "csrfmiddlewaretoken": token})
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("POST", page, body, headers)
        response = connection.getresponse()
        return response.status, response.getheader("Location")
