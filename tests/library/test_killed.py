"""Killed in the middle, the process or the database: all of it is there, or nothing; never half."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from policygen.library import pieces, publishing
from policygen.library.models import (
    KINDS,
    Clause,
    LoadedFiles,
    Release,
    ReleaseClause,
    ReleaseState,
    State,
    Transition,
)
from policygen.library.publishing import DatabaseGone
from policygen.library.verify import problems
from setup.postgres_cluster import PostgresServer
from tests.cutting import cutting
from tests.library.steps import (
    CLAUSE,
    OPTION,
    SECTION,
    approved,
    drafted,
    loaded,
    make_desk_folder,
    row_of,
    written,
)
from tests.patience import IN_ADDRESS
from tests.releases import person, tried_out
from tests.whole_database import address

ROOT = Path(__file__).resolve().parents[2]
transactional = pytest.mark.django_db(transaction=True)
pytestmark = [
    pytest.mark.every_case,
]  # many processes: on a busy machine they take their time


def stored() -> dict[str, list[Any]]:
    models = (*KINDS.values(), Clause, Release, ReleaseClause, Transition, LoadedFiles)
    return {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in models
    }


def patient_address() -> str:
    """Return the address of the database of this test.

    What was killed may hold its locks until PostgreSQL hears of it, so these are waited for.
    """
    return address() if connection.vendor == "sqlite" else f"{address()}?{IN_ADDRESS}"


@contextmanager
def victim(*words: str, database: str) -> Iterator[subprocess.Popen[str]]:
    """Give a process of ``tests/library/victim.py``, which is stopped in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.library.victim", *words],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "policygen.settings",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def killed_at(process: subprocess.Popen[str], end: int | str) -> str:
    """Have the step done and killed; return “killed”, or how many statements the step took."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{end}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


# ------------------------------------------------------------------ the process


def _something_to_publish(folder: Path) -> None:
    loaded(folder)
    approved(drafted(*CLAUSE))
    approved(drafted(*SECTION))
    approved(drafted(*OPTION, withdrawn=True))
    approved(drafted("clause", "speaker", title="Gone", withdrawn=True))
    _prepare()


def _prepare() -> Release:
    candidate = publishing.prepare_release(
        title="Changes",
        notes="",
        effective_from=timezone.localdate() + timedelta(days=1),
        by=person("release_manager"),
        today=timezone.localdate(),
    )
    tried_out(candidate)
    return candidate


def _something_to_cancel(folder: Path) -> None:
    _something_to_publish(folder)
    candidate = Release.objects.get(state=ReleaseState.CANDIDATE)
    publishing.publish_release(
        candidate, by=person("release_manager"), seen=candidate.mark, today=timezone.localdate()
    )


def _something_to_load(folder: Path) -> None:
    make_desk_folder(folder)


def _is_published() -> bool:
    release = Release.objects.get(number=2)
    states = {row_of(*key).state for key in (CLAUSE, SECTION, OPTION, ("clause", "speaker"))}
    return (release.state, states) == (
        ReleaseState.PUBLISHED,
        {State.RELEASED, State.RETIRED},
    )


def _is_cancelled() -> bool:
    states = {row_of(*key).state for key in (CLAUSE, SECTION, OPTION, ("clause", "speaker"))}
    return (Release.objects.get(number=2).state, states) == ("cancelled", {State.APPROVED})


def _is_loaded() -> bool:
    return pieces.working() == pieces.released() != {} and LoadedFiles.objects.count() == 1


@transactional
@pytest.mark.parametrize(
    ("step", "begin", "is_done"),
    [
        ("publish", _something_to_publish, _is_published),
        ("cancel", _something_to_cancel, _is_cancelled),
        ("load", _something_to_load, _is_loaded),
    ],
)
def test_a_step_killed_at_any_statement_is_done_wholly_or_not_at_all(
    step: str, begin: Callable[[Path], None], is_done: Callable[[], bool], tmp_path: Path
) -> None:
    begin(tmp_path / "clauses")
    before = stored()
    connections.close_all()
    with victim(step, str(tmp_path / "clauses"), database=patient_address()) as process:
        for statements in range(1, 500):
            answer = killed_at(process, statements)
            if answer != "killed":
                break
            assert stored() == before, f"after {statements} statements"
        assert answer == str(statements - 1)
        assert statements > 10
        assert is_done()
        assert list(problems(timezone.localdate())) == []


@transactional
@pytest.mark.parametrize(("end", "done"), [("commit", False), ("committed", True)])
def test_the_end_of_the_transaction_is_the_moment_of_publication(
    end: str, done: bool, tmp_path: Path
) -> None:
    _something_to_publish(tmp_path / "clauses")
    before = stored()
    with victim("publish", database=patient_address()) as process:
        assert killed_at(process, end) == "killed"
        assert (stored() == before) is not done
        assert Release.objects.filter(number=2, state="published").exists() is done
        assert list(problems(timezone.localdate())) == []
        assert killed_at(process, 0).isdigit()
    assert _is_published()
    assert list(problems(timezone.localdate())) == []


# ------------------------------------------------------------------ the database


@transactional
@pytest.mark.postgresql
def test_a_connection_that_breaks_in_the_middle_leaves_nothing_half_and_says_so(
    tmp_path: Path,
) -> None:
    _something_to_publish(tmp_path / "clauses")
    candidate, by = Release.objects.get(state=ReleaseState.CANDIDATE), person("release_manager")
    assert by.has_perm("library.release_library")  # asked now, it is known later
    before = stored()
    for end in (1, 2, 5, 9, 14, 20, 30):
        broken = connection.execute_wrapper(cutting(after=end))
        try:
            with broken, pytest.raises(DatabaseGone, match="wholly or not at all"):
                publishing.publish_release(
                    candidate, by=by, seen=candidate.mark, today=timezone.localdate()
                )
        finally:
            connection.close()
        assert stored() == before, f"after {end} statements"
    publishing.publish_release(candidate, by=by, seen=candidate.mark, today=timezone.localdate())
    assert _is_published()
    assert list(problems(timezone.localdate())) == []


@transactional
@pytest.mark.sqlite
def test_a_full_disk_in_the_middle_leaves_nothing_half(tmp_path: Path) -> None:
    _something_to_publish(tmp_path / "clauses")
    for n in range(25):
        approved(written(f"c{n}", "We write. " * 200 + str(n)))
    candidate, by = _prepare(), person("release_manager")
    before = stored()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # no page is free that could be used without asking for more
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            with pytest.raises(OperationalError, match="full"):
                publishing.publish_release(
                    candidate, by=by, seen=candidate.mark, today=timezone.localdate()
                )
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    assert stored() == before
    publishing.publish_release(candidate, by=by, seen=candidate.mark, today=timezone.localdate())
    assert list(problems(timezone.localdate())) == []


# ------------------------------------------------------------------ the whole server

KILLS = 3


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    server = PostgresServer(fsync="off")  # commits wait for the log, as on a real site
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.mark.database
@pytest.mark.postgresql
def test_a_killed_server_loses_nothing_that_it_acknowledged(
    server: PostgresServer, tmp_path: Path
) -> None:
    manage(server, "migrate", "--verbosity", "0")
    manage(server, "load_library", str(make_desk_folder(tmp_path / "clauses")))
    acknowledged: list[str] = []
    for _ in range(KILLS):
        with victim("write", database=server.address) as process:
            acknowledged += _until_killed(process, server)
        server.start()
        with psycopg.connect(server.address) as outside:
            found = outside.execute("SELECT digest FROM library_transition").fetchall()
        assert set(acknowledged) <= {digest for (digest,) in found}
    manage(server, "verify_library", "--holds", acknowledged[-1])
    assert len(acknowledged) > 20 * KILLS


def _until_killed(process: subprocess.Popen[str], server: PostgresServer) -> list[str]:
    """Kill the server after some steps, and return the digests that were acknowledged."""
    assert process.stdout is not None
    enough = random.Random(server.port).randrange(30, 60)
    said = [process.stdout.readline().strip() for _ in range(enough)]
    server.kill()
    said += [line.strip() for line in process.stdout]
    return [digest for digest in said if digest]


def manage(server: PostgresServer, *words: str) -> None:
    """Run a command of the site on this server; it must succeed."""
    subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": server.address},
        capture_output=True,
        check=True,
    )
