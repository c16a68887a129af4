"""Workers of a site, whom a test starts, kills and looks at from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.test import override_settings
from django.utils import timezone

from policygen.celery import app
from policygen.core.analysis.change_kind import ChangeKind
from policygen.policies import tasks
from policygen.policies.bulk.deciding import publish_batch
from policygen.policies.bulk.starting import start_group_batch
from policygen.policies.models import Batch, BatchStage, Piece, PieceState, PolicyVersion
from setup.redis_server import RedisServer
from tests.faults.site import ROOT, Site
from tests.patience import PATIENCE
from tests.policies.bulk.fleet import Fleet

LEASE = 120
"""After how many seconds these sites take up again what a process that died held.

Tests do not wait for that: see ``time_passes``. It is longer than a piece takes on any machine,
the first PDF of a process and a disk that stands still among it.
"""

SWEEP_SECONDS = 1.0


@dataclass(frozen=True)
class Engine(Site):
    """A site with a broker, or (none) with ``manage.py work`` alone."""

    redis: RedisServer | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this site finds in its environment."""
        kept = {name: value for name, value in super().environment.items() if name != "REDIS_URL"}
        broker = {"REDIS_URL": self.redis.url} if self.redis is not None else {}
        return {**kept, **broker, "POLICYGEN_WORK_LEASE": str(LEASE)}

    @contextmanager
    def process(self, *words: str | Path) -> Iterator[Program]:
        """Give a program of this site, with a process group of its own, gone in the end."""
        log = self.data / f"log-{time.monotonic_ns()}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        program = Program(process, log)
        try:
            yield program
        finally:
            program.kill()

    @contextmanager
    def gate(self, batch: UUID, *, after: int) -> Iterator[None]:
        """While a block runs, let programs do the pieces of a batch up to a number, and no more.

        What they take beyond it they hold until the gate is open, and then do. Numbers begin
        with 1, and pieces are taken in their order.
        """
        gate = gate_of(self.data, batch)
        new = gate.with_suffix(".new")
        new.write_text(str(after))
        new.replace(gate)  # nobody reads half of it
        try:
            yield
        finally:
            gate.unlink()

    @contextmanager
    def slow(self) -> Iterator[Path]:
        """While a block runs, let no document of Slow Street come to its end.

        Give the file into which the process that makes one writes its number.
        """
        file = slow_of(self.data)
        file.touch()
        try:
            yield file
        finally:
            file.unlink()

    def worker(self, *words: str) -> object:
        """Give a Celery worker with two children."""
        options = ("-P", "prefork", "-c", "2", "--without-gossip", "--without-mingle")
        return self.process("-m", "celery", "-A", "tests.faults.quick", "worker", *options, *words)

    def working(self, *words: str) -> object:
        """Give a process that works without a broker."""
        return self.process("-m", "tests.faults.quick_work", *words)


def gate_of(data: Path, batch: UUID) -> Path:
    """Return the file that keeps programs from the later pieces of a batch: it names the last."""
    return data / f"gate-{batch}"


def slow_of(data: Path) -> Path:
    """Return the file that documents of Slow Street wait for to be gone."""
    return data / "slow"


@contextmanager
def connected(redis: RedisServer) -> Iterator[None]:
    """Let this process, too, send its messages to a broker."""
    before = app.conf.broker_url
    with override_settings(REDIS_URL=redis.url, WORK_LEASE=LEASE):
        app.conf.broker_url = redis.url
        app._after_fork()  # it forgets the connections that it had
        try:
            yield
        finally:
            app.pool.force_close_all()
            app.conf.broker_url = before
            app._after_fork()


@dataclass(frozen=True)
class Program:
    """A program, its children, and what they say."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """Kill the whole group at once, as a machine does that loses its power."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """Ask it to end (SIGTERM), as a deployment does; return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)

    @property
    def said(self) -> str:
        """What it has said up to now."""
        return self.log.read_text(errors="replace")

    def until_it_says(self, words: str) -> None:
        """Wait for words in its log."""
        until(lambda: words in self.said, self)


def until(condition: Callable[[], bool], *programs: Program) -> None:
    """Wait until something holds; it fails where one of the programs ends before that."""
    end = time.monotonic() + PATIENCE
    while not condition():
        gone = any(program.process.poll() is not None for program in programs)
        if gone or time.monotonic() > end:
            raise AssertionError("\n".join(program.said[-3_000:] for program in programs))
        time.sleep(0.05)


def until_stage(batch: Batch, stage: BatchStage, *programs: Program, sweeping: bool = True) -> None:
    """Wait until a batch has come to a stage; meanwhile, unless told otherwise, sweep."""

    def is_there() -> bool:
        return Batch.objects.get(pk=batch.pk).stage == stage

    until(swept(is_there) if sweeping else is_there, *programs)


def swept(condition: Callable[[], bool]) -> Callable[[], bool]:
    """Return a condition that does what beat has done, only more often, whenever it is asked."""
    last = time.monotonic()

    def asked() -> bool:
        nonlocal last
        if time.monotonic() - last > SWEEP_SECONDS:
            with suppress(*tasks.BROKER_AWAY):
                tasks.sweep.run()  # without its line of log
            last = time.monotonic()
        return condition()

    return asked


def held(batch: Batch) -> int:
    """Count the pieces that somebody holds."""
    return Piece.objects.filter(batch=batch).exclude(holder="").count()


def time_passes(pieces: QuerySet[Piece]) -> None:
    """Let the time be over for which the dead hold pieces, as if it had been waited for."""
    long_ago = timezone.now() - timedelta(seconds=1)
    pieces.exclude(holder="").update(held_until=long_ago)


def begun(engine: Engine, what: str) -> int:
    """Count how often a document of a bad street was begun: “pdf Hungry”, say."""
    file = engine.data / "begun"
    return file.read_text().splitlines().count(what) if file.exists() else 0


def started(made: Fleet, *, wants_mail: bool = False, sends: bool = True) -> Batch:
    """Start a batch over the group, as the page does; or let nobody hear of it."""
    with transaction.atomic():
        batch = start_group_batch(made.group, made.people.owner, wants_mail=wants_mail)
        if sends:
            tasks.send(batch.pk)
    return batch


def publish(batch: Batch, *, sends: bool = True) -> None:
    """Have everything published that was prepared, as the page does; or let nobody hear of it."""
    with transaction.atomic():
        today = timezone.localdate()
        publish_batch(batch.pk, on=today, reason="All of them.", kind=ChangeKind.MATERIAL)
        if sends:
            tasks.send(batch.pk)


def states(batch: Batch) -> dict[str, int]:
    """Count the pieces of a batch by their state."""
    found: dict[str, int] = {}
    for state in Piece.objects.filter(batch=batch).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def ended(batch: Batch) -> int:
    """Count the pieces that do not wait."""
    return Piece.objects.filter(batch=batch).exclude(state=PieceState.WAITING).count()


def once_each(batch: Batch, count: int) -> None:
    """See that so many policies have one version each, made by this batch."""
    assert states(batch) == {PieceState.DONE: count}, problems_of(batch)
    drafts = list(PolicyVersion.objects.values_list("draft", flat=True))
    assert len(drafts) == len(set(drafts)) == count
    assert set(PolicyVersion.objects.values_list("number", flat=True)) == {1}
    assert set(drafts) == set(Piece.objects.filter(batch=batch).values_list("draft", flat=True))


def problems_of(batch: Batch) -> dict[str, str]:
    """Return why pieces failed, by what stands in the way."""
    failed = Piece.objects.filter(batch=batch).exclude(problem="")
    return {str(piece): piece.problem for piece in failed}


def named(batch: UUID, name: str) -> Piece:
    """Return the piece of a location."""
    return Piece.objects.get(batch=batch, level__location__name=name)
