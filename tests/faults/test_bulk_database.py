"""X03: the database is killed in the middle of a batch, and comes back."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, suppress
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest

from policygen.policies import tasks
from setup.postgres_cluster import PostgresServer
from setup.redis_server import RedisServer
from tests.faults.engine import Engine, Program, connected, until
from tests.faults.site import Founded
from tests.patience import PATIENCE

pytestmark = [pytest.mark.database, pytest.mark.postgresql]
PIECES, BEFORE = 15, 5


class Seen(NamedTuple):
    """A batch as it looks from outside."""

    stage: str
    ended: int
    failed: int
    holds: bool
    """Whether anybody holds a piece of it."""


def seen(site: Engine, batch: UUID) -> Seen:
    with psycopg.connect(site.database) as outside:
        found = outside.execute(
            "SELECT stage, count(*) FILTER (WHERE p.state <> 'waiting'),"
            " count(*) FILTER (WHERE p.state = 'failed'), bool_or(coalesce(p.holder, '') <> '')"
            " FROM policies_batch b LEFT JOIN policies_piece p ON p.batch_id = b.id"
            " WHERE b.id = %s GROUP BY stage",
            [batch],
        ).fetchone()
    assert found is not None
    return Seen(*found)


def begun(site: Engine) -> UUID:
    with site.process("-m", "tests.faults.quick_batch", str(PIECES)) as program:
        assert program.process.wait(timeout=PATIENCE) == 0, program.said
        return UUID(program.said.split()[-1])


def killed_meanwhile(
    server: PostgresServer, site: Engine, works: AbstractContextManager[Program]
) -> None:
    """Kill the server under whoever works, start it again, and see the batch come to its rest."""
    batch = begun(site)
    with works as program:
        with site.gate(batch, after=BEFORE):  # it is killed in the middle of a piece
            until(lambda: word() and seen(site, batch)[1:] == (BEFORE, 0, True), program)
            server.kill()
        program.until_it_says("does not answer" if site.redis is None else "the database is away")
        server.start()
        time_passes(site, batch)
        until(lambda: word() and seen(site, batch).stage == "ready", program)
        assert program.process.poll() is None
    assert seen(site, batch) == Seen("ready", PIECES, 0, holds=False)


def time_passes(site: Engine, batch: UUID) -> None:
    """Let the time be over for which pieces are held: nobody could say that they let them go."""
    with psycopg.connect(site.database) as outside:
        over = "UPDATE policies_piece SET held_until = now() WHERE batch_id = %s AND holder <> ''"
        outside.execute(over, [batch])


def word() -> bool:
    """Send what beat sends, more often than beat does."""
    if tasks.settings.REDIS_URL:
        time.sleep(0.5)
        with suppress(*tasks.BROKER_AWAY):
            tasks.sweep.apply_async()
    return True


def test_the_command_goes_on_when_the_database_is_back(
    server: PostgresServer, far_site: Founded
) -> None:
    site = Engine(far_site.database, far_site.data)
    killed_meanwhile(server, site, site.working())


def test_a_worker_goes_on_when_the_database_is_back(
    server: PostgresServer, far_site: Founded, redis_server: RedisServer
) -> None:
    site = Engine(far_site.database, far_site.data, redis_server)
    with connected(redis_server):
        killed_meanwhile(server, site, site.worker())
