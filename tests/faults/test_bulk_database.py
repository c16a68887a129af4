"""X03: the database is killed in the middle of a batch, and comes back."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, suppress
from typing import NamedTuple

import psycopg
import pytest

from policygen.policies import tasks
from setup.redis_server import RedisServer
from tests.faults.engine import Engine, Program, connected, until
from tests.faults.site import Founded
from tests.library.test_killed import Server

pytestmark = [
    pytest.mark.database,
    pytest.mark.postgresql,
    pytest.mark.timeout(600),  # many processes: on a busy machine they take their time
]
PIECES = 15


class Seen(NamedTuple):
    """A batch as it looks from outside."""

    stage: str
    ended: int
    failed: int


def seen(site: Engine, batch: str) -> Seen:
    with psycopg.connect(site.database) as outside:
        found = outside.execute(
            "SELECT stage, count(*) FILTER (WHERE p.state <> 'waiting'),"
            " count(*) FILTER (WHERE p.state = 'failed')"
            " FROM policies_batch b LEFT JOIN policies_piece p ON p.batch_id = b.id"
            " WHERE b.id = %s GROUP BY stage",
            [batch],
        ).fetchone()
    assert found is not None
    return Seen(*found)


def begun(site: Engine) -> str:
    with site.process("-m", "tests.faults.quick_batch", str(PIECES)) as program:
        assert program.process.wait(timeout=120) == 0, program.said
        return program.said.split()[-1]


def killed_meanwhile(server: Server, site: Engine, works: AbstractContextManager[Program]) -> None:
    """Kill the server under whoever works, start it again, and see the batch come to its rest."""
    batch = begun(site)
    with works as program:
        until(lambda: word() and seen(site, batch).ended >= PIECES // 3, program)
        server.kill()
        program.until_it_says("does not answer" if site.redis is None else "the database is away")
        server.start()
        until(lambda: word() and seen(site, batch).stage == "ready", program)
        assert program.process.poll() is None
    assert seen(site, batch) == Seen("ready", PIECES, 0)


def word() -> bool:
    """Send what beat sends, more often than beat does."""
    if tasks.settings.REDIS_URL:
        time.sleep(0.5)
        with suppress(*tasks.BROKER_AWAY):
            tasks.sweep.apply_async()
    return True


def test_the_command_goes_on_when_the_database_is_back(server: Server, far_site: Founded) -> None:
    site = Engine(far_site.database, far_site.data)
    killed_meanwhile(server, site, site.working())


def test_a_worker_goes_on_when_the_database_is_back(
    server: Server, far_site: Founded, redis_server: RedisServer
) -> None:
    site = Engine(far_site.database, far_site.data, redis_server)
    with connected(redis_server):
        killed_meanwhile(server, site, site.worker())
