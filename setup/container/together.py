"""Run several programs side by side, as one.

    python setup/container/together.py PROGRAM [ARGUMENT ...] + PROGRAM [ARGUMENT ...]

When one of them ends, or this one is told to end (SIGTERM, Ctrl-C), all are told to end. The exit
code is that of the program that ended first, and 0 for an end that was asked for.
"""

import contextlib
import signal
import subprocess
import sys
import time
from types import FrameType

PATIENCE = 45.0
"""How many seconds the programs may take to end; whoever takes longer is killed."""


def main(words: list[str]) -> int:
    """Run the programs until the first of them ends, and return the exit code."""
    asked: list[int] = []  # noted, not raised: it may come while a program is being started

    def end(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    running: list[subprocess.Popen[bytes]] = []
    try:
        for program in programs(words):
            running.append(subprocess.Popen(program))
        return _first_to_end(running, asked)
    except OSError as error:
        sys.stderr.write(f"together: {error.filename}: {error.strerror}\n")
        return 127
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        stop(running)


def programs(words: list[str]) -> list[list[str]]:
    """Return what stands between the plus signs. Exits where a program is missing."""
    found: list[list[str]] = [[]]
    for word in words:
        if word == "+":
            found.append([])
        else:
            found[-1].append(word)
    if not all(found):
        sys.exit(__doc__)
    return found


def stop(running: list[subprocess.Popen[bytes]]) -> None:
    """End the programs: politely, and by force where that is not enough."""
    for program in running:
        with contextlib.suppress(ProcessLookupError):
            program.terminate()
    end = time.monotonic() + PATIENCE
    for program in running:
        try:
            program.wait(timeout=max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def _first_to_end(running: list[subprocess.Popen[bytes]], asked: list[int]) -> int:
    while not asked:
        for program in running:
            code = program.poll()
            if code is not None:
                return code if code >= 0 else 128 - code
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
