"""Visitors of a site while its workers do a large batch.

Run it with ``make bench`` or ``python -m bench.load``. A gunicorn serves public pages, downloads
and the interview to the visitors of ``bench.visitors`` (Locust): first with nothing else going on,
then from the moment a batch is started, while Celery workers prepare it, then while they publish
it, and then idle again. Workers are started with ``nice``, as compose.yaml does it. Only 200, 304
and 429 may be answered.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from bench import queued
from bench.bulk import call

FINE = {"200", "304", "429"}
Result = dict[str, dict[str, list[float]]]


@contextmanager
def served(environment: queued.Environment) -> Iterator[str]:
    """Serve a site, and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "policygen.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--worker-class", "gthread", "--threads", "6"]
    server = subprocess.Popen([*command, "--log-level", "error"], cwd=queued.ROOT, env=environment)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not answer within twenty seconds.")


def visited(address: str, policies: list[str], *, users: int, seconds: int) -> Result:
    """Let visitors come for so many seconds, and return what they were answered."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result.json")
        command = ["-m", "locust", "--locustfile", "bench/visitors.py", "--headless"]
        command += ["--users", str(users), "--spawn-rate", str(users), "--host", address]
        command += ["--run-time", f"{seconds}s", "--stop-timeout", "5", "--loglevel", "ERROR"]
        subprocess.run(
            [sys.executable, *command],
            cwd=queued.ROOT,
            env=os.environ | {"BENCH_RESULT": str(result), "BENCH_POLICIES": json.dumps(policies)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,  # Locust counts a 429 as a failure
        )
        found: Result = json.loads(result.read_text())
        return found


def p95(times: list[float]) -> float:
    """Return the time, in ms, that one answer in twenty exceeds."""
    return quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def main(words: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=25, help="of each of four rounds")
    parser.add_argument("--policies", type=int, default=400, help="of the batch")
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args(words)
    with queued.site() as environment, tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder, "policies.json")
        with queued.workers(environment, told.workers, nice=10):
            call(environment, "publish_some", sheet=str(sheet))
            policies: list[str] = json.loads(sheet.read_text())
            with served(environment) as address:
                visit = {"users": told.users, "seconds": told.seconds}
                visited(address, policies, users=told.users, seconds=5)  # all is warm from now on
                rounds = {"idle": visited(address, policies, **visit)}
                call(environment, "begin_one", policies=told.policies)
                rounds["preparing"] = visited(address, policies, **visit)
                call(environment, "let_publish", policies=told.policies)
                rounds["publishing"] = visited(address, policies, **visit)
                call(environment, "say_how_far", policies=told.policies)
                rounds["again"] = visited(address, policies, **visit)
    print_answers(rounds)


def print_answers(rounds: dict[str, Result]) -> None:
    """Print what was answered how fast. Ends the program where something else was answered."""
    for name in ("preparing", "publishing"):
        print(f"While workers were {name}:\n")
        print_beside(with_all(rounds["idle"]["times"]), with_all(rounds[name]["times"]))
    later = with_all(rounds["again"]["times"])["all"]
    print(f"Afterwards, with the batch stopped: p95 {p95(later):.0f} ms.")
    for name, result in rounds.items():
        statuses = ", ".join(f"{n:,} × {one}" for one, n in sorted(result["statuses"].items()))
        print(f"{name}: {statuses}")
        if not set(result["statuses"]) <= FINE:
            raise SystemExit("Something else was answered.")


def with_all(times: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return times by what was asked for, and all of them together at the end."""
    return {**dict(sorted(times.items())), "all": [one for each in times.values() for one in each]}


def print_beside(idle: dict[str, list[float]], beside: dict[str, list[float]]) -> None:
    """Print how fast each thing was answered beside work, and with nothing else going on."""
    print("| what | answers | p50 idle, ms | p95 idle | p50 beside | p95 beside | ratio of p95 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in [name for name in idle if name in beside]:
        quiet, busy = idle[name], beside[name]
        n, slower = len(quiet) + len(busy), p95(busy) / p95(quiet)
        print(f"| {name} | {n:,} | {median(quiet):.0f} | {p95(quiet):.0f} |"
              f" {median(busy):.0f} | {p95(busy):.0f} | {slower:.2f} |")  # fmt: skip
    print()


if __name__ == "__main__":
    main()
