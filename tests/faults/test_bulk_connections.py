"""A worker keeps what PostgreSQL has planned for it."""

from __future__ import annotations

import pytest
from django.db import connection

from policygen.policies.models import BatchStage
from tests.faults.engine import Engine, ended, held, started, until, until_stage
from tests.policies.bulk.fleet import fleet

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("people")]
FIRST = 2


def connections() -> set[int]:
    """Return the ids of the server's processes that serve somebody else on this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


def test_a_child_keeps_its_connection_from_one_task_to_the_next(engine: Engine) -> None:
    batch = started(fleet(15))
    ours = connections()
    with engine.worker("-c", "1") as worker:
        with engine.gate(batch.pk, after=FIRST):
            until(lambda: ended(batch) == FIRST and held(batch) == 1, worker)
            in_the_first_task = connections() - ours
        until_stage(batch, BatchStage.READY, worker)
        assert in_the_first_task & connections()
