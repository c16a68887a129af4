"""The site of compose.yaml, started by its commands without containers, and used over HTTPS."""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import time
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from tests.deployment.composed import HOST, ROOT, USER, Site, site
from tests.deployment.founding import OWNER, PASSWORD, PLACES
from tests.deployment.visiting import Visitor
from tests.patience import PATIENCE

pytestmark = pytest.mark.timeout(1800)  # a whole site: on a busy machine it takes its time
SECRET = "a-thing-that-no-log-may-name"
SLOW = 16
"""More than the threads of two server processes."""

STAGE = "SELECT stage FROM policies_batch WHERE id = %s"
FORMATS = 5
PIECES = """SELECT practice.slug, policy.slug, piece.version, piece.problem
    FROM policies_piece piece LEFT JOIN policies_policy policy ON policy.id = piece.policy_id
    LEFT JOIN practices_practice practice ON practice.id = policy.practice_id
    WHERE piece.batch_id = %s ORDER BY piece.number"""


def test_what_compose_starts_serves_over_https_does_batches_and_ends_when_told() -> None:
    with site() as running:
        assert running.health("postgres") == ""
        assert "Release 1" in running.run("migrate")
        running.start("redis", "web", "worker", "beat", "proxy")
        nobody_is_root_and_nothing_of_the_program_can_be_written(running)
        no_secret_stands_in_an_environment_or_a_command(running)
        founded = told(running, "found")
        visitor = visitor_of(running)
        http_leads_to_https(running)
        the_proxy_tells_who_asks(visitor)
        pages_have_their_headers(visitor, founded["policy"])
        what_is_for_inside_stays_inside(running, visitor)
        who_sends_slowly_keeps_nobody_busy(running, visitor)
        what_is_too_large_is_refused(visitor)
        somebody_signs_in(visitor)
        workers_end_a_batch(running, visitor, founded["batch"])
        all_health_checks_are_well(running)
        whoever_guesses_is_one_visitor_whatever_they_claim(visitor_of(running))
        requests_wait_while_the_server_starts_anew(running, visitor, founded["policy"])
        the_proxy_names_nobody_when_the_site_is_away(running, visitor)
        for service in ("beat", "worker", "proxy", "redis"):
            assert running.stop(service) in {0, -15}, running.log(service).read_text()[-2000:]
        assert "Warm shutdown" in running.log("worker").read_text()
        what_is_lost_comes_back_from_the_backup(running)


def visitor_of(running: Site) -> Visitor:
    """Return somebody new, who trusts the proxy's own authority."""
    authority = running.folder / "volumes/certificates/caddy/pki/authorities/local/root.crt"
    context = ssl.create_default_context(cadata=authority.read_text())
    return Visitor(HOST, running.ports["https"], context)


def told(running: Site, *words: str) -> dict[str, Any]:
    """Have one of the site's processes do something, and return what it says."""
    command = ["python", "-m", "tests.deployment.founding", *words]
    more = {
        "PYTHONPATH": f"{running.app}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "policygen.settings",
    }
    found: dict[str, Any] = json.loads(running.run("web", command, **more).splitlines()[-1])
    return found


# ------------------------------------------------------------------ what each of them sees


def nobody_is_root_and_nothing_of_the_program_can_be_written(running: Site) -> None:
    for process in running.running.values():
        if os.geteuid() == 0:
            status = (running.proc / str(process.pid) / "status").read_text()
            assert f"Uid:\t{USER}\t{USER}" in status
            assert "NoNewPrivs:\t1" in status
    tried = running.run("web", ["sh", "-c", "touch policygen/x manage.py 2>&1; id -u"])
    if os.geteuid() == 0:
        assert tried.count("Permission denied") == 2


def no_secret_stands_in_an_environment_or_a_command(running: Site) -> None:
    hidden = [file.read_text().strip() for file in (running.folder / "secrets").iterdir()]
    hidden = [line.removeprefix("requirepass ") for line in hidden if line not in {"", "console"}]
    assert len(hidden) == 7
    for process in running.running.values():
        for name in ("environ", "cmdline"):
            text = (running.proc / str(process.pid) / name).read_text()
            assert not [secret for secret in hidden if secret in text]


def http_leads_to_https(running: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.ports["http"], timeout=PATIENCE)
    connection.request("GET", "/p/elm/?a=b", headers={"Host": HOST})
    response = connection.getresponse()
    assert response.status == 308
    assert response.headers["Location"] == f"https://{HOST}/p/elm/?a=b"
    connection.close()


def the_proxy_tells_who_asks(visitor: Visitor) -> None:
    """A visitor who claims to be another one, on another host, without TLS, changes nothing."""
    forged = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http"}
    answer = visitor.get("/healthz", **forged)
    assert (answer.status, answer.body) == (200, b"ok\n")
    assert visitor.get("/account/login/", **forged).status == 200, "it was not sent to HTTPS again"
    assert visitor.get("/account/login/", X_Forwarded_Host="evil.example.org").status == 200


def pages_have_their_headers(visitor: Visitor, policy: str) -> None:
    page = visitor.get(policy, Accept_Encoding="gzip")
    assert page.status == 200
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "public" in page.headers["Cache-Control"]
    again = visitor.get(policy, Accept_Encoding="gzip", If_None_Match=page.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    pdf = visitor.get(f"{policy.rstrip('/')}.pdf")
    assert (pdf.status, pdf.body[:5]) == (200, b"%PDF-")
    sign_in = visitor.get("/account/login/")
    assert "Content-Encoding" not in visitor.get("/account/login/", Accept_Encoding="gzip").headers
    style = sign_in.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in visitor.get(style).headers["Cache-Control"]


def what_is_for_inside_stays_inside(running: Site, visitor: Visitor) -> None:
    token = {"Authorization": f"Bearer {running.secret('metrics_token')}"}
    inside = http.client.HTTPConnection("127.0.0.1", running.ports["web"], timeout=PATIENCE)
    proxied = {"Host": HOST, "X-Forwarded-Proto": "https"}
    inside.request("GET", "/metrics", headers={**token, **proxied})
    assert inside.getresponse().status == 200
    inside.close()
    for address in ("/metrics", "/metrics/", "/metrics/all", "/%6detrics"):
        assert visitor.get(address, **token).status in {404, 301, 308}, address
        assert b"policygen_" not in visitor.get(address, **token).body


def who_sends_slowly_keeps_nobody_busy(running: Site, visitor: Visitor) -> None:
    """More of them than the server has threads begin a form, and never end it.

    Each has opened its page before: a form without the cookie of its page is refused unread.
    """
    visitor.get("/account/login/")
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    assert "csrftoken=" in cookies
    lines = (
        *("POST /account/login/ HTTP/1.1", f"Host: {HOST}", f"Origin: https://{HOST}"),
        *(f"Cookie: {cookies}", "Content-Length: 1000"),
        *("Content-Type: application/x-www-form-urlencoded", "", "login=a"),
    )
    with ExitStack() as stack:
        slow = []
        for _ in range(SLOW):  # each begins at once: whoever says nothing is cut off after a while
            slow.append(stack.enter_context(visitor.connected()))
            slow[-1].sendall("\r\n".join(lines).encode())
        time.sleep(0.5)  # what would reach the server has reached it
        assert visitor.get("/account/login/").status == 200
        assert not any(map(is_answered, slow)), "it was not answered in place of one of them"


def is_answered(connection: ssl.SSLSocket) -> bool:
    """Whether anything has come, or the other side has ended it."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except ssl.SSLWantReadError:
        return False
    return True


def what_is_too_large_is_refused(visitor: Visitor) -> None:
    """What tells its size is answered before it is sent; what does not is cut off."""
    answer = visitor.announce("POST", "/account/login/", size=5_000_000)
    assert answer.status == 413
    assert "Go back, and send less at once." in answer.text
    assert "Retry-After" not in answer.headers
    assert visitor.announce("POST", "/account/login/", size=12_000_000).status == 413
    chunk = b"186a0\r\n" + b"a" * 100_000 + b"\r\n"
    with visitor.connected() as connection, pytest.raises((ConnectionError, ssl.SSLError)):
        connection.sendall(f"POST /account/login/ HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(1_000):
            connection.sendall(chunk)


def somebody_signs_in(visitor: Visitor) -> None:
    answer = visitor.send("/account/login/", login=OWNER, password=PASSWORD)
    assert answer.status == 302, answer.text
    assert "__Host-sessionid" in visitor.cookies
    assert "Elm Dental" in visitor.follow("/practices/").text


def whoever_guesses_is_one_visitor_whatever_they_claim(guesser: Visitor) -> None:
    """An address that somebody invents is not the one that is counted.

    Of one account and one visitor, five in five minutes are too many. That many are tried on a slow
    machine, too; ten in a minute may not be.
    """
    said: list[int] = []
    for number in range(6):
        here = f"203.0.113.{number}"
        claimed = {"X-Forwarded-For": here, "Forwarded": f"for={here}"}
        tried = {"login": "nobody@example.org", "password": "a wrong phrase"}
        said.append(guesser.send("/account/login/", claimed, **tried).status)
    assert said == [200] * 5 + [429]


def workers_end_a_batch(running: Site, visitor: Visitor, batch: str) -> None:
    prepared = wait_for(running, batch, "ready")
    assert [version for _, version in prepared] == [None] * PLACES
    told(running, "publish", batch)
    done = wait_for(running, batch, "done")
    assert [version for _, version in done] == [1] * PLACES
    texts = [visitor.get(address).text for address, _ in done]
    for number in range(1, PLACES + 1):
        assert sum(f"{number} Main Street" in text for text in texts) == 1
    assert "policies.work" in running.log("worker").read_text()


def wait_for(running: Site, batch: str, stage: str) -> list[tuple[str, int | None]]:
    """Wait until a batch is so far; return the addresses and versions of its policies."""
    end = time.monotonic() + PATIENCE
    with psycopg.connect(running.secret("database_url"), autocommit=True) as outside:
        while outside.execute(STAGE, [batch]).fetchone() != (stage,):
            worker = running.log("worker").read_text()[-3000:]
            assert time.monotonic() < end, f"{outside.execute(PIECES, [batch]).fetchall()} {worker}"
            time.sleep(0.2)
        pieces = outside.execute(PIECES, [batch]).fetchall()
    assert [problem for *_, problem in pieces if problem] == []
    return [(f"/p/{practice}/{policy}/", version) for practice, policy, version, _ in pieces]


def all_health_checks_are_well(running: Site) -> None:
    for service in running.running:
        running.wait_until_well(service)


def requests_wait_while_the_server_starts_anew(
    running: Site, visitor: Visitor, policy: str
) -> None:
    assert running.stop("web") == 0
    running.start("web", wait=False)
    assert visitor.get(policy).status == 200


def the_proxy_names_nobody_when_the_site_is_away(running: Site, visitor: Visitor) -> None:
    assert running.stop("web") == 0
    running.stop("proxy")
    running.start("proxy", PATIENCE="1s")
    answer = visitor.get(f"/account/login/?next={SECRET}", Cookie=SECRET, User_Agent=SECRET)
    assert (answer.status, answer.headers["Retry-After"]) == (502, "30")
    assert answer.text == "502 Bad Gateway"
    log = running.log("proxy").read_text()
    assert "server running" in log
    for told in (SECRET, "/account/login", "remote_ip", "headers"):
        assert told not in log
    assert not running.health("proxy"), "it is the site that is away"
    assert running.health("web").startswith("no answer")


def what_is_lost_comes_back_from_the_backup(running: Site) -> None:
    """The lines of docs/operating.md bring a site back whose volumes are gone."""
    text = (
        (ROOT / "docs/operating.md").read_text().partition("With compose, the commands run in")[2]
    )
    backup, _, restore = text.partition("## Upgrade")[0].partition("To restore,")
    (running.folder / "backup").mkdir()
    running.docker(re.findall(r"^    (.+)$", backup, re.MULTILINE))
    running.empty()
    said = running.docker(re.findall(r"^    (.+)$", restore, re.MULTILINE))
    versions = PLACES + 1
    assert f"{versions * FORMATS} files put back" in said
    assert f"{versions} versions, {versions * FORMATS} files" in said
    assert "no problem found" in said
