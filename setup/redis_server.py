"""Run a command with REDIS_URL naming a Redis server of its own.

    python setup/redis_server.py COMMAND [ARGUMENT ...]

The server listens on a free port of the loopback interface, behind a random password, and is gone
when the command ends, however it ends. The command's exit code is this program's. It keeps nothing
on disk, unless it is told to: never for real data. The server is Debian's or Ubuntu's.
"""

import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":  # run by its path, it finds its neighbour, too
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from setup.servers import becomes_ready, end, free_port, launch, run_beside

START_SECONDS = 240


class RedisServer:
    """One server, which may be stopped and started again at the same address.

    With ``keeps``, what it knew is there again after a restart, as with ``appendonly yes`` on a
    real site; without, it comes back empty.
    """

    def __init__(self, *, keeps: bool = False) -> None:
        """Choose a folder, a port and a password, and start nothing yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="policygen-redis-", dir="/tmp"))
        self.port = free_port()
        self.password = secrets.token_urlsafe(24)
        self.keeps = keeps
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address with the password, for REDIS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The number of its process, or ``None`` while it is stopped."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it, and return once it answers. Ends the program where it does not start."""
        for _ in range(5):  # another program may take the port before it was ever used
            self._process = launch([server_program(), self._config()], self.folder)
            if becomes_ready(self._process, self._says_pong, seconds=START_SECONDS):
                return
            self.stop()
            if self.keeps and (self.folder / "appendonlydir").exists():
                break
            self.port = free_port()
        log = (self.folder / "server.log").read_text()
        sys.exit(f"redis_server: the server did not start:\n{log}")

    def stop(self) -> None:
        """Stop it: politely, then by force."""
        if self._process is not None:
            end(self._process, signal.SIGTERM, signal.SIGKILL)
        self._process = None

    def freeze(self) -> None:
        """Let it keep its connections, and answer nothing."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again."""
        self._send(signal.SIGCONT)

    def remove(self) -> None:
        """Stop it, and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _send(self, number: signal.Signals) -> None:
        if self._process is None:
            raise RuntimeError("The server has not been started.")
        self._process.send_signal(number)

    def _config(self) -> Path:
        config = self.folder / "redis.conf"
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder),
            "requirepass": self.password,
            "save": '""',
            "appendonly": "yes" if self.keeps else "no",
            "daemonize": "no",
        }
        config.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        config.chmod(0o600)  # the password is not for whoever lists the processes
        return config

    def _says_pong(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
            line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            heard = b""
            while b"+PONG" not in heard:
                part = line.recv(1_000)
                if not part:
                    return False
                heard += part
            return heard.startswith(b"+OK")


def server_program() -> str:
    """Find the installed server."""
    found = shutil.which("redis-server")
    if found is None:
        sys.exit("redis_server: no redis-server is on the PATH. Run: sudo apt-get install redis")
    return found


@contextlib.contextmanager
def redis(*, keeps: bool = False) -> Iterator[RedisServer]:
    """Give a server that runs, and remove it."""
    server = RedisServer(keeps=keeps)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def main(command: list[str]) -> int:
    """Run the command and pass on its exit code."""
    if not command:
        sys.exit(__doc__)
    return run_beside(redis(), lambda server: {"REDIS_URL": server.url}, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
