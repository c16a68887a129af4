"""Run a command with DATABASE_URL naming a PostgreSQL cluster of its own.

    python setup/postgres_cluster.py COMMAND [ARGUMENT ...]

The cluster lives in a temporary folder and on a free port of the loopback interface, behind a
random password, and is gone when the command ends, however it ends. The command's exit code is
this program's. The server is Debian's or Ubuntu's; as initdb refuses root, root lends the work to
the user postgres or nobody. Speed counts here and durability does not: never for real data.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run by its path, it finds its neighbour, too
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from setup.servers import becomes_ready, end, free_port, launch, run_beside

OWNER = "policygen"  # the cluster's superuser, so tests may create databases
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 240


class PostgresServer:
    """One cluster, whose server may be killed and started again on the same files and address.

    With no ``settings``, it writes to the disk as a real site does.
    """

    def __init__(self, **settings: str) -> None:
        """Choose a folder, a port and a password, and start nothing yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="policygen-pg-", dir="/tmp"))
        self.port, self.owner, self.password = free_port(), OWNER, secrets.token_urlsafe(24)
        self._programs, self._user, self._settings = server_folder(), unprivileged(), settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Its address with the password, for DATABASE_URL."""
        return f"postgresql://{self.owner}:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and return once it answers. Ends the program where it does not start."""
        is_new = not (self.folder / "data").exists()
        if is_new:
            self._make()
        for _ in range(5):  # another program may take the port before it was ever used
            self._process = launch(self._command(), self.folder, self._user)
            if becomes_ready(self._process, self._is_ready, seconds=START_SECONDS):
                return
            self.stop()
            if is_new:
                self.port = free_port()
            else:  # what was left of one that was killed may not be gone yet
                time.sleep(1)
        log = (self.folder / "server.log").read_text()
        sys.exit(f"postgres_cluster: the server did not start:\n{log}")

    def kill(self) -> None:
        """Kill the server and all its processes, at once."""
        if self._process is None:
            raise RuntimeError("The server has not been started.")
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._process.kill()
        for one in children:
            with contextlib.suppress(ProcessLookupError):  # without the first, the others end
                os.kill(int(one), signal.SIGKILL)
        self._process.wait()
        while any(map(_runs, children)):
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it: politely, then at once, then by force."""
        if self._process is not None:
            end(self._process, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def remove(self) -> None:
        """Stop it, and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self) -> None:
        """Make the files of the cluster. Ends the program where that fails."""
        file = self.folder / "password"
        file.write_text(self.password)
        for path in (self.folder, file):
            if self._user:
                os.chown(path, self._user["user"], self._user["group"])
            path.chmod(0o700)
        made = subprocess.run(
            [
                *(self._programs / "initdb", "--pgdata", self.folder / "data", "--no-sync"),
                *("--username", self.owner, "--pwfile", file, "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._user,
        )
        if made.returncode:
            sys.exit(f"postgres_cluster: initdb failed:\n{made.stdout}{made.stderr}")

    def _command(self) -> list[str | Path]:
        settings = {
            **self._settings,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        options = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        return [self._programs / "postgres", "-D", self.folder / "data", *options]

    def _is_ready(self) -> bool:
        """Tell whether the server wrote so into the last line of its file, and the file is its."""
        lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        is_its = self._process is not None and lines[:1] == [str(self._process.pid)]
        return is_its and lines[7:8] == ["ready   "]


def _runs(process: str) -> bool:
    """Tell whether a process is there. One that ended may lie there as a zombie for ever."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """Make a cluster, give its address, and remove it.

    With ``durable``, it writes to the disk as a real site does, so that its speed means something.
    """
    server = PostgresServer(**({} if durable else FAST))
    try:
        server.start()
        yield server.address
    finally:
        server.remove()


def main(command: list[str]) -> int:
    """Run the command and pass on its exit code."""
    if not command:
        sys.exit(__doc__)
    return run_beside(cluster(), lambda address: {"DATABASE_URL": address}, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
