"""X01, X02: process or database killed in the middle: there is a whole version, or none."""

from __future__ import annotations

import pytest
from django.db import connection

from policygen.policies.models import Policy, PolicyVersion
from setup.postgres_cluster import PostgresServer
from tests.faults.site import Founded, Site, problems
from tests.faults.trials import killed, lose_nothing
from tests.policies.cast import Cast

KILLS = 3
WRITES = 20


def test_a_publication_killed_at_any_step_leaves_a_whole_version_or_none(
    policy: Policy, people: Cast, site: Site
) -> None:
    every = 1 if connection.vendor == "sqlite" else 3  # killing takes longer there
    ends = range(1, 1000, every)
    answers = []
    for answer in killed(site, policy, people.owner, ends):
        answers.append(answer)
        if answer != "killed":
            break
    steps, end = int(answers[-1]), ends[len(answers) - 1]
    assert end - every <= steps < end, "a publication that nobody kills takes as many steps"
    assert steps > 60
    assert PolicyVersion.objects.count() > 2, "it was also killed after the commit"
    assert problems(quick=False) == []


@pytest.mark.database
@pytest.mark.postgresql
def test_a_killed_server_loses_nothing_that_it_acknowledged(
    server: PostgresServer, far_site: Founded
) -> None:
    acknowledged = lose_nothing(server, far_site, kills=KILLS, at_least=WRITES)
    assert acknowledged > KILLS * WRITES
