"""The processes that make PDFs: their limits, their end, and what happens when they fail."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from policygen.rendering import (
    PdfBusy,
    PdfCrashed,
    PdfTooExpensive,
    PdfTooLong,
    RenderingFailed,
    pdf,
)
from policygen.rendering.limits import PdfLimits
from policygen.rendering.pdf_pipe import Layout
from policygen.rendering.pdf_workers import PdfWorkers
from tests.patience import PATIENCE
from tests.rendering import documents

HOUSE = Path(__file__).parents[2]
SMALL = b"<!doctype html><title>Small</title><p>Small"
# No document leads to tables; these pages stand for whatever else could run away.
ENDLESS = b"<!doctype html><title>E</title><table><tr><td colspan=300000>x</table>"
HUGE = b"<!doctype html><title>H</title><table><tr><td colspan=100000000>x</table>"
LIMITS = PdfLimits(cpu=2, wall=PATIENCE, start=PATIENCE, wait=PATIENCE)


@pytest.fixture
def workers() -> Iterator[Callable[..., PdfWorkers]]:
    started: list[PdfWorkers] = []

    def start(count: int = 1, **limits: float) -> PdfWorkers:
        started.append(PdfWorkers(count, replace(LIMITS, **limits)))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for workers in started:
        workers.close()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.01)


def test_nothing_starts_before_the_first_pdf(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers()
    assert not pool.pids
    assert pool.make(SMALL).startswith(b"%PDF-1.7")
    assert len(pool.pids) == 1


def test_a_worker_is_used_again(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers()
    pool.make(SMALL)
    pids = pool.pids
    assert pool.make(SMALL) == pool.make(SMALL)
    assert pool.pids == pids


def test_a_worker_is_replaced_after_its_number_of_documents(
    workers: Callable[..., PdfWorkers],
) -> None:
    pool = workers(documents=2)
    pool.make(SMALL)
    (first,) = pool.pids
    pool.make(SMALL)
    assert not pool.pids
    assert not alive(first)
    pool.make(SMALL)
    assert first not in pool.pids


# Running away


def test_too_much_time_on_the_processor_is_an_error(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers(cpu=1)
    with pytest.raises(PdfTooExpensive, match="too much time or memory"):
        pool.make(ENDLESS)
    assert pool.make(SMALL).startswith(b"%PDF-1.7")


def test_too_much_time_on_the_clock_is_an_error(
    workers: Callable[..., PdfWorkers], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = workers(cpu=60)
    pool.make(SMALL)
    (pid,) = pool.pids
    (process,) = pool._idle  # this one alone: a small page may take its time on a busy machine
    monkeypatch.setattr(process, "_limits", replace(LIMITS, wall=2))
    with pytest.raises(PdfTooExpensive):
        pool.make(ENDLESS)
    assert not alive(pid)
    assert pool.make(SMALL).startswith(b"%PDF-1.7")


def test_too_much_memory_is_an_error(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers(cpu=60)
    with pytest.raises(PdfTooExpensive):
        pool.make(HUGE)
    assert pool.make(SMALL).startswith(b"%PDF-1.7")


def test_a_page_that_cannot_be_laid_out_is_an_error(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers()
    with pytest.raises(RenderingFailed, match="could not be made"):
        pool.make(b"\xff\xfe no UTF-8")
    assert pool.make(SMALL).startswith(b"%PDF-1.7")


def test_a_page_that_takes_more_paper_than_it_may_is_an_error(
    workers: Callable[..., PdfWorkers],
) -> None:
    pool = workers()
    long = b"<!doctype html><html lang=en><title>L</title>" + b"<p>A line" * 200
    with pytest.raises(PdfTooLong, match="does not fit on its page"):
        pool.make(long, Layout.NOTICE)
    (pid,) = pool.pids
    assert pool.make(long).startswith(b"%PDF-1.7")
    assert pool.pids == {pid}


def test_what_was_set_otherwise_before_leaves_no_trace(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers()
    page = b"<!doctype html><html lang=en><title>S</title><p>Small"
    first, notice = pool.make(page), pool.make(page, Layout.NOTICE)
    assert first != notice
    assert (pool.make(page), pool.make(page, Layout.NOTICE)) == (first, notice)


# Dying


def test_a_worker_that_died_in_its_sleep_is_replaced(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers()
    pool.make(SMALL)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    assert pool.make(SMALL).startswith(b"%PDF-1.7")
    assert pid not in pool.pids


def test_a_worker_that_dies_at_work_is_replaced_and_the_page_made(
    workers: Callable[..., PdfWorkers],
) -> None:
    pool = workers(cpu=60)
    pool.make(SMALL)
    (pid,) = pool.pids
    page = pdf.source(documents.hostile())
    with ThreadPoolExecutor(1) as threads:
        made = threads.submit(pool.make, page)
        time.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        assert made.result(timeout=PATIENCE) == pool.make(page)
    assert pid not in pool.pids


def test_a_page_that_kills_two_workers_is_an_error(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers(cpu=60)
    page = pdf.source(documents.hostile())
    stop = threading.Event()

    def kill() -> None:
        while not stop.is_set():
            for pid in pool.pids:
                with suppress(ProcessLookupError):  # it ended, and is about to be forgotten
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(PdfCrashed) as raised:
            pool.make(page)
    finally:
        stop.set()
        killer.join()
    assert "code -9" in raised.value.__notes__[0]


# Sharing


def test_when_all_are_busy_the_wait_is_bounded(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers(wait=0.2)
    made = pool.make(SMALL)
    (pid,) = pool.pids
    with ThreadPoolExecutor(1) as threads:
        os.kill(pid, signal.SIGSTOP)  # so that it is busy for as long as this test wants
        try:
            busy = threads.submit(pool.make, SMALL)
            wait_until(lambda: not pool._idle)
            with pytest.raises(PdfBusy, match="Try again"):
                pool.make(SMALL)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert busy.result() == made


def test_threads_share_the_workers(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers(2)
    pages = [f"<!doctype html><title>{n}</title><p>{n}".encode() for n in range(4)]
    alone = [pool.make(page) for page in pages]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(pool.make, pages * 6))
    assert together == alone * 6
    assert len(pool.pids) == 2


def test_the_number_of_workers_can_change(workers: Callable[..., PdfWorkers]) -> None:
    pool = workers(3)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(pool.make, [SMALL] * 9))
    assert len(pool.pids) == 3
    pool.resize(1)
    assert len(pool.pids) == 1
    assert pool.make(SMALL).startswith(b"%PDF-1.7")
    with pytest.raises(ValueError, match="at least one"):
        pool.resize(0)
    with pytest.raises(ValueError, match="at least one"):
        PdfWorkers(0)


# What a worker has, and its end


def test_a_worker_inherits_no_secret_and_no_descriptor(
    workers: Callable[..., PdfWorkers], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POLICYGEN_SECRET_KEY", "s3cret")
    with (tmp_path / "open").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        pool = workers()
        pool.make(SMALL)
        (pid,) = pool.pids
    assert b"s3cret" not in Path(f"/proc/{pid}/environ").read_bytes()
    descriptors = sorted(Path(f"/proc/{pid}/fd").iterdir(), key=lambda path: int(path.name))
    assert [path.name for path in descriptors][:3] == ["0", "1", "2"]
    assert not [path for path in descriptors if path.readlink() == tmp_path / "open"]
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert f"Max address space         {900 << 20}" in limits


def program(text: str, stderr: int | None = None) -> subprocess.Popen[str]:
    start = "from tests.rendering import documents\nfrom policygen.rendering import pdf\n"
    return subprocess.Popen(
        [sys.executable, "-c", start + textwrap.dedent(text)],
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


@pytest.mark.parametrize("end", ["pass", "os._exit(1)", "os.kill(os.getpid(), 9)", "1 / 0"])
def test_workers_end_with_their_owner(end: str) -> None:
    owner = program(
        f"""
        import os, sys
        pdf.render(documents.document())
        print(*pdf.WORKERS.pids, flush=True)
        sys.stderr = open(os.devnull, "w")
        {end}
        """
    )
    output, _ = owner.communicate(timeout=PATIENCE)
    (pid,) = map(int, output.split())
    wait_until(lambda: not alive(pid))


def test_a_worker_whose_owner_was_killed_at_work_ends_without_a_word() -> None:
    owner = program(
        """
        import threading, time
        pdf.render(documents.document())
        print(*pdf.WORKERS.pids, flush=True)
        threading.Thread(target=pdf.render, args=(documents.document(),)).start()
        time.sleep(600)
        """,
        stderr=subprocess.PIPE,
    )
    assert owner.stdout
    (pid,) = map(int, owner.stdout.readline().split())
    os.kill(pid, signal.SIGSTOP)  # so that it answers once nobody is there
    time.sleep(0.2)
    owner.kill()
    owner.wait(timeout=PATIENCE)
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: not alive(pid))
    assert owner.communicate(timeout=PATIENCE)[1] == ""


def test_a_fork_has_workers_of_its_own() -> None:
    owner = program(
        """
        import os, threading
        same = pdf.render(documents.document()).content
        mine = pdf.WORKERS.pids
        child = os.fork()
        if child == 0:
            assert not pdf.WORKERS.pids
            assert pdf.render(documents.document()).content == same
            assert not mine & pdf.WORKERS.pids
            print(*pdf.WORKERS.pids, flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert pdf.render(documents.document()).content == same
        assert pdf.WORKERS.pids == mine
        """
    )
    output, _ = owner.communicate(timeout=PATIENCE)
    assert owner.returncode == 0
    (pid,) = map(int, output.split())
    wait_until(lambda: not alive(pid))
