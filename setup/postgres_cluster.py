"""Run a command with DATABASE_URL naming a PostgreSQL cluster of its own.

    python setup/postgres_cluster.py COMMAND [ARGUMENT ...]

The cluster lives in a temporary folder and on a free port of the loopback interface, behind a
random password, and is gone when the command ends, however it ends. The command's exit code is
this program's. The server is Debian's or Ubuntu's; as initdb refuses root, root lends the work to
the user postgres or nobody. Speed counts here and durability does not: never for real data.
"""

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OWNER = "policygen"  # the cluster's superuser, so tests may create databases
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 60


def server_folder() -> Path:
    """Find the newest installed server."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    found = [folder for folder in found if (folder / "postgres").exists()]
    if not found:
        sys.exit(
            "postgres_cluster: no PostgreSQL server: neither /usr/lib/postgresql/*/bin nor the PATH"
            " has initdb and postgres. Run: sudo apt-get install postgresql"
        )
    return max(found, key=lambda folder: [int(n) for n in folder.parts if n.isdigit()])


def unprivileged() -> dict[str, Any]:
    """Say as whom to start the server: initdb and postgres refuse root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    sys.exit("postgres_cluster: root may not run PostgreSQL, and no user postgres or nobody exists")


def end_with_parent() -> None:
    """Have Linux stop the server even if this program is killed outright."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def free_port() -> int:
    """Find a port that nobody uses, and that stays free while its server is started again.

    Linux gives the ports from 32768 on to connections that go out, as they come.
    """
    for _ in range(200):
        port = 15_000 + secrets.randbelow(17_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    sys.exit("postgres_cluster: no port from 15000 to 32000 is free")


def wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> bool:
    """Wait for the server; False if it ended instead."""
    ready = folder / "data" / "postmaster.pid"
    for _ in range(START_SECONDS * 20):
        if server.poll() is not None:
            return False
        # The server writes its state into the last line of this file.
        with contextlib.suppress(OSError):
            if ready.read_text().splitlines()[7:8] == ["ready   "]:
                return True
        time.sleep(0.05)
    return False


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """Make a cluster, give its address, and remove it.

    With ``durable``, it writes to the disk as a real site does, so that its speed means something.
    """
    programs, user = server_folder(), unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="policygen-pg-", dir="/tmp"))
    server: subprocess.Popen[bytes] | None = None
    try:
        password = secrets.token_urlsafe(24)
        password_file, log = folder / "password", folder / "server.log"
        password_file.write_text(password)
        for path in (folder, password_file):
            if user:
                os.chown(path, user["user"], user["group"])
            path.chmod(0o700)
        made = subprocess.run(
            [
                *(programs / "initdb", "--pgdata", folder / "data", "--no-sync"),
                *("--username", OWNER, "--pwfile", password_file, "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **user,
        )
        if made.returncode:
            sys.exit(f"postgres_cluster: initdb failed:\n{made.stdout}{made.stderr}")
        for _ in range(5):  # another program may take the port first
            port = free_port()
            settings = ({} if durable else FAST) | {
                "listen_addresses": "127.0.0.1",
                "port": str(port),
                "unix_socket_directories": str(folder),
            }
            options = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
            with log.open("ab") as log_file:
                server = subprocess.Popen(
                    [programs / "postgres", "-D", folder / "data", *options],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log_file,
                    stderr=log_file,
                    start_new_session=True,  # Ctrl-C is for the command; the server ends after it
                    preexec_fn=end_with_parent,
                    **user,
                )
            if wait_until_ready(server, folder):
                break
            stop(server)
        else:
            sys.exit(f"postgres_cluster: the server did not start:\n{log.read_text()}")
        yield f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/postgres"
    finally:
        if server is not None:
            stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server: politely, then at once, then by force."""
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=20)


def main(command: list[str]) -> int:
    """Run the command and pass on its exit code."""
    if not command:
        sys.exit(__doc__)
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, lambda number, _frame: sys.exit(128 + number))
    with cluster() as url:
        child = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url})
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.wait(timeout=60)  # it got the Ctrl-C too
            return 130
        finally:
            if child.poll() is None:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=30)
                child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
