"""What ``bench.faults`` tries. To be run where the environment names a site."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from policygen.policies.models import PolicyVersion  # noqa: E402
from policygen.rendering import FORMATS, Format  # noqa: E402
from setup.redis_server import redis  # noqa: E402
from tests.faults.bulk_trials import asked_twice, broker_away, killed_workers  # noqa: E402
from tests.faults.engine import Engine, connected  # noqa: E402
from tests.faults.site import Founded, Site, problems  # noqa: E402
from tests.faults.trials import damaged_drafts, damaged_versions, killed, lose_nothing  # noqa: E402
from tests.faults.victim import made_up  # noqa: E402
from tests.library.steps import triggers_off  # noqa: E402
from tests.library.test_killed import Server  # noqa: E402
from tests.policies.cast import cast, drafted, policy_of, published  # noqa: E402
from tests.releases import release_changes  # noqa: E402
from tests.signing_in import sign_in  # noqa: E402
from tests.wizard.visitors import FOLDER  # noqa: E402


def kills(times: int) -> None:
    release_changes(FOLDER)
    people = cast()
    policy = policy_of(people)
    site = Site(os.environ["DATABASE_URL"], settings.DATA_DIR)
    chance, dead, tried = Random(times), 0, 0
    ends = iter(lambda: chance.randrange(1, 160), None)
    for answer in killed(site, policy, people.owner, ends):
        tried += 1
        dead += answer == "killed"
        if dead == times:
            break
    left = problems(quick=False)
    versions = PolicyVersion.objects.count()
    print(f"{connection.vendor}: {dead} of {tried} publications killed, {versions} versions whole.")
    print("\n".join(left) or "verify finds no problem.")


def corrupted(times: int) -> None:
    setup_test_environment()
    release_changes(FOLDER)
    people = cast()
    policy = policy_of(people)
    published(policy, people.owner)
    published(policy, people.owner, practice_name="Elm Dental Care")
    draft = drafted(policy, people.owner, practice_name="Elm")
    client = sign_in(Client(raise_request_exception=False), people.owner)
    failed = damaged_drafts(client, draft, times * 2 // 3, Random(times))
    with triggers_off("policies_policyversion"):
        version = PolicyVersion.objects.get(policy=policy, number=1)
        failed += damaged_versions(client, version, times // 3, Random(times))
    for page, text, status in failed:
        print(status, page, text[:2_000])
    print(f"{connection.vendor}: {len(failed)} of {times} damaged texts made a page fail.")


def acknowledged(times: int) -> None:
    server = Server(settings.DATA_DIR)
    try:
        server.start()
        site = Site(server.address, settings.DATA_DIR)
        site.manage("migrate", "--verbosity", "0")
        site.manage("load_library")
        with site.victim("found") as victim:
            policy, owner = victim.heard().split()
        founded = Founded(site.database, Path(site.data), policy, owner)
        enough = lose_nothing(server, founded, kills=10, at_least=max(1, times // 10))
        print(f"0 of {enough:,} acknowledged writes lost, the server killed 10 times.")
    finally:
        server.stop()


@contextmanager
def engine() -> Iterator[Engine]:
    release_changes(FOLDER)
    with redis() as server, connected(server):
        yield Engine(os.environ["DATABASE_URL"], settings.DATA_DIR, server)


def killed_workers_at(pieces: int) -> None:
    with engine() as site:
        killed_workers(site, pieces=pieces, kills=10)
    told(f"{pieces} policies published, the workers killed 10 times: none lost, none doubled.")


def asked_twice_at(pairs: int) -> None:
    release_changes(FOLDER)
    FORMATS["pdf"] = Format("PDF", made_up)
    asked_twice(pairs=pairs)
    told(f"{pairs} policies published by two at once: one version and one line of log each.")


def broker_at(pieces: int) -> None:
    with engine() as site:
        broker_away(site, pieces=pieces, seconds=60)
    told(f"{pieces} policies published, Redis away for two minutes: none lost, none doubled.")


def told(line: str) -> None:
    print(line)
    print("\n".join(problems(quick=True)) or "verify finds no problem.")


if __name__ == "__main__":
    trials = {
        "kills": kills,
        "corrupted": corrupted,
        "acknowledged": acknowledged,
        "killed-workers": killed_workers_at,
        "asked-twice": asked_twice_at,
        "broker": broker_at,
    }
    trials[sys.argv[1]](int(sys.argv[2]))
