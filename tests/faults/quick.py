"""The Celery application of workers whose PDFs are made up, and that some documents are bad for.

    celery -A tests.faults.quick worker

A document that speaks of Deadly Street kills the process that makes it, as the kernel does when
memory runs out. One of Greedy Street asks for more memory than a worker may have, one of Hostile
Street cannot be printed, and one of Slow Street takes its time.
"""

from __future__ import annotations

import os
import signal
import time

from policygen.celery import app
from policygen.core.document import Document
from policygen.core.document_json import document_text
from policygen.rendering import FORMATS, Format, Rendered, RenderingFailed
from tests.faults import victim
from tests.faults.engine import SLOW_SECONDS

__all__ = ["app", "victim"]

GREEDY = 8 << 30

_made = FORMATS["md"]


def _bad_for_some(document: Document) -> Rendered:
    text = document_text(document)
    if "Deadly Street" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "Greedy Street" in text:
        bytearray(GREEDY)
    if "Hostile Street" in text:
        raise RenderingFailed("This policy takes too much time or memory to print as a PDF.")
    if "Slow Street" in text:
        time.sleep(SLOW_SECONDS)
    return _made.render(document)


FORMATS["md"] = Format(_made.label, _bad_for_some)
