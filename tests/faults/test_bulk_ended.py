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
from policygen.policies.tasks import AT_ONCE
from policygen.practices.models import Location
from setup.redis_server import free_port
from tests.faults.engine import Engine, Program, ended, once_each, publish, started, states, until
from tests.faults.engine import until_stage as until_stage_of
from tests.policies.bulk.fleet import fleet
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.timeout(600),  # many processes: on a busy machine they take their time
    pytest.mark.usefixtures("people"),
]


def ends_cleanly(first: AbstractContextManager[Program], pieces: int, *, code: int) -> None:
    """See that a program that is told to end in mid-batch aborts nothing."""
    batch = started(fleet(pieces))
    with first as program:
        until(lambda: ended(batch) >= AT_ONCE, program)
        assert program.end() == code, program.said[-3_000:]
        assert "Traceback" not in program.said
    assert states(batch).get(PieceState.WAITING), "it did not do all of it"
    assert not Piece.objects.exclude(holder="").exists(), "nothing is held by it"
    assert set(Piece.objects.values_list("tries", flat=True)) == {0}, "nothing was cut off"


def test_a_celery_worker_ends_its_chunk_and_then_itself(engine: Engine) -> None:
    ends_cleanly(engine.worker(), 30, code=0)
    batch = Piece.objects.all()[0].batch
    with engine.worker() as worker:
        until_stage_of(batch, BatchStage.READY, worker)


def test_the_command_ends_its_piece_and_then_itself(embedded: Engine) -> None:
    ends_cleanly(embedded.working(), 24, code=0)
    batch = Piece.objects.all()[0].batch
    with embedded.working("--once") as rest:
        assert rest.process.wait(timeout=120) == 0, rest.said
    assert Piece.objects.exclude(state=PieceState.DONE).count() == 0
    publish(batch)
    with embedded.working() as one, embedded.working() as two:
        until_stage_of(batch, BatchStage.DONE, one, two, sweeping=False)
    once_each(batch, 24)


def test_a_server_that_is_told_to_end_answers_the_request_that_publishes(embedded: Engine) -> None:
    made = fleet(2)
    located = Location.objects.filter(practice=made.people.practice, name="Office 1")
    located.update(address="1 Slow Street\nSpringfield, IL 62701")
    batch = started(made)
    client = sign_in(Client(), made.people.owner)
    port, options = free_port(), ("--workers", "1", "--threads", "2", "--worker-class", "gthread")
    where = ("--bind", f"127.0.0.1:{port}", "--graceful-timeout", "30", "--no-control-socket")
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
        }
        page = reverse("publish_batch", args=[batch.pk])
        answer = threads.submit(posted, port, page, client.cookies["sessionid"].value, order)
        until(lambda: Piece.objects.exclude(holder="").exists(), server)
        assert server.end() == 0, server.said[-3_000:]
        assert answer.result(timeout=60) == (302, batch.get_absolute_url())
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
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", page, body, headers)
        response = connection.getresponse()
        return response.status, response.getheader("Location")
