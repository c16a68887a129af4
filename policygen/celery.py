"""The Celery application: the queues through which workers are told that there is work.

It says nothing about the work itself: what is to be done, and how far it has come, is in the
database (``policies/bulk/working.py``).
"""

from __future__ import annotations

import gc
import json
import logging
import os
import resource
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from celery import Celery, Task, bootsteps
from celery.app.log import Logging
from celery.utils.log import get_multiprocessing_logger
from django.conf import settings
from django.db import close_old_connections
from django.utils.log import configure_logging
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from policygen import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policygen.settings")

logger = logging.getLogger("policygen.tasks")

BATCH = "batch"
"""The header of a message that names its batch, for whoever counts what waits."""

INTERACTIVE, BULK = "interactive", "bulk"
"""The queues. Workers empty the first one first: for it, somebody waits at a page."""

BROKER_AWAY = (OperationalError, RedisError, OSError)
"""What is raised while Redis is away, by Celery or by the client of Redis itself."""

MEMORY = 1 << 30
"""The bytes that a worker process may have for itself, its printing of PDFs not counted."""


def limit_memory() -> tuple[int, int]:
    """Have Linux refuse this process, and those that it starts, more than ``MEMORY``.

    A policy that takes too much then fails with a reason, where otherwise the kernel would end a
    process of its choice, and with it what that process does. Return the limits from before.
    """
    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
    return before, most


@contextmanager
def memory_limited() -> Iterator[None]:
    """Limit the memory of this process while a block runs."""
    before = limit_memory()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


class MemoryLimit(bootsteps.Step):
    """Limit the memory of a worker, and of the children that do its work."""

    def __init__(self, parent: Any, **_options: Any) -> None:
        """Set the limit before the children are forked, which inherit it."""
        limit_memory()


class RareCollections(bootsteps.Step):
    """Have Python look for garbage less often than it does by itself, in the children, too.

    A policy is made of very many small objects, nearly all of which go by themselves. To look
    through them again and again took a fifth of what a child computes. All of them are looked
    through about once in a thousand policies, which keeps the memory flat.
    """

    def __init__(self, parent: Any, **_options: Any) -> None:
        """Set it before the children are forked, which inherit it."""
        gc.set_threshold(50_000, 10, 2)


class OneLog(Logging):
    """Has workers and beat log as pages do: what is said, and how, is settled in the settings.

    Celery would say what its command line asks for, which by default leaves out every task, and
    would give the pool of children a handler with a format of its own.
    """

    def setup_logging_subsystem(self, *_asked: Any, **_more: Any) -> bool:
        """Set the log up by the settings, whatever is asked for, and say that this was all."""
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
        if children := get_multiprocessing_logger():
            children.propagate = True
        return True


class Traced(Task):  # type: ignore[type-arg]
    """A task that goes on under the number of the request that sent it, and has one line of log.

    Celery's own line would quote the error, and with it what somebody typed. After it, as after a
    request, connections to the database go back to their pool. Celery would end the whole pool
    before and after each task (``CELERY_DB_REUSE_MAX``), and with it what PostgreSQL has planned.
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
            try:
                return _told(self.run, *args, **kwargs)
            finally:
                if not self.request.called_directly:
                    close_old_connections()


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


app = Celery("policygen", task_cls=Traced, log=OneLog)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [
    Queue(name, Exchange(name), routing_key=name) for name in (INTERACTIVE, BULK)
]
app.autodiscover_tasks(["policygen.policies"])
app.steps["worker"].add(MemoryLimit)
app.steps["worker"].add(RareCollections)


def queue_length(name: str) -> int:
    """Return how many messages wait in a queue, without those that a worker has.

    Raises one of ``BROKER_AWAY`` while Redis is away.
    """
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return int(channel.client.llen(name))


def messages_of_batches(name: str) -> Counter[str]:
    """Return how many messages wait in a queue for each batch, by its id.

    Raises as ``queue_length`` does.
    """
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        waiting = channel.client.lrange(name, 0, -1)
    return Counter(filter(None, map(_batch_of, waiting)))


def _batch_of(message: bytes) -> str:
    """Return the batch that a waiting message is about; blank where it is about none."""
    try:
        return str(json.loads(message)["headers"].get(BATCH, ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
