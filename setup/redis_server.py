"""Run a command with REDIS_URL naming a Redis server of its own.

    python setup/redis_server.py COMMAND [ARGUMENT ...]

The server listens on a free port of the loopback interface, behind a random password, and is gone
when the command ends, however it ends. The command's exit code is this program's. It keeps nothing
on disk, unless it is told to: never for real data. The server is Debian's or Ubuntu's.
"""

import contextlib
import ctypes
import os
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

START_SECONDS = 30
FIRST_PORT, PORTS = 15_000, 17_000


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
            self._process = self._started()
            if self._answers():
                return
            self.stop()
            if self.keeps and (self.folder / "appendonlydir").exists():
                break
            self.port = free_port()
        log = (self.folder / "server.log").read_text()
        sys.exit(f"redis_server: the server did not start:\n{log}")

    def stop(self) -> None:
        """Stop it: politely, then by force."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            if self._process is None or self._process.poll() is not None:
                break
            self._process.send_signal(signal.SIGCONT)  # it may have been frozen
            self._process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)
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

    def _started(self) -> subprocess.Popen[bytes]:
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
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [server_program(), config],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the command; the server ends after it
                preexec_fn=end_with_parent,
            )

    def _answers(self) -> bool:
        """Wait for the server; False if it ended instead."""
        for _ in range(START_SECONDS * 20):
            if self._process is None or self._process.poll() is not None:
                return False
            with contextlib.suppress(OSError):
                if self._says_pong():
                    return True
            time.sleep(0.05)
        return False

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


def free_port() -> int:
    """Find a port that nobody uses, and that stays free while its server is started again.

    Linux gives the ports from 32768 on to connections that go out, as they come.
    """
    for _ in range(200):
        port = FIRST_PORT + secrets.randbelow(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    sys.exit("redis_server: no port from 15000 to 32000 is free")


def end_with_parent() -> None:
    """Have Linux stop the server even if this program is killed outright."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


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
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, lambda number, _frame: sys.exit(128 + number))
    with redis() as server:
        child = subprocess.Popen(command, env={**os.environ, "REDIS_URL": server.url})
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
