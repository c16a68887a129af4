"""X03, X04: the database is cut off, down or read-only: it is said, and nothing is half."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, OperationalError, connection
from django.test import Client, override_settings

from policygen.policies.holders import Holder
from policygen.policies.models import Draft, Policy, PolicyVersion
from policygen.policies.public import caching, downloads, standing
from policygen.policies.published.publishing import publish_policy
from setup.postgres_cluster import PostgresServer
from setup.servers import free_port
from tests.cutting import cutting
from tests.faults.site import ROOT, Founded, problems
from tests.patience import PATIENCE
from tests.policies.cast import Cast, drafted, order, published
from tests.signing_in import sign_in
from tests.whole_database import end_sessions

pytestmark = [pytest.mark.usefixtures("quick_pdfs")]

PUBLIC = "/p/elm-dental/privacy-policy/"
DETAILS = ("Traceback", "psycopg", "sqlite", "Error", "127.0.0.1", "policies_", "SELECT")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """Begin as a process that remembers nothing, with a pool of connections of its own.

    Threads of earlier tests that ended with a connection have taken it out of the pool for good.
    """
    caching.PAGES.clear()
    downloads.FILES.clear()
    standing.SEEN.clear()
    if connection.vendor == "postgresql":
        connection.close()
        connection.close_pool()


def stranger() -> Client:
    """A visitor who is answered as in production: errors become pages."""
    return Client(raise_request_exception=False)


def assert_sorry(response: Any) -> None:
    """See that an answer says to come back, and nothing of what happened."""
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Cache-Control"] != "public"
    assert not [word for word in DETAILS if word in response.content.decode()]


# ------------------------------------------------------------------ cut connections


def end_all_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgresql
def test_connections_cut_between_requests_are_not_noticed(
    policy: Policy, people: Cast, live_server: Any
) -> None:
    published(policy, people.owner)
    where = urlsplit(live_server.url)
    failed = []
    for n in range(40):
        if n % 4 == 0:
            end_all_other_connections()
        visitor = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
        visitor.request("GET", (PUBLIC, "/healthz", f"{PUBLIC}v/1/", "/")[n % 4])
        response = visitor.getresponse()
        response.read()
        visitor.close()
        if response.status != 200:
            failed.append((n, response.status))
    assert failed == []


@pytest.mark.postgresql
def test_a_connection_cut_in_a_publication_leaves_nothing_half(
    policy: Policy, people: Cast
) -> None:
    draft = drafted(policy, people.owner)
    holder = Holder(user=people.owner)
    for after in (1, 3, 6, 10, 14, 18):
        try:
            with connection.execute_wrapper(cutting(after)), pytest.raises(OperationalError):
                publish_policy(holder, draft.pk, order(draft))
        finally:
            connection.close()
        assert problems(policy) == [], f"after {after} statements"
        assert PolicyVersion.objects.count() == 0
        assert Draft.objects.get().revision == draft.revision
    publish_policy(holder, draft.pk, order(draft))
    assert problems(quick=False) == []


@pytest.mark.postgresql
def test_a_connection_cut_in_a_publication_is_said_on_the_page(
    policy: Policy, people: Cast
) -> None:
    draft = drafted(policy, people.owner)
    client = sign_in(Client(raise_request_exception=False), people.owner)
    asked = {
        "revision": draft.revision,
        "effective_on": str(people.practice.today()),
        "reason": "It was time.",
        "kind": "material",
    }
    address = f"/drafts/{draft.pk}/publish/"
    for after in range(1, 50, 6):  # also while the session is read, and while it is saved
        with connection.execute_wrapper(cutting(after)):
            response = client.post(address, asked)
        connection.close()
        if response.status_code == 302:
            break
        assert_sorry(response)
        assert problems(policy) == []
    else:
        pytest.fail("It takes more statements than that.")
    assert client.post(address, asked).status_code == 302
    assert PolicyVersion.objects.count() == 1
    assert problems(policy) == []


# ------------------------------------------------------------------ down


@contextmanager
def gunicorn(site: Founded) -> Iterator[int]:
    """Serve a site, and give its port."""
    port = free_port()
    words = ("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "2")
    hushed = ("--timeout", f"{PATIENCE}", "--log-level", "critical")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "tests.faults.hasty_web", *words, *hushed],
        cwd=ROOT,
        env=site.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + PATIENCE
        while not answers(port):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def answers(port: int) -> bool:
    try:
        return bool(answer(port, "/healthz")[0])
    except OSError:
        return False


def in_the_end(port: int, path: str) -> tuple[int, str, str]:
    """Return how a page answers once the site has the database back, however long that takes."""
    end = time.monotonic() + PATIENCE
    while (found := answer(port, path))[0] == 503 and time.monotonic() < end:
        time.sleep(0.1)
    return found


def answer(port: int, path: str) -> tuple[int, str, str]:
    """Return the status, the Retry-After and the body of a page."""
    visitor = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        visitor.request("GET", path, headers={"Host": "localhost"})
        response = visitor.getresponse()
        return response.status, response.headers.get("Retry-After", ""), response.read().decode()
    finally:
        visitor.close()


@pytest.mark.database
@pytest.mark.postgresql
def test_while_the_server_is_down_pages_say_so_and_recover_by_themselves(
    server: PostgresServer, far_site: Founded
) -> None:
    with far_site.victim("write", far_site.policy, far_site.owner) as victim:
        for _ in range(8):  # until the first version is there
            victim.heard()
    with gunicorn(far_site) as port:
        before = in_the_end(port, PUBLIC)  # its first connections may take their time
        assert before[0] == in_the_end(port, "/healthz")[0] == 200
        try:
            server.kill()
            assert answer(port, "/healthz")[0] == 503
            assert answer(port, PUBLIC) == before, "what was read just now is served"
            for path in (f"{PUBLIC}v/1/", "/", "/p/none/none/", "/admin/login/"):
                status, retry, body = answer(port, path)
                assert status in {200, 301, 302, 503}, path
                assert status != 503 or int(retry) > 0
                assert not [word for word in DETAILS if word in body]
            assert answer(port, f"{PUBLIC}v/1/")[0] == 503
        finally:
            server.start()
        pages = (f"{PUBLIC}v/1/", PUBLIC, "/healthz", "/")
        assert [in_the_end(port, path)[0] for path in pages] == [200] * 4
        refuse_writes(server, far_site, "on")
        assert [in_the_end(port, path)[0] for path in (PUBLIC, "/healthz")] == [200, 200]
        refuse_writes(server, far_site, "off")


def refuse_writes(server: PostgresServer, site: Founded, on: str) -> None:
    name = site.database.rpartition("/")[2]
    with psycopg.connect(server.address, autocommit=True) as outside:
        outside.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {on}")
        end_sessions(outside, name)


# ------------------------------------------------------------------ read-only, locked, not there


@contextmanager
def read_only() -> Iterator[None]:
    """Let the database of this thread refuse every write."""
    on_postgresql = connection.vendor == "postgresql"
    on, off = (
        ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
        if on_postgresql
        else ("PRAGMA query_only = on", "PRAGMA query_only = off")
    )
    with connection.cursor() as cursor:
        cursor.execute(on)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(off)


@override_settings(DEBUG=False)
def test_a_database_that_takes_no_writes_still_serves_what_is_published(
    policy: Policy, people: Cast
) -> None:
    published(policy, people.owner)
    draft = drafted(policy, people.owner, practice_name="Elm")
    client = sign_in(Client(raise_request_exception=False), people.owner)
    with read_only():
        for path in (PUBLIC, f"{PUBLIC}v/1/", f"{PUBLIC[:-1]}.pdf", f"{PUBLIC}fragment/"):
            assert stranger().get(path).status_code == 200, path
        assert stranger().get("/healthz").status_code == 200
        assert_sorry(stranger().post("/drafts/", {"blank": "1"}))
        assert_sorry(client.post(f"/drafts/{draft.pk}/delete/"))
        assert client.get(f"/drafts/{draft.pk}/reading/").status_code == 200
    assert problems(policy) == []
    assert Draft.objects.filter(pk=draft.pk).exists()
    assert stranger().post("/drafts/", {"blank": "1"}).status_code == 302


@pytest.mark.sqlite
@override_settings(DEBUG=False)
def test_a_locked_database_is_said_and_not_a_failure(
    policy: Policy, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(policy, people.owner)
    locked = connection.Database.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        locked.execute("BEGIN IMMEDIATE")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        assert_sorry(stranger().post("/drafts/", {"blank": "1"}))
        assert stranger().get(PUBLIC).status_code == 200
    finally:
        locked.execute("ROLLBACK")
        locked.close()
        connection.close()  # the next one, and later tests, wait for locks as ever
    assert stranger().post("/drafts/", {"blank": "1"}).status_code == 302


@pytest.mark.sqlite
@override_settings(DEBUG=False)
def test_a_database_that_is_not_there_is_said_and_comes_back(policy: Policy, people: Cast) -> None:
    published(policy, people.owner)
    before = stranger().get(PUBLIC).content
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "/proc/none/none.sqlite3"
    try:
        assert stranger().get("/healthz").status_code == 503
        assert stranger().get(PUBLIC).content == before, "what was read just now is served"
        for path in (f"{PUBLIC}v/1/", "/", "/p/none/none/"):
            assert_sorry(stranger().get(path))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
    assert stranger().get(f"{PUBLIC}v/1/").status_code == 200


@override_settings(DEBUG=False)
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("secret"), 500),
        (DatabaseError("secret"), 500),
        (SuspiciousOperation("secret"), 400),
        (SessionInterrupted("secret"), 400),
        (OperationalError("secret"), 503),
    ],
    ids=lambda one: type(one).__name__,
)
def test_only_a_database_that_is_away_is_waited_for(
    people: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr("policygen.policies.views.holder_of", fail)
    response = stranger().get("/")
    assert response.status_code == status
    assert "secret" not in response.content.decode()
    assert ("Retry-After" in response.headers) is (status == 503)
