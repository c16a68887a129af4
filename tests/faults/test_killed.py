"""X01, X02: process or database killed in the middle: there is a whole version, or none."""

from __future__ import annotations

import random

import psycopg
import pytest

from policygen.policies.models import Draft, Event, Policy, PolicyVersion
from tests.faults.site import Founded, Site, Victim, problems
from tests.library.test_killed import Server
from tests.policies.cast import Cast, drafted

pytestmark = pytest.mark.timeout(600)  # many processes: on a busy machine they take their time


def begun(policy: Policy, people: Cast, name: str) -> Draft:
    return drafted(policy, people.owner, practice_name=name)


def test_a_publication_killed_at_any_step_leaves_a_whole_version_or_none(
    policy: Policy, people: Cast, site: Site
) -> None:
    drafts = 1
    draft = begun(policy, people, "Elm 1")
    with site.victim("publish") as victim:
        for end in range(1, 1000):
            lines = Event.objects.count()
            answer = victim.told(draft.pk, people.owner.pk, draft.revision, end)
            assert problems(policy) == [], f"after {end} steps"
            there = PolicyVersion.objects.filter(draft=draft.pk).count()
            assert Draft.objects.filter(pk=draft.pk).count() == 1 - there
            assert (Event.objects.count() > lines) is bool(there)
            if answer != "killed":
                break
            if there:
                drafts += 1
                draft = begun(policy, people, f"Elm {drafts}")
    assert answer == str(end - 1), "a publication that nobody kills takes as many steps"
    assert end > 60
    assert PolicyVersion.objects.count() == drafts > 5
    assert problems(quick=False) == []


KILLS = 3


@pytest.mark.database
@pytest.mark.postgresql
def test_a_killed_server_loses_nothing_that_it_acknowledged(
    server: Server, far_site: Founded
) -> None:
    acknowledged = lose_nothing(server, far_site, kills=KILLS, at_least=20)
    assert acknowledged > 20 * KILLS


def lose_nothing(server: Server, site: Founded, *, kills: int, at_least: int) -> int:
    """Kill the server under acknowledged writes; return how many there were, none of them lost."""
    chance = random.Random(kills)
    acknowledged: set[str] = set()
    for _ in range(kills):
        with site.victim("write", site.policy, site.owner) as victim:
            acknowledged |= until_killed(victim, server, chance.randrange(at_least, 2 * at_least))
        server.start()
        with psycopg.connect(site.database) as outside:
            there = outside.execute("SELECT digest FROM policies_event").fetchall()
        assert acknowledged <= {digest for (digest,) in there}
    assert "no problem found" in site.manage("verify")
    return len(acknowledged)


def until_killed(victim: Victim, server: Server, enough: int) -> set[str]:
    """Kill the server after some steps, and return the digests that were acknowledged."""
    said = {victim.heard() for _ in range(enough)}
    server.kill()
    while line := victim.heard():
        said.add(line)
    return said - {""}
