"""A site with PostgreSQL, Redis and Celery workers of its own, for measurements.

PostgreSQL writes to the disk as it does on a real site. All of it listens on loopback only, lies in
temporary folders, and is gone in the end.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from setup.postgres_cluster import cluster
from setup.redis_server import redis

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
TICKS = os.sysconf("SC_CLK_TCK")
Environment = dict[str, str]


@contextmanager
def site(settings: str = "policygen.settings", **more: str) -> Iterator[Environment]:
    """Give the environment of a new site: migrated, and with the clause library in force."""
    with (
        cluster(durable=True) as database,
        redis() as broker,
        tempfile.TemporaryDirectory(prefix="policygen-bench-") as folder,
    ):
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": settings,
            "DATABASE_URL": database,
            "REDIS_URL": broker.url,
            "POLICYGEN_DATA_DIR": folder,
            "POLICYGEN_DEBUG": "false",
            "POLICYGEN_PDF_WORKERS": "1",
            **more,
        }
        for command in (["migrate", "--verbosity", "0"], ["createcachetable"], ["load_library"]):
            run(environment, "manage.py", *command, quiet=True)
        yield environment


def run(environment: Environment, *words: str, quiet: bool = False) -> None:
    """Run Python in the environment of a site."""
    output = subprocess.DEVNULL if quiet else None
    command = [sys.executable, *words]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=output)


@contextmanager
def workers(environment: Environment, count: int, *, nice: int = 0) -> Iterator[int]:
    """Start one Celery worker with so many children; give its process id once it is ready.

    ``nice`` lets other processes of the machine go first.
    """
    command = [
        "nice",
        "-n",
        str(nice),
        sys.executable,
        "-m",
        "celery",
        "-A",
        "policygen",
        "worker",
        "--pool",
        "prefork",
    ]
    command += ["--concurrency", str(count), "--without-gossip", "--without-mingle"]
    with tempfile.TemporaryFile() as log:
        worker = subprocess.Popen(
            [*command, "--loglevel", "INFO"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        ready = threading.Event()
        threading.Thread(target=_heard, args=(worker, log, ready), daemon=True).start()
        try:
            if not ready.wait(START_SECONDS) or worker.poll() is not None:
                raise SystemExit(f"The worker did not start:\n{_said(log)}")
            yield worker.pid
        finally:
            _end(worker)


def _heard(worker: subprocess.Popen[bytes], log: object, ready: threading.Event) -> None:
    """Read what the worker says, so that it never waits for a reader."""
    for line in worker.stderr or ():
        if not ready.is_set():
            log.write(line)  # type: ignore[attr-defined]
        if re.search(rb" ready\.", line):
            ready.set()
    ready.set()


def _said(log: object) -> str:
    log.seek(0)  # type: ignore[attr-defined]
    return str(log.read().decode(errors="replace"))  # type: ignore[attr-defined]


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    with suppress(subprocess.TimeoutExpired):
        worker.wait(30)
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def children_of(process: int) -> list[int]:
    """Return the ids of the children of a process."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def computed(process: int) -> float:
    """Return the seconds that a process computed, with its children of now and before."""
    return computed_alone(process, 4) + sum(map(computed, children_of(process)))


def computed_alone(process: int, figures: int = 2) -> float:
    """Return the seconds that a process computed; with 4 figures, also those of ended children."""
    with suppress(OSError):
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, stat[11 : 11 + figures])) / TICKS
    return 0.0


def resident(process: int) -> float:
    """Return the memory of a process that is in RAM, in MB; 0 if it is gone."""
    return _memory(process, "Rss")


def own(process: int) -> float:
    """Return that memory with a fair share of what it has in common with others, in MB."""
    return _memory(process, "Pss")


def _memory(process: int, what: str) -> float:
    with suppress(OSError):
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        if found := re.search(rf"(?m)^{what}: +([0-9]+) kB", rollup):
            return int(found[1]) / 1000
    return 0.0
