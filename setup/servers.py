"""A server that is started for one command or one test, waited for, and ended with it."""

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

Running = TypeVar("Running")

FIRST_PORT, PORTS = 15_000, 17_000


def free_port() -> int:
    """Find a port that nobody uses, and that stays free until and while its server is started.

    Linux gives the ports from 32768 on to connections that go out, as they come. A port is given
    to nobody else who asks here, in whatever process, as long as this process lives. Ends the
    program where none is free.
    """
    for _ in range(200):
        port = FIRST_PORT + secrets.randbelow(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _mark(port)
            return port
    sys.exit(f"servers: no port from {FIRST_PORT} to {FIRST_PORT + PORTS} is free")


def _mark(port: int) -> None:
    """Mark a port as given away while this process lives. Raises ``OSError`` if it is already."""
    with socket.socket(socket.AF_UNIX) as mark:
        mark.bind(f"\0policygen-port-{port}")
        mark.detach()  # nobody closes it but the end of the process


def end_with_parent() -> None:
    """Have Linux stop the server even if this program is killed outright."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def launch(
    command: Sequence[str | Path], folder: Path, user: Mapping[str, Any] | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in its folder, which gets its ``server.log``, perhaps as another user.

    Ctrl-C is for the command beside it: the server ends after that.
    """
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent,
            **(user or {}),
        )


def becomes_ready(
    server: subprocess.Popen[bytes], is_ready: Callable[[], bool], *, seconds: int
) -> bool:
    """Wait for a server, of which ``OSError`` says no more than “not yet”.

    False if it ended instead, or took longer.
    """
    for _ in range(seconds * 20):
        if server.poll() is not None:
            return False
        with contextlib.suppress(OSError):
            if is_ready():
                return True
        time.sleep(0.05)
    return False


def end(server: subprocess.Popen[bytes], *signals: signal.Signals, seconds: int = 20) -> None:
    """Stop a server with the first of the signals that it obeys within some seconds.

    One that was frozen is let go on, so that it can.
    """
    for how in signals:
        if server.poll() is not None:
            return
        server.send_signal(signal.SIGCONT)
        server.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=seconds)


def run_beside(
    server: AbstractContextManager[Running],
    told: Callable[[Running], Mapping[str, str]],
    command: list[str],
) -> int:
    """Run a command beside a server, told of it in its environment. Return its exit code.

    However the command ends, the server ends after it.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    with server as running:
        child = subprocess.Popen(command, env={**os.environ, **told(running)})
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
