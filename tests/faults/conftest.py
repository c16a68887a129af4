"""A practice with a policy, on a site that other processes can work on, too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.policies import tasks
from policygen.policies.models import Policy
from policygen.rendering import FORMATS, Format, Rendered
from setup.postgres_cluster import PostgresServer
from setup.redis_server import RedisServer, redis
from tests.faults.engine import LEASE, Engine, connected
from tests.faults.site import Founded, Site, address_of_test_database
from tests.patience import PATIENCE
from tests.policies.cast import Cast, cast, policy_of
from tests.releases import release_changes
from tests.whole_database import end_sessions
from tests.wizard.conftest import folder, release
from tests.wizard.visitors import FOLDER

__all__ = ["folder", "release"]


@pytest.fixture(autouse=True)
def _files_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Let verify find the files of one test alone."""
    settings.DATA_DIR = tmp_path / "data"
    settings.FILES_DIR = settings.DATA_DIR / "files"
    settings.DATA_DIR.mkdir()


@pytest.fixture
def quick_pdfs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make PDFs up, for tests to which it does not matter what is in them."""
    monkeypatch.setitem(FORMATS, "pdf", Format("PDF", _made_up))


def _made_up(document: Document) -> Rendered:
    content = hashlib.sha256(document_text(document).encode()).digest()
    return Rendered("policy.pdf", "application/pdf", content * 100)


@pytest.fixture
def people(transactional_db: None, settings: Any) -> Cast:
    """A practice with its people, committed for everybody to see."""
    settings.CLAUSES_DIR = FOLDER
    release_changes(FOLDER)
    return cast()


@pytest.fixture
def policy(people: Cast) -> Policy:
    return policy_of(people)


@pytest.fixture
def site(people: Cast, settings: Any) -> Site:
    """The site of these people, for other processes."""
    connections.close_all()
    return Site(address_of_test_database(), settings.DATA_DIR)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of these tests' own, which they may kill."""
    server = PostgresServer(fsync="off")  # commits wait for the log, as on a real site
    try:
        server.start()
        with psycopg.connect(server.address, autocommit=True) as outside:
            outside.execute("CREATE DATABASE migrated")
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def founded(server: PostgresServer) -> tuple[str, str]:
    """The keys of a policy and its owner, in the database that those of the tests are copies of."""
    site = Site(_named(server, "migrated"), server.folder)
    site.manage("migrate", "--verbosity", "0")
    site.manage("load_library")
    with site.victim("found") as victim:
        policy, owner = victim.heard().split()
    return policy, owner


@pytest.fixture
def far_site(server: PostgresServer, founded: tuple[str, str], tmp_path: Path) -> Founded:
    """A site on that server, with a practice and a policy."""
    name = f"site_{tmp_path.name}".lower().replace("-", "_")[:60]
    with psycopg.connect(server.address, autocommit=True) as outside:
        end_sessions(outside, "migrated")
        outside.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        # A copied sequence counts on having been logged ahead, but that was done in the other
        # database: killed now, this one would give out the same numbers again. So it begins anew.
        outside.execute("CHECKPOINT")
    return Founded(_named(server, name), tmp_path, *founded)


def _named(server: PostgresServer, database: str) -> str:
    return server.address.rpartition("/")[0] + f"/{database}"


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis server of one test's own, which it may stop, freeze and start again."""
    with redis() as server:
        yield server


@pytest.fixture
def engine(site: Site, redis_server: RedisServer) -> Iterator[Engine]:
    """The site of these people with that broker, for other processes and for this one."""
    with connected(redis_server):
        yield Engine(site.database, site.data, redis_server)


@pytest.fixture
def embedded(site: Site, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The site of these people without a broker. Small batches are done however long it takes."""
    settings.REDIS_URL = ""
    settings.WORK_LEASE = LEASE
    monkeypatch.setattr(tasks, "SECONDS_AT_ONCE", PATIENCE)
    return Engine(site.database, site.data)
