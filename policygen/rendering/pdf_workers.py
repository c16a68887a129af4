"""A few warm processes that make PDFs, for all threads of one process.

They start when PDFs are first asked for, answer one request at a time, are replaced after a number
of documents or when something goes wrong, and end with their owner. A fork of the owner begins
without workers.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref

from policygen.rendering.limits import PdfLimits
from policygen.rendering.pdf_pipe import Layout
from policygen.rendering.pdf_process import PdfProcess
from policygen.rendering.rendered import PdfBusy, PdfCrashed

BUSY = "Too many PDFs are being made at this moment. Try again in a few seconds."


class PdfWorkers:
    """At most ``count`` worker processes, shared by all threads."""

    def __init__(self, count: int, limits: PdfLimits | None = None) -> None:
        """Start nothing yet. Raises ``ValueError`` if ``count`` is below 1."""
        self._limits = limits or PdfLimits()
        self._begin(_at_least_one(count))
        EVERYONE.add(self)

    def _begin(self, count: int) -> None:
        self._count = count
        self._changed = threading.Condition()
        self._idle: list[PdfProcess] = []
        self._all: set[PdfProcess] = set()

    @property
    def pids(self) -> frozenset[int]:
        """The numbers of the processes that run now."""
        with self._changed:
            return frozenset(process.pid for process in self._all if process.pid is not None)

    def make(self, page: bytes, layout: Layout = Layout.POLICY) -> bytes:
        """Return the PDF of a page (UTF-8), set by the stylesheet of ``layout``.

        If a worker dies, the page is tried once more with another one. Raises ``PdfBusy``,
        ``PdfTooExpensive``, ``PdfTooLong``, ``PdfCrashed`` or ``RenderingFailed``.
        """
        try:
            return self._make(page, layout)
        except PdfCrashed:
            return self._make(page, layout)

    def resize(self, count: int) -> None:
        """Allow so many workers from now on. Raises ``ValueError`` below 1."""
        with self._changed:
            self._count = _at_least_one(count)
            surplus = [
                self._idle.pop()
                for _ in range(min(len(self._idle), max(0, len(self._all) - count)))
            ]
            self._all.difference_update(surplus)
            self._changed.notify_all()
        for process in surplus:
            process.end()

    def close(self) -> None:
        """End all processes, also busy ones. A later request starts new ones."""
        with self._changed:
            processes, self._idle, self._all = self._all, [], set()
            self._changed.notify_all()
        for process in processes:
            process.end()

    def _make(self, page: bytes, layout: Layout) -> bytes:
        process = self._take()
        try:
            return process.make(page, layout)
        finally:
            self._give_back(process)

    def _take(self) -> PdfProcess:
        """Return a process that no other thread has. Raises ``PdfBusy``."""
        with self._changed:
            if not self._changed.wait_for(self._has_one, timeout=self._limits.wait):
                raise PdfBusy(BUSY)
            if self._idle:
                return self._idle.pop()
            process = PdfProcess(self._limits)
            self._all.add(process)
            return process

    def _has_one(self) -> bool:
        """Forget processes that died in their sleep, and tell whether one can be taken."""
        for process in [process for process in self._idle if not process.usable]:
            self._idle.remove(process)
            self._all.discard(process)
            process.end()
        return bool(self._idle) or len(self._all) < self._count

    def _give_back(self, process: PdfProcess) -> None:
        with self._changed:
            keep = process in self._all and process.usable and len(self._all) <= self._count
            if keep:
                self._idle.append(process)
            else:
                self._all.discard(process)
            self._changed.notify()
        if not keep:
            process.end()

    def forget_after_fork(self) -> None:
        """Leave the processes to the parent; called in the child of a fork."""
        processes, count = self._all, self._count
        # The parent's lock may have been held by another thread when it forked.
        self._begin(count)
        for process in processes:
            process.abandon()


EVERYONE: weakref.WeakSet[PdfWorkers] = weakref.WeakSet()


def _at_least_one(count: int) -> int:
    if count < 1:
        raise ValueError(f"There must be at least one PDF worker, not {count}.")
    return count


def _close_everyone() -> None:
    for workers in list(EVERYONE):
        workers.close()


def _forget_everyone() -> None:
    for workers in list(EVERYONE):
        workers.forget_after_fork()


atexit.register(_close_everyone)
os.register_at_fork(after_in_child=_forget_everyone)
