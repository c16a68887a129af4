"""What ``bench.bulk`` measures. To be imported where Django is set up.

A practice with many locations has one group of policies, each location one policy: the same answers
with its own address and phone. *Prepared* and *published* are the seconds between pressing the
button and the end of the stage, as whoever reads the page of the batch sees it. *Bare* is what the
same documents cost if nothing is stored: selecting and assembling, and the PDF, made by as many
processes at once as there are workers. Workers do a small batch first, so that nothing starts
while it is measured.
"""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, sleep, thread_time

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Avg
from django.test import Client
from django.utils import timezone

from bench import queued
from policygen.core.analysis.change_kind import ChangeKind
from policygen.core.answers import parse_answers
from policygen.core.assembly import assemble
from policygen.core.selection import select
from policygen.library.store import library_in_force, library_of
from policygen.policies import tasks
from policygen.policies.bulk.deciding import publish_batch
from policygen.policies.bulk.preparing import effective_at
from policygen.policies.bulk.starting import list_pieces, start_group_batch
from policygen.policies.bulk.working import work_on
from policygen.policies.drafting.examples import examples
from policygen.policies.drafting.groups import set_up_group
from policygen.policies.models import (
    Batch,
    BatchStage,
    Group,
    Level,
    Piece,
    PieceState,
    Policy,
    PolicyVersion,
    Print,
    VersionFile,
)
from policygen.policies.stored import to_text
from policygen.practices.founding import found_practice
from policygen.practices.models import Location
from policygen.rendering import pdf

LOOK_SECONDS = 0.1
MEMORY_SECONDS = 2.0
WARM_UP = 6
BARE = 60
ROOM = "import django; django.setup(); from bench.bulk_run import bare_here; bare_here()"


@dataclass
class Watch:
    """What the memory of workers was, after how many policies: children and their PDF process.

    ``rows`` hold, for each look, the number of published policies, the largest child, and the
    largest child together with its PDF process, in MB.
    """

    rows: list[tuple[int, float, float, float]] = field(default_factory=list)

    def at(self, count: int, column: int) -> float:
        """Return the median of a column around so many policies."""
        near = sorted(self.rows, key=lambda row: abs(row[0] - count))[:5]
        return median(row[column] for row in near)


@dataclass(frozen=True)
class Timed:
    """The seconds of one batch.

    ``computed`` are those of the processors, as ``computing`` returns them.
    """

    batch: Batch
    prepared: float
    published: float
    computed: tuple[float, ...] = ()

    @property
    def wall(self) -> float:
        """Both stages: in between, people decide."""
        return self.prepared + self.published


# ------------------------------------------------------------------ a practice and its batches


def group_of(name: str, locations: int, example: str) -> Group:
    """Return the group of a new practice with so many locations."""
    by, _ = User.objects.get_or_create(username=f"{name}@example.com")
    practice = found_practice(by, name=name, time_zone="UTC")
    made = [
        Location(
            practice=practice,
            name=f"{name} {number}",
            address=f"{number} Main Street\nSpringfield, IL 62701",
            phone=f"217-555-{number:05}",
        )
        for number in range(1, locations + 1)
    ]
    Location.objects.bulk_create(made, batch_size=500)
    found = next(one for one in examples(library_in_force()) if one.name == example)
    raw = {**found.answers.to_raw(), "short_name": name}
    return set_up_group(practice, by, title="Privacy", answers=to_text(raw))


def start(group: Group) -> Batch:
    """Press the button that prepares."""
    by = group.practice.memberships.get().user
    with transaction.atomic():
        batch = start_group_batch(group, by)
        tasks.send(batch.pk)
    return batch


def order(batch: Batch) -> None:
    """Press the button that publishes."""
    with transaction.atomic():
        today = timezone.localdate()
        publish_batch(batch.pk, on=today, reason="Measured.", kind=ChangeKind.MATERIAL)
        tasks.send(batch.pk)


def until(batch: Batch, *stages: BatchStage) -> None:
    """Wait for a stage; every so often, do what beat does."""
    looked = perf_counter()
    while Batch.objects.values_list("stage", flat=True).get(pk=batch.pk) not in stages:
        sleep(LOOK_SECONDS)
        if perf_counter() - looked > 20:
            tasks.sweep()
            looked = perf_counter()


def whole(group: Group, worker: int = 0) -> Timed:
    """Prepare and publish everything, and say how long it took."""
    before = computing(worker)
    begun = perf_counter()
    batch = start(group)
    until(batch, BatchStage.READY, BatchStage.DONE)
    prepared = perf_counter() - begun
    begun = perf_counter()
    order(batch)
    until(batch, BatchStage.DONE)
    published = perf_counter() - begun
    failed = Piece.objects.filter(batch=batch).exclude(state=PieceState.DONE)
    if failed.exists():
        raise SystemExit(f"{failed.count()} policies were not published: {failed[0].problem}")
    computed = (after - then for after, then in zip(computing(worker), before, strict=True))
    return Timed(batch, prepared, published, tuple(computed))


def computing(worker: int) -> tuple[float, float, float, float]:
    """Return the seconds that the processors gave so far.

    They gave them to the children of a worker, to the processes that print for those, to the worker
    itself, and to PostgreSQL.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    server = int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
    if not worker:
        return 0.0, 0.0, 0.0, queued.computed(server)
    children = queued.children_of(worker)
    own = sum(map(queued.computed_alone, children))
    alone = queued.computed_alone(worker)
    printers = queued.computed(worker) - own - alone
    return own, printers, alone, queued.computed(server)


def again(group: Group) -> float:
    """Start the same once more, and return the seconds until it is over: nothing is to be done."""
    before = stored()
    begun = perf_counter()
    batch = start(group)
    until(batch, BatchStage.READY, BatchStage.DONE)
    taken = perf_counter() - begun
    if stored() != before:
        raise SystemExit(f"The same batch again stored something: {before}, then {stored()}")
    return taken


def stored() -> tuple[int, ...]:
    """Count what publishing stores."""
    kinds = (PolicyVersion, VersionFile, Print)
    return tuple(kind.objects.count() for kind in kinds)


# ------------------------------------------------------------------ the bare calls


def bare_here() -> None:
    """Make the documents named in the input, and print the seconds of each. Runs in a process."""
    told = json.load(sys.stdin)
    taken: list[float] = []
    vocabulary, computed = library_of(told["release"]).vocabulary, 0.0
    for number, raw in enumerate(told["answers"]):
        if number == WARM_UP:
            computed = queued.computed(os.getpid())
        begun = perf_counter()
        answers = parse_answers(vocabulary, raw)
        library = library_of(told["release"])
        pdf.render(assemble(select(library, answers), answers, on=timezone.localdate()))
        taken.append(perf_counter() - begun)
    computed = queued.computed(os.getpid()) - computed
    print(json.dumps([sum(taken[WARM_UP:]) / BARE, computed / BARE]))


def bare(group: Group, count: int) -> tuple[float, float]:
    """Return the mean seconds of one bare document while so many processes make them at once.

    The second figure is of the processors.
    """
    levels = Level.objects.filter(group=group, location__isnull=False).select_related(
        "location", "group"
    )
    release = Batch.objects.filter(group=group).latest("created").release
    chosen = list(levels[: WARM_UP + BARE])
    chosen = [chosen[n % len(chosen)] for n in range(WARM_UP + BARE)]
    told = {"release": release, "answers": [effective_at(one, release) for one in chosen]}
    rooms = [
        subprocess.Popen(
            [sys.executable, "-c", ROOM],
            cwd=queued.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for room in rooms:
        assert room.stdin is not None
        room.stdin.write(json.dumps(told))
        room.stdin.close()
    told_by = [json.loads(room.stdout.read() if room.stdout else "") for room in rooms]
    for room in rooms:
        room.wait()
    wall, computed = (sum(column) / count for column in zip(*told_by, strict=True))
    return wall, computed


# ------------------------------------------------------------------ memory


@contextmanager
def watching(worker: int, batches: Group) -> Iterator[Watch]:
    """Look at the memory of a worker's children now and then."""
    watch, over = Watch(), threading.Event()

    def look() -> None:
        while not over.wait(MEMORY_SECONDS):
            done = PolicyVersion.objects.filter(policy__practice=batches.practice).count()
            both = [
                (queued.resident(child), sum(map(queued.resident, queued.children_of(child))),
                 sum(map(queued.own, [child, *queued.children_of(child)])))
                for child in queued.children_of(worker)
            ]  # fmt: skip
            if both:
                child, printer, fair = (max(column) for column in zip(*both, strict=True))
                watch.rows.append((done, child, child + printer, fair))
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


# ------------------------------------------------------------------ the tables


def measure(*, policies: int, counts: list[int], example: str) -> None:
    """Print how long a batch takes, against bare calls, and what memory it takes."""
    print(f"{policies:,} policies of {example}, seconds\n")
    print("| workers | prepared | published | wall | bare | wall/bare | again | wall/again |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    walls: dict[int, float] = {}
    watches: dict[int, Watch] = {}
    processors: list[str] = []
    for count in counts:
        group = group_of(f"Office {count}", policies, example)
        with queued.workers(dict(os.environ), count) as worker:
            whole(group_of(f"Warm {count}", WARM_UP * count, example))
            with watching(worker, group) as watches[count]:
                timed = whole(group, worker)
            repeated = again(group)
        walls[count] = timed.wall
        each, computed = bare(group, count)
        sum_of_bare = each * policies / count
        print(f"| {count} | {timed.prepared:.1f} | {timed.published:.1f} | {timed.wall:.1f} |"
              f" {sum_of_bare:.1f} | {timed.wall / sum_of_bare:.2f} | {repeated:.2f} |"
              f" {timed.wall / repeated:.1f} |", flush=True)  # fmt: skip
        figures = [1000 * one / policies for one in timed.computed]
        processors.append(
            f"| {count} | {' | '.join(f'{one:.0f}' for one in figures)} | {1000 * computed:.0f} |"
            f" {sum(figures) / 1000 / computed:.2f} |"
        )
    one, most = min(counts), max(counts)
    if one != most:
        print(f"\n{most} workers against {one}: {walls[one] / walls[most]:.2f} times as fast.")
    print("\nOf the processors, ms for a policy\n")
    print("| workers | children | PDF | worker | PostgreSQL | bare | all/bare |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print("\n".join(processors))
    print_memory(watches, policies)


def print_memory(watches: dict[int, Watch], policies: int) -> None:
    """Print the memory of workers early and late."""
    early = min(100, policies // 4)
    print("\n| workers | after | child, MB | child and its PDF process, MB | shared fairly, MB |")
    print("| --- | --- | --- | --- | --- |")
    for count, watch in watches.items():
        for done in (early, policies):
            figures = " | ".join(f"{watch.at(done, column):.0f}" for column in (1, 2, 3))
            print(f"| {count} | {done:,} | {figures} |")
        print(f"| {count} | grown by | " + " | ".join(
            f"{100 * (watch.at(policies, column) / watch.at(early, column) - 1):+.0f} %"
            for column in (1, 2, 3)) + " |")  # fmt: skip


def grow(*, sizes: list[int], workers: int, example: str) -> None:
    """Print how long batches of growing sizes take, for each policy."""
    print(f"Growing batches of {example}, {workers} workers\n")
    print("| policies | prepared, ms each | published, ms each | against the smallest |")
    print("| --- | --- | --- | --- |")
    first = 0.0
    with queued.workers(dict(os.environ), workers):
        whole(group_of("Warm", WARM_UP * workers, example))
        for size in sizes:
            timed = whole(group_of(f"Growing {size}", size, example))
            each = timed.wall / size
            first = first or each
            print(f"| {size:,} | {1000 * timed.prepared / size:.1f} |"
                  f" {1000 * timed.published / size:.1f} | {each / first:.2f} |",
                  flush=True)  # fmt: skip


def profile(*, policies: int, example: str, order: str) -> None:
    """Do a batch in this process, and print which functions took the processor in each stage."""
    warm, group = group_of("Warm", WARM_UP, example), group_of("Office", policies, example)
    _publish_here(_prepared_here(warm), WARM_UP)
    found: list[Batch] = []
    _profiled("prepare", policies, order, lambda: found.append(_prepared_here(group)))
    _profiled("publish", policies, order, lambda: _publish_here(found[0], policies))
    _profiled("again", policies, order, lambda: found.append(_prepared_here(group)))


def _profiled(stage: str, policies: int, order: str, act: Callable[[], object]) -> None:
    connection.queries_log.clear()
    connection.force_debug_cursor = True
    profiler, begun, computed = cProfile.Profile(thread_time), perf_counter(), thread_time()
    profiler.enable()
    act()
    profiler.disable()
    wall, taken = perf_counter() - begun, thread_time() - computed
    asked = Counter(one["sql"].split(" ")[0] for one in connection.queries)
    connection.force_debug_cursor = False
    print(
        f"\n== {stage}: {1000 * wall / policies:.1f} ms each, "
        f"{1000 * taken / policies:.1f} computed in Python; "
        f"queries each: { ({word: round(n / policies, 1) for word, n in asked.items()}) }"
    )
    pstats.Stats(profiler).sort_stats(order).print_stats(45)


def _prepared_here(group: Group) -> Batch:
    batch = start_group_batch(group, group.practice.memberships.get().user)
    count = list_pieces(batch)
    work_on(batch.pk, pieces=count)
    return batch


def _publish_here(batch: Batch, pieces: int) -> None:
    publish_batch(batch.pk, on=timezone.localdate(), reason="Measured.", kind=ChangeKind.MATERIAL)
    work_on(batch.pk, pieces=pieces)


# ------------------------------------------------------------------ for bench.load


def publish_some(*, sheet: str) -> None:
    """Publish a few policies, and write their addresses into a file."""
    group = group_of("Read", 8, "two-location-dental")
    whole(group)
    policies = Policy.objects.filter(practice=group.practice)
    addresses = [f"/p/{group.practice.slug}/{policy.slug}" for policy in policies]
    Path(sheet).write_text(json.dumps(addresses))


def begin_one(*, policies: int) -> None:
    """Begin a batch, and return at once, while workers begin to prepare it."""
    start(group_of("Busy", policies, "two-location-dental"))


def let_publish(*, policies: int) -> None:
    """Say how many are prepared by now, wait for the rest, and return when workers publish."""
    batch = Batch.objects.get(group__practice__name="Busy")
    ready = Piece.objects.filter(batch=batch, prepared_at__isnull=False).count()
    print(f"{ready:,} of {policies:,} policies were prepared meanwhile.")
    until(batch, BatchStage.READY, BatchStage.DONE)
    order(batch)


def say_how_far(*, policies: int) -> None:
    """Say how many of a batch were published meanwhile, and stop it."""
    batch = Batch.objects.get(group__practice__name="Busy")
    Batch.objects.filter(pk=batch.pk).update(stopped=True)
    done = Piece.objects.filter(batch=batch, version__isnull=False).count()
    if batch.stage == BatchStage.DONE:
        raise SystemExit("The batch was over too early. Name more with --policies.")
    print(f"{done:,} of {policies:,} policies were published meanwhile.\n")


# ------------------------------------------------------------------ for bench.sizes

TABLES = (
    "policies_policyversion",
    "policies_versionfile",
    "policies_event",
    "policies_policy",
    "policies_level",
    "policies_piece",
    "policies_print",
    "practices_location",
)


def weigh(*, policies: int, example: str) -> None:
    """Print what policies take, and what the public page and a download of one ask for."""
    group = group_of("Weighed", policies, example)
    before = _bytes_of_tables()
    _publish_here(_prepared_here(group), policies)
    after = _bytes_of_tables()
    print(f"Of {policies} policies of {example}, kB each\n\n| table | rows each | kB each |")
    print("| --- | --- | --- |")
    total = 0.0
    for table in TABLES:
        rows, size = (now - then for now, then in zip(after[table], before[table], strict=True))
        total += size / policies
        print(f"| {table} | {rows / policies:.1f} | {size / policies / 1000:.1f} |")
    print(f"| together | | {total / 1000:.1f} |")
    print("\n| file | kB |\n| --- | --- |")
    sizes = VersionFile.objects.values("format").annotate(mean=Avg("size")).order_by("-mean")
    for row in sizes:
        print(f"| {row['format']} | {row['mean'] / 1000:.1f} |")
    _count_queries(group)


def _bytes_of_tables() -> dict[str, tuple[int, int]]:
    """Return rows and bytes of each table, with its indexes and long texts."""
    found: dict[str, tuple[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        for table in TABLES:
            cursor.execute(f"SELECT count(*), pg_total_relation_size('{table}') FROM {table}")
            found[table] = cursor.fetchone()
    return found


def _count_queries(group: Group) -> None:
    client, policy = Client(), Policy.objects.filter(practice=group.practice).earliest("pk")
    address = f"/p/{group.practice.slug}/{policy.slug}"
    print("\n| page | queries | kB |\n| --- | --- | --- |")
    for path in (f"{address}/", f"{address}.pdf", f"{address}/v/1/"):
        client.get(path, headers={"host": "localhost"})
        connection.queries_log.clear()
        connection.force_debug_cursor = True
        answer = client.get(path, headers={"host": "localhost"})
        connection.force_debug_cursor = False
        content = b"".join(answer) if answer.streaming else answer.content
        name = path.replace(address, "/p/…/…")
        print(f"| {name} ({answer.status_code}) | {len(connection.queries)} |"
              f" {len(content) / 1000:.1f} |")  # fmt: skip
