"""The Celery application of workers whose PDFs are made up, and that some documents are bad for.

    celery -A tests.faults.quick worker

A document that speaks of Deadly Street kills the process that makes it, as the kernel does when
memory runs out. One of Greedy Street asks for more memory than a worker may have, and one of Slow
Street takes as long as the test says (``Engine.slow``). The real process prints the PDFs of these:
Paper Street has an ordinary one, that of Hungry Street asks for more memory than the process may
have, and while that of Doomed Street is made the process is killed. What was begun of any such
street is written down.

No piece of work is done beyond a gate (``Engine.gate``), so that a test finds things in the middle
however quick or slow they are.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402

from policygen.celery import app  # noqa: E402
from policygen.core.document import Document  # noqa: E402
from policygen.core.document_json import document_text  # noqa: E402
from policygen.policies import tasks  # noqa: E402
from policygen.policies.bulk import working  # noqa: E402
from policygen.policies.models import Piece  # noqa: E402
from policygen.rendering import FORMATS, Format, Rendered, pdf  # noqa: E402
from policygen.rendering.limits import PdfLimits  # noqa: E402
from tests.faults import victim  # noqa: E402
from tests.faults.engine import gate_of, slow_of  # noqa: E402
from tests.patience import PATIENCE  # noqa: E402

__all__ = ["app", "victim"]

GREEDY = 8 << 30
HUNGRY = b"<!doctype html><title>H</title><table><tr><td colspan=100000000>x</table>"
"""No document leads to tables; this page stands for whatever else takes too much memory."""

LOOK_SECONDS = 0.02
STREET = re.compile(r"\b(Deadly|Greedy|Slow|Paper|Hungry|Doomed) Street")

_made = {name: FORMATS[name] for name in ("md", "pdf")}


def _street(document: Document) -> str:
    found = STREET.search(document_text(document))
    return found[1] if found else ""


def _begun(what: str) -> None:
    """Write down that a document was begun, before whatever becomes of it."""
    with (settings.DATA_DIR / "begun").open("a") as file:
        file.write(f"{what}\n")


def _bad_for_some(document: Document) -> Rendered:
    street = _street(document)
    if street:
        _begun(f"md {street}")
    if street == "Deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    if street == "Greedy":
        bytearray(GREEDY)
    if street == "Slow":
        _take_long(slow_of(settings.DATA_DIR))
    return _made["md"].render(document)


def _take_long(slow: Path) -> None:
    """Write this process's number into the file, and wait until the file is gone."""
    if slow.exists():
        slow.write_text(str(os.getpid()))
    while slow.exists():
        time.sleep(LOOK_SECONDS)


def _printed_for_some(document: Document) -> Rendered:
    street = _street(document)
    if street:
        _begun(f"pdf {street}")
    if street == "Hungry":
        return Rendered("policy.pdf", pdf.CONTENT_TYPE, pdf.WORKERS.make(HUNGRY))
    if street == "Doomed":
        return _killed_by_the_kernel(document)
    return pdf.render(document) if street == "Paper" else _made["pdf"].render(document)


def _killed_by_the_kernel(document: Document) -> Rendered:
    """Print while every process that prints is killed."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(LOOK_SECONDS):
            for pid in pdf.WORKERS.pids:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        return pdf.render(document)
    finally:
        over.set()
        killer.join()


def _at_the_gate(step: Callable[[Piece], working.Ended]) -> Callable[[Piece], working.Ended]:
    """Return a step that waits while the gate is closed for its piece."""

    def waiting(piece: Piece) -> working.Ended:
        gate = gate_of(settings.DATA_DIR, piece.batch_id)
        while _is_closed(gate, piece.number):
            time.sleep(LOOK_SECONDS)
        return step(piece)

    return waiting


def _is_closed(gate: Path, number: int) -> bool:
    try:
        return number > int(gate.read_text())
    except FileNotFoundError:
        return False


# However slow the machine is, what it has begun comes to its end.
pdf.WORKERS._limits = PdfLimits(wall=PATIENCE, start=PATIENCE, wait=PATIENCE)
tasks.SECONDS_AT_ONCE = PATIENCE
FORMATS["md"] = Format(_made["md"].label, _bad_for_some)
FORMATS["pdf"] = Format(_made["pdf"].label, _printed_for_some)
working.STEPS.update({name: _at_the_gate(step) for name, step in working.STEPS.items()})
