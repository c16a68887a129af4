"""A process that works on a site and is killed in the middle of it, again and again.

    python -m tests.faults.victim publish

reads lines “DRAFT USER REVISION END” and has a child publish that draft, to be killed after the
step END: a step is a statement of SQL, an end of a transaction, or something done to a file. It
answers with “killed”, or with the number of steps that the child took.

    python -m tests.faults.victim write POLICY USER

publishes versions and remarks on drafts until it is stopped, and says the digest of the last line
of the log after each step that the database has acknowledged.

    python -m tests.faults.victim save DRAFT USER COUNT

saves answers COUNT times, and says how many of these were refused.

    python -m tests.faults.victim store LIMIT DRAFT USER REVISION

publishes a draft in a process whose files may have LIMIT bytes, and says what came of it.

    python -m tests.faults.victim found

makes a practice with a policy, and says the keys of the policy and of the owner.

All know the site by the environment. PDFs are not printed here, but made up; their rows say so.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from policygen.core.analysis.change_kind import ChangeKind  # noqa: E402
from policygen.core.document import Document  # noqa: E402
from policygen.core.document_json import document_text  # noqa: E402
from policygen.policies.drafting.beginning import begin_draft  # noqa: E402
from policygen.policies.drafting.drafts import save_answers  # noqa: E402
from policygen.policies.holders import Holder  # noqa: E402
from policygen.policies.models import Draft, Event, Policy  # noqa: E402
from policygen.policies.published import prints, publishing  # noqa: E402
from policygen.policies.published.publishing import Order, publish_policy  # noqa: E402
from policygen.policies.reviewing import review  # noqa: E402
from policygen.rendering import FORMATS, Format, Rendered, renderer  # noqa: E402
from tests.policies.cast import cast, policy_of  # noqa: E402
from tests.wizard.visitors import answers, elm  # noqa: E402


def made_up(document: Document) -> Rendered:
    """Return 40 kB that follow from a document, in place of its PDF."""
    digest = hashlib.sha256(document_text(document).encode()).digest()
    return Rendered("policy.pdf", "application/pdf", digest * 1250)


FORMATS["pdf"] = Format("PDF", made_up)
publishing.renderer = lambda name: "made up" if name == "pdf" else renderer(name)  # type: ignore[attr-defined]
prints.LEASE = timedelta(0)  # whoever comes after the dead waits for nothing


def say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# ------------------------------------------------------------------ publish


@contextmanager
def dying(end: int) -> Iterator[Callable[[], int]]:
    """Let the process die after a number of steps; give what tells how many were made."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == end:
            die()

    def around(function: Any) -> Any:
        def stepping(*args: Any, **options: Any) -> Any:
            step()
            result = function(*args, **options)
            step()
            return result

        return stepping

    class HalfWritten:
        """A file that takes its bytes in two halves."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> HalfWritten:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

        def write(self, content: bytes) -> None:
            self.file.write(content[: len(content) // 2])
            self.file.flush()
            step()
            self.file.write(content[len(content) // 2 :])

    opened = os.fdopen
    with ExitStack() as patches:
        for owner, name in ((os, "fsync"), (tempfile, "mkstemp"), (Path, "replace")):
            patches.enter_context(patch.object(owner, name, around(getattr(owner, name))))
        halves = lambda *of: HalfWritten(opened(*of))  # noqa: E731
        patches.enter_context(patch.object(os, "fdopen", halves))
        patches.enter_context(patch.object(connection, "_commit", around(connection._commit)))
        patches.enter_context(connection.execute_wrapper(lambda execute, *of: around(execute)(*of)))
        yield lambda: steps


def publish(draft: str, user: str, revision: str, end: str) -> int:
    """Publish a draft, and return how many steps that took, unless the end comes before."""
    holder = Holder(user=User.objects.get(pk=user))
    with dying(int(end)) as steps:
        publish_policy(holder, UUID(draft), order(int(revision)))
        return steps()


def order(revision: int) -> Order:
    return Order(revision, timezone.localdate(), "It was time.", ChangeKind.MATERIAL)


def be_killed() -> None:
    for line in sys.stdin:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(writing, str(publish(*line.split())).encode())
            finally:
                os._exit(0)
        os.close(writing)
        answer = os.read(reading, 100).decode()
        os.close(reading)
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        say("killed" if killed else answer or "failed")


# ------------------------------------------------------------------ write


def write(policy: str, user: str) -> None:
    by = User.objects.get(pk=user)
    holder = Holder(user=by)
    for n in count():
        draft = begin_draft(Policy.objects.get(pk=policy), by)
        given = answers({**elm(), "practice_name": f"Elm Dental {n}-{os.getpid()}"})
        save_answers(holder, draft.pk, given)
        acknowledge(policy)
        for remark in range(5):
            review.comment(holder, draft.pk, clause="", text=f"Remark {remark}.")
            acknowledge(policy)
        revision = Draft.objects.get(pk=draft.pk).revision
        publish_policy(holder, draft.pk, order(revision))
        acknowledge(policy)


def acknowledge(policy: str) -> None:
    lines = Event.objects.filter(policy=policy).order_by("-number")
    say(lines.values_list("digest", flat=True)[0])


# ------------------------------------------------------------------ save


def save(draft: str, user: str, times: str) -> None:
    holder = Holder(user=User.objects.get(pk=user))
    refused = 0
    for n in range(int(times)):
        try:
            save_answers(holder, UUID(draft), answers({"practice_name": f"Elm Dental {n}"}))
        except DatabaseError as error:
            say(f"refused: {error}")
            refused += 1
        # SQLite's lock knows no queue: who asks again at once keeps the others waiting.
        time.sleep(0.02)
    say(f"{refused} refused")


# ------------------------------------------------------------------ store


def store(limit: str, draft: str, user: str, revision: str) -> None:
    """Publish where files may not grow beyond a limit, as on a disk that gets full."""
    holder = Holder(user=User.objects.get(pk=user))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    try:
        publish_policy(holder, UUID(draft), order(int(revision)))
        say("published")
    except (OSError, DatabaseError) as error:
        say(f"{type(error).__name__}: {error}")


# ------------------------------------------------------------------ found


def found() -> None:
    people = cast()
    say(f"{policy_of(people).pk} {people.owner.pk}")


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    things: dict[str, Callable[..., None]] = {
        "publish": be_killed,
        "write": write,
        "save": save,
        "store": store,
        "found": found,
    }
    things[what](*words)
