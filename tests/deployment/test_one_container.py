"""What ``docker run`` starts: everything in one container, on SQLite, without Redis."""

from __future__ import annotations

import http.client
import secrets
import subprocess
import time
from pathlib import Path

from setup.servers import free_port
from tests.deployment.composed import (
    HOST,
    Site,
    as_unprivileged,
    dockerfile,
    folder_for,
    give,
    image_environment,
    read,
)
from tests.patience import PATIENCE


def test_one_container_prepares_serves_works_and_ends_when_it_is_told() -> None:
    with folder_for("alone") as folder:
        alone = Site(folder, "", read({"SITE_HOST": HOST}), {"web": free_port()})
        environment = {
            **image_environment("app"),
            "PATH": alone.path,
            "HOME": "/nonexistent",
            "TMPDIR": str(give(folder / "tmp")),
            "PORT": str(alone.ports["web"]),
            "POLICYGEN_DATA_DIR": str(give(folder / "data")),
            "POLICYGEN_SECRET_KEY": secrets.token_urlsafe(60),
            "POLICYGEN_ALLOWED_HOSTS": HOST,
            "POLICYGEN_SMTP_URL": "console",
            "POLICYGEN_MAIL_FROM": f"no-reply@{HOST}",
            "WEB_CONCURRENCY": "1",
        }
        started = next(rest for name, rest in dockerfile("app") if name == "CMD")
        log = (folder / "log").open("ab")
        running = subprocess.Popen(
            as_unprivileged(started.strip('[]"').split()),
            cwd=alone.app,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            check = ["python", "setup/container/healthcheck.py"]
            wait_until_well(as_unprivileged(check), alone.app, environment, running)
            assert "/account/" in sent_to_https(alone.ports["web"], "/account/login/")
            assert (folder / "data/policygen.sqlite3").exists()
            below = commands_below(running.pid)
            assert any("manage.py work" in command for command in below.values())
            assert any("gunicorn" in command for command in below.values())
            running.terminate()
            assert running.wait(timeout=PATIENCE) == 0, (folder / "log").read_text()[-3000:]
            assert not [command for pid, command in below.items() if command_of(pid) == command]
        finally:
            running.kill()
            log.close()


def wait_until_well(
    check: list[str], app: Path, environment: dict[str, str], running: subprocess.Popen[bytes]
) -> None:
    end = time.monotonic() + PATIENCE
    while subprocess.run(check, cwd=app, env=environment, capture_output=True).returncode:
        assert running.poll() is None
        assert time.monotonic() < end
        time.sleep(0.5)


def sent_to_https(port: int, address: str) -> str:
    """Return where a visitor is sent who comes without TLS."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", address, headers={"Host": HOST})
    response = connection.getresponse()
    assert response.status == 301
    found = response.headers["Location"]
    assert found.startswith(f"https://{HOST}/")
    connection.close()
    return str(found)


def commands_below(pid: int) -> dict[int, str]:
    """Return the commands of the children of a process, and of their children, by their numbers."""
    found: dict[int, str] = {}
    for child in children_of(pid):
        if command := command_of(child):
            found |= {child: command, **commands_below(child)}
    return found


def command_of(pid: int) -> str:
    """Return the command of a process. It is empty where the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children_of(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(number) for number in text.split()]
