"""The Celery application: the queues through which workers are told that there is work.

It says nothing about the work itself: what is to be done, and how far it has come, is in the
database (``policies/bulk/working.py``).
"""

from __future__ import annotations

import gc
import logging
import os
import resource
from collections.abc import Callable
from time import perf_counter
from typing import Any

from celery import Celery, Task, bootsteps
from kombu import Exchange, Queue

from policygen import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policygen.settings")

logger = logging.getLogger("policygen.tasks")

INTERACTIVE, BULK = "interactive", "bulk"
"""The queues. Workers empty the first one first: for it, somebody waits at a page."""

MEMORY = 1 << 30
"""The bytes that a worker process may have for itself, its printing of PDFs not counted."""


class MemoryLimit(bootsteps.Step):
    """Have Linux refuse memory to a worker, and to the children that do its work.

    A policy that takes too much then fails with a reason, where otherwise the kernel would end a
    process of its choice, and with it what that process does.
    """

    def __init__(self, parent: Any, **_options: Any) -> None:
        """Set the limit before the children are forked, which inherit it."""
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


class RareCollections(bootsteps.Step):
    """Have Python look for garbage less often than it does by itself, in the children, too.

    A policy is made of very many small objects, nearly all of which go by themselves. To look
    through them again and again took a fifth of what a child computes.
    """

    def __init__(self, parent: Any, **_options: Any) -> None:
        """Set it before the children are forked, which inherit it."""
        gc.set_threshold(50_000, 20, 20)


class Traced(Task):  # type: ignore[type-arg]
    """A task that goes on under the number of the request that sent it, and has one line of log.

    Celery's own line would quote the error, and with it what somebody typed.
    """

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Send it with the number in its headers."""
        number = tracing.number_for(tracing.request_id() or None)
        options["headers"] = {**(options.get("headers") or {}), tracing.FIELD: number}
        return super().apply_async(*args, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do it, and say how long it took or why it failed."""
        known = {tracing.FIELD: tracing.number_for(self.request.get(tracing.FIELD))}
        known["task"] = str(self.name)
        known |= {name: str(kwargs[name]) for name in ("batch",) if name in kwargs}
        if queue := (self.request.delivery_info or {}).get("routing_key"):
            known["queue"] = str(queue)
        with tracing.bound(**known):
            return _told(self.run, *args, **kwargs)


def _told(run: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    began = perf_counter()
    try:
        done = run(*args, **kwargs)
    except Exception:
        logger.exception("the task failed", extra={"ms": _milliseconds_since(began)})
        raise
    logger.info("task", extra={"ms": _milliseconds_since(began)})
    return done


def _milliseconds_since(began: float) -> float:
    return round((perf_counter() - began) * 1000, 1)


app = Celery("policygen", task_cls=Traced)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [
    Queue(name, Exchange(name), routing_key=name) for name in (INTERACTIVE, BULK)
]
app.autodiscover_tasks(["policygen.policies"])
app.steps["worker"].add(MemoryLimit)
app.steps["worker"].add(RareCollections)


def queue_length(name: str) -> int:
    """Return how many messages wait in a queue, without those that a worker has.

    Raises ``kombu.exceptions.OperationalError`` or ``OSError`` while Redis is away.
    """
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return int(channel.client.llen(name))
