"""What the queue carries: the word that there is work, and nothing of the work itself.

A message names a batch. Whoever gets it takes the next pieces of that batch from the database, does
them, and passes the word on while there are more. So a message that is lost, delivered twice, or
older or newer than the code that reads it does no harm: ``sweep`` sends word again where work waits
and nobody has heard of it. Without a broker the process that asks does small batches at once, and
``manage.py work`` does the others.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from policygen.celery import app
from policygen.policies.bulk.starting import list_pieces
from policygen.policies.bulk.working import waiting, work_on
from policygen.policies.models import Batch, BatchStage, Piece

logger = logging.getLogger("policygen.policies")

MESSAGE = 1
"""The number of the shape of a message. A worker leaves one with a higher number to others."""

CHUNK = 5
"""How many pieces are done for one message, before somebody else gets a turn."""

AT_ONCE = 10
"""How many pieces are done by the request that asks, where there is no broker."""

WIDTH = 8
"""How many messages go round for one batch: as many workers can be at it together."""

INTERACTIVE, BULK = "interactive", "bulk"
"""The queues. Workers empty the first one first: for it, somebody waits at a page."""


def send(batch: UUID) -> None:
    """Have a batch worked on, once what the caller wrote about it is committed."""
    transaction.on_commit(lambda: _sent(batch))


def _sent(batch: UUID) -> None:
    if not settings.REDIS_URL:
        _at_once(batch)
        return
    count = Piece.objects.filter(batch=batch).count()
    queue = INTERACTIVE if 0 < count <= AT_ONCE else BULK
    _spread(batch, queue, 1 if count <= CHUNK else WIDTH)


def _at_once(batch: UUID) -> None:
    """Do a small batch here and now; a larger one waits for ``manage.py work``."""
    found = Batch.objects.select_related("group__practice", "practice", "by").get(pk=batch)
    if found.stage == BatchStage.LISTING:
        list_pieces(found)
    if Piece.objects.filter(batch=batch).count() <= AT_ONCE:
        work_on(batch, pieces=AT_ONCE)


def _spread(batch: UUID, queue: str, width: int) -> None:
    """Send word that there is work; where the broker is away, ``sweep`` does it later."""
    try:
        for _ in range(width):
            work.apply_async(kwargs={"batch": str(batch), "message": MESSAGE}, queue=queue)
    except (OperationalError, OSError) as error:
        logger.warning("the broker is away; batch %s waits: %s", batch, type(error).__name__)


@app.task(name="policies.work")
def work(batch: str, message: int = MESSAGE, **_later: object) -> None:
    """Do the next pieces of a batch, and pass the word on while there are more."""
    if message > MESSAGE:
        logger.warning("a message of a later release is left to later workers")
        return
    found = Batch.objects.filter(pk=UUID(batch)).select_related("group__practice", "by").first()
    if found is None:
        return
    if found.stage == BatchStage.LISTING:
        list_pieces(found)
        _spread(found.pk, BULK, WIDTH - 1)
    if work_on(found.pk, pieces=CHUNK) == CHUNK:
        _spread(found.pk, BULK, 1)


@app.task(name="policies.sweep")
def sweep(**_later: object) -> None:
    """Send word again about batches that have work, if none of it is on its way."""
    if _is_on_its_way():
        return
    for batch in waiting():
        _spread(batch, BULK, WIDTH)


def _is_on_its_way() -> bool:
    """Tell whether messages about work wait in the queue: those lead to all that is to be done."""
    with app.connection_for_read() as connection:
        queue: Any = connection.default_channel
        return bool(queue.queue_declare(queue=BULK, passive=False).message_count)
