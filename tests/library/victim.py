"""A process that does one step of the desk and is killed in the middle of it, again and again.

    python -m tests.library.victim publish|cancel|load [FOLDER]

reads from its standard input, line by line, after how many SQL statements a child is to be killed
(or “commit”, just before the transaction ends, or “committed”, just after), and answers with the
number of statements that the child made, or with “killed”.

    python -m tests.library.victim write

changes drafts until it is stopped, and says the digest of the log after each step that the database
has acknowledged. Both know the database by DATABASE_URL.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from policygen.library import log, publishing  # noqa: E402
from policygen.library.loading import load_library  # noqa: E402
from policygen.library.models import ClauseVersion, Release, ReleaseState  # noqa: E402


def publish(_: str) -> None:
    newest = Release.objects.all()[0]
    publishing.publish_release(newest, by=manager(), seen=newest.mark, today=timezone.localdate())


def cancel(_: str) -> None:
    newest = Release.objects.filter(state=ReleaseState.PUBLISHED)[0]
    today = timezone.localdate()
    publishing.cancel_release(newest, by=manager(), why="Not yet.", today=today)


def load(folder: str) -> None:
    load_library(Path(folder), today=timezone.localdate())


def manager() -> Any:
    return User.objects.get(username="release_manager")


STEPS: dict[str, Callable[[str], None]] = {"publish": publish, "cancel": cancel, "load": load}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def child(step: str, argument: str, end: str) -> int:
    """Do the step, and die at the end that was asked for; return the number of statements."""
    statements = 0

    def statement(execute: Any, *of: Any) -> Any:
        nonlocal statements
        result = execute(*of)
        statements += 1
        if end == str(statements):
            die()
        return result

    commit = connection._commit

    def commit_and_die() -> None:
        if end == "commit":
            die()
        commit()
        if end == "committed":
            die()

    connection._commit = commit_and_die
    with connection.execute_wrapper(statement):
        STEPS[step](argument)
    return statements


def be_killed(step: str, argument: str) -> None:
    for line in sys.stdin:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(writing, str(child(step, argument, line.strip())).encode())
            finally:
                os._exit(0)
        os.close(writing)
        answer = os.read(reading, 100).decode()
        os.close(reading)
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        say("killed" if killed else answer)


def write() -> None:
    draft = ClauseVersion.objects.get(newest_of="more")
    if not draft.is_open:
        draft = publishing.begin_draft(draft.clause, by=None)
    for n in count():
        draft = publishing.save_draft(draft, {"note": f"{n}."}, by=None, seen=draft.revision)
        say(log.end())


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write()
    else:
        be_killed(sys.argv[1], "".join(sys.argv[2:]))
