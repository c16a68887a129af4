"""A site whose processes a test starts, kills and looks at from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import connection
from django.utils import timezone

from policygen.policies.models import Policy
from policygen.policies.proof.verify import Verification
from tests.patience import IN_ADDRESS, PATIENCE
from tests.whole_database import address, end_sessions, login
from tests.wizard.visitors import FOLDER

ROOT = Path(__file__).resolve().parents[2]

PATIENT = {
    "sqlite": f"?timeout={PATIENCE}",
    "postgresql": f"?connect_timeout={PATIENCE}&{IN_ADDRESS}",
}
"""What has processes wait for the database longer than a disk stands still."""


@dataclass(frozen=True)
class Site:
    """A database by its address, and the folder of its files."""

    database: str
    data: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this site finds in its environment."""
        kept = {name: value for name, value in os.environ.items() if name[:10] != "POLICYGEN_"}
        return {
            **kept,
            "DATABASE_URL": self.database,
            "DJANGO_SETTINGS_MODULE": "policygen.settings",
            "POLICYGEN_CLAUSES_DIR": str(FOLDER),
            "POLICYGEN_DATA_DIR": str(self.data),
            "POLICYGEN_DEBUG": "0",
            "POLICYGEN_PDF_WORKERS": "1",
        }

    def manage(self, *words: str, fails: bool = False) -> str:
        """Run a command, and return what it prints; it must succeed, or fail if it is to."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert bool(done.returncode) is fails, done.stdout
        return done.stdout

    @contextmanager
    def victim(self, *words: str) -> Iterator[Victim]:
        """Give a process of ``tests/faults/victim.py``, which is gone in the end."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victim", *words],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Victim(process)
        finally:
            process.kill()
            process.communicate()


@dataclass(frozen=True)
class Founded(Site):
    """A site with a practice, by the keys of its policy and its owner."""

    policy: str
    owner: str


@contextmanager
def empty_site(name: str, data: Path) -> Iterator[Site]:
    """Give a site that has nothing yet, not even tables, on the kind of database of this run."""
    if connection.vendor == "sqlite":
        yield Site(f"sqlite:///{data}/policygen.sqlite3", data)
        return
    with postgresql_database(_name_here(name)) as url:
        yield Site(url, data)


@contextmanager
def copied_site(site: Site, name: str, data: Path) -> Iterator[Site]:
    """Give a site that begins as an ``empty_site`` is now, while no process of that one runs."""
    shutil.copytree(site.data, data)
    if connection.vendor == "sqlite":
        yield Site(f"sqlite:///{data}/policygen.sqlite3", data)
        return
    like = site.database.rpartition("/")[2]
    with postgresql_database(_name_here(name), like=like) as url:
        yield Site(url, data)


def _name_here(name: str) -> str:
    return f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


@contextmanager
def postgresql_database(name: str, *, like: str = "template1") -> Iterator[str]:
    """Give the address of a database beside the one of this test run, a copy of another one."""
    server = login()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as outside:
        outside.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        end_sessions(outside, like)
        outside.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as outside:
            outside.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@dataclass(frozen=True)
class Victim:
    """A process that does as it is told, line by line."""

    process: subprocess.Popen[str]

    def told(self, *words: object) -> str:
        """Tell it something, and return its answer; it is empty if the process is gone."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.heard()

    def heard(self) -> str:
        """Return the next line that it says; it is empty if the process is gone."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def address_of_test_database() -> str:
    """Return the address of the database of this test, as another process needs it."""
    return f"{address()}{PATIENT[connection.vendor]}"


def problems(policy: Policy | None = None, *, quick: bool = True) -> list[str]:
    """Return what verify finds here."""
    run = Verification(policy=policy, quick=quick)
    return [str(problem) for problem in run.problems(timezone.localdate())]
