"""One worker process (``pdf_worker``), seen from its owner: start it, ask it, end it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from policygen.rendering.limits import PDF_SIZE_LIMIT, PdfLimits
from policygen.rendering.pdf_pipe import REPLY, REQUEST, Layout, Outcome
from policygen.rendering.rendered import (
    PdfCrashed,
    PdfTooExpensive,
    PdfTooLong,
    RenderingFailed,
)

CODE = str(Path(__file__).resolve().parents[2])

TOO_EXPENSIVE = (
    "This policy takes too much time or memory to print as a PDF. Shorten the longest answers in "
    "it, or choose another format."
)
TOO_LONG = "This text does not fit on its page. Shorten it."
CRASHED = "The PDF could not be made. Try again, or choose another format."


class PdfProcess:
    """One process, asked by one thread at a time. It starts with the first request."""

    def __init__(self, limits: PdfLimits) -> None:
        """Start nothing yet."""
        self._limits = limits
        self._made = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._spent = False

    @property
    def pid(self) -> int | None:
        """The number that the system gave the process, or ``None`` before it starts."""
        return None if self._process is None else self._process.pid

    @property
    def usable(self) -> bool:
        """Whether this process may be asked again: it lives and has not made its full number."""
        if self._spent or self._made >= self._limits.documents:
            return False
        return self._process is None or self._process.poll() is None

    def make(self, page: bytes, layout: Layout = Layout.POLICY) -> bytes:
        """Return the PDF of a page.

        Raises ``RenderingFailed`` or ``PdfTooLong``, and ``PdfTooExpensive`` or ``PdfCrashed``,
        after which the process is not usable any more.
        """
        if self._process is None:
            self._start()
        deadline = time.monotonic() + self._limits.wall
        try:
            self._send(REQUEST.pack(layout.value, len(page)) + page, deadline)
            outcome, content = self._receive_reply(deadline)
        except BaseException:
            self._spent = True
            raise
        self._made += 1
        if outcome is Outcome.MADE:
            return content
        if outcome is Outcome.TOO_EXPENSIVE:
            self._spent = True
            raise PdfTooExpensive(TOO_EXPENSIVE) from WorkerSaid(content)
        if outcome is Outcome.TOO_LONG:
            raise PdfTooLong(TOO_LONG) from WorkerSaid(content)
        raise RenderingFailed(CRASHED) from WorkerSaid(content)

    def end(self) -> None:
        """Kill the process, if there is one: it keeps nothing that could be lost."""
        self._spent = True
        if self._process is not None:
            self._close_pipes()
            self._process.kill()
            self._process.wait()

    def abandon(self) -> None:
        """Let go of a process that belongs to the parent of this one (after a fork)."""
        self._spent = True
        if self._process is not None:
            self._close_pipes()
            # It is no child of ours: keep Popen from waiting for it and from complaining.
            self._process.returncode = 0

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no input in its command
                worker_command(self._limits),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                cwd="/",
                env=worker_environment(),
                # Signals for the owner's group, such as Ctrl-C, are not for the worker.
                start_new_session=True,
            )
        except OSError as error:  # no room for another process
            raise PdfCrashed(CRASHED) from error
        os.set_blocking(self._pipes[0], False)
        try:
            self._receive_reply(time.monotonic() + self._limits.start)
        except PdfTooExpensive as error:  # a slow machine, not a large document
            self._spent = True
            raise PdfCrashed(CRASHED) from error
        except BaseException:
            self._spent = True
            raise

    @property
    def _pipes(self) -> tuple[int, int]:
        """The descriptors to write to and to read from."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("The PDF worker has not been started.")
        return process.stdin.fileno(), process.stdout.fileno()

    def _close_pipes(self) -> None:
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()

    def _send(self, request: bytes, deadline: float) -> None:
        rest = memoryview(request)
        while rest:
            self._wait(self._pipes[0], select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._pipes[0], rest) :]
            except BrokenPipeError:
                raise self._death() from None

    def _receive_reply(self, deadline: float) -> tuple[Outcome, bytes]:
        letter, length = REPLY.unpack(self._receive(REPLY.size, deadline))
        if length > PDF_SIZE_LIMIT:
            raise PdfTooExpensive(TOO_EXPENSIVE)
        return Outcome(letter), self._receive(length, deadline)

    def _receive(self, length: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < length:
            self._wait(self._pipes[1], select.POLLIN, deadline)
            part = os.read(self._pipes[1], min(length - len(received), 1 << 20))
            if not part:
                raise self._death()
            received += part
        return bytes(received)

    def _wait(self, pipe: int, event: int, deadline: float) -> None:
        """Wait until a pipe is ready or broken. Raises ``PdfTooExpensive`` after the deadline."""
        poll = select.poll()
        poll.register(pipe, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1_000):
            raise PdfTooExpensive(TOO_EXPENSIVE)

    def _death(self) -> RenderingFailed:
        """Return the error that tells why the process has ended."""
        process = self._process
        code = None if process is None else process.wait()
        if code == -signal.SIGXCPU:
            return PdfTooExpensive(TOO_EXPENSIVE)
        error = PdfCrashed(CRASHED)
        error.add_note(f"The PDF worker ended with code {code}.")
        return error


class WorkerSaid(Exception):
    """What the worker reported, for the log. It may quote the document; do not show it."""


def worker_command(limits: PdfLimits) -> list[str]:
    """Return the command line of a worker."""
    module = "policygen.rendering.pdf_worker"
    return [sys.executable, "-s", "-P", "-m", module, str(limits.memory), str(limits.cpu)]


def worker_environment() -> dict[str, str]:
    """Return the whole environment of a worker: nothing of the site's, so none of its secrets."""
    return {
        "HOME": _home(),  # where fontconfig keeps what it knows about fonts
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join([CODE, *filter(None, sys.path)]),
        # fontTools writes the time into the emoji font; the same document must be the same bytes.
        "SOURCE_DATE_EPOCH": "0",
    }


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError:
        return "/"
