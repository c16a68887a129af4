"""What is counted while the site works: requests, documents, pieces of batches, publications.

Each process counts for itself. With ``POLICYGEN_METRICS_DIR`` it does so in files of one folder,
shared by all processes of a machine, and ``/metrics`` adds them up. What the database knows better
(how much waits, and how long) is read from there instead: ``monitoring/rows.py``.

Labels are names of routes, formats, steps and kinds, never what a visitor sent.
"""

from __future__ import annotations

import fcntl
import os
from itertools import count
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram, values

PATIENCE = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Bounds in seconds, from a page that nobody waits for to a document that is too large."""


class Slot:
    """The number under which a process counts: the first one that no living process has.

    A new process goes on in the files of one that ended, so they do not become more with each
    worker that is replaced. It is locked by whoever has it, in every container that shares the
    folder; process numbers would be the same in two of those.
    """

    def __init__(self, folder: Path) -> None:
        """Take nothing yet."""
        self._folder = folder
        self._pid = self._lock = 0
        self._name = ""

    def __call__(self) -> str:
        """Return the number of this process. Raises ``OSError`` if the folder cannot be used."""
        if self._pid != os.getpid():
            self._take()
        return self._name

    def _take(self) -> None:
        inherited = self._lock
        for number in count(1):
            self._lock = os.open(self._folder / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._lock)
                continue
            self._pid, self._name = os.getpid(), str(number)
            break
        if inherited:  # after a fork: what is locked stays so by the parent
            os.close(inherited)


if settings.METRICS_DIR:
    values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
        Slot(settings.METRICS_DIR)
    )

HERE = CollectorRegistry()
"""What this process counted, if it counts in its own memory."""

REQUESTS = Counter(
    "policygen_requests",
    "Requests that were answered.",
    ["method", "route", "status"],
    registry=HERE,
)
REQUEST_SECONDS = Histogram(
    "policygen_request_seconds",
    "How long a request took until its answer began.",
    ["route"],
    buckets=PATIENCE,
    registry=HERE,
)
RENDER_SECONDS = Histogram(
    "policygen_render_seconds",
    "How long it took to make a document in a format.",
    ["format"],
    buckets=PATIENCE,
    registry=HERE,
)
RENDER_FAILURES = Counter(
    "policygen_render_failures",
    "Documents that could not be made in a format.",
    ["format", "reason"],
    registry=HERE,
)
PIECES = Counter(
    "policygen_pieces",
    "Pieces of batches that came to an end.",
    ["step", "state"],
    registry=HERE,
)
PIECE_SECONDS = Histogram(
    "policygen_piece_seconds",
    "How long a piece of a batch took.",
    ["step"],
    buckets=PATIENCE,
    registry=HERE,
)
PUBLICATIONS = Counter(
    "policygen_publications",
    "Versions of policies that were published.",
    ["kind"],
    registry=HERE,
)
REMINDERS = Counter(
    "policygen_reminders",
    "Mails that remind of a review.",
    ["outcome"],
    registry=HERE,
)


def rendered(name: str, seconds: float, failure: str) -> None:
    """Count a document: its format, how long it took, and the kind of error or an empty text."""
    if failure:
        RENDER_FAILURES.labels(name, failure).inc()
    else:
        RENDER_SECONDS.labels(name).observe(seconds)


def piece_ended(step: str, state: str, seconds: float) -> None:
    """Count a piece of a batch that came to an end."""
    PIECES.labels(step, state).inc()
    PIECE_SECONDS.labels(step).observe(seconds)
