"""What the queue carries: messages that there is work, and nothing of the work itself.

A message names a batch. Whoever gets it takes the next pieces of that batch from the database, does
them, and sends another while there are more. So a message that is lost, delivered twice, or older
or newer than the code that reads it does no harm: ``sweep`` sends messages again where too few are
on their way. Without a broker the process that asks does small batches at once, and
``manage.py work`` does the others.

The other tasks are the daily commands of the same names.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from policygen.celery import BATCH, BROKER_AWAY, BULK, INTERACTIVE, app, messages_of_batches
from policygen.policies.bulk.mails import tell_all
from policygen.policies.bulk.starting import list_pieces
from policygen.policies.bulk.working import AWAY, waiting, work_on
from policygen.policies.models import Batch, BatchStage, Piece

logger = logging.getLogger("policygen.policies")

MESSAGE = 1
"""The number of the shape of a message. A worker leaves one with a higher number to others."""

CHUNK = 5
"""How many pieces are begun for one message, before somebody else gets a turn."""

SECONDS = 60.0
"""After how many seconds no further piece is begun for one message."""

AT_ONCE = 10
"""The size of a small batch: for that, somebody waits at a page."""

SECONDS_AT_ONCE = 15.0
"""After how many seconds a request begins no further piece, whatever number of batches it sends.

A server that ends waits for 30.
"""

WIDTH = 8
"""How many messages go round for one batch: as many workers can be at it together."""


def send(batch: UUID) -> None:
    """Have a batch worked on, once what the caller wrote about it is committed.

    Nothing that goes wrong with that goes wrong with the request: the work is in the rows.
    """
    send_all([batch])


def send_all(batches: Iterable[UUID]) -> None:
    """Have several batches worked on, as ``send`` does it with one, and in this order.

    Where the request itself works, it has ``SECONDS_AT_ONCE`` for all of them together. What is
    not begun by then waits for ``manage.py work``, and what no message could be sent for waits for
    ``sweep``.
    """
    all_of_them = tuple(batches)
    transaction.on_commit(lambda: _sent(all_of_them), robust=True)


def _sent(batches: Iterable[UUID]) -> None:
    end = monotonic() + SECONDS_AT_ONCE
    for batch in batches:
        try:
            goes_on = _one_sent(batch, end)
        except AWAY as error:
            logger.warning("the database is away; batches wait: %s", type(error).__name__)
            return
        except Exception:  # of one batch, which keeps none of the others waiting
            logger.exception("batch %s could not be sent and waits", batch)
            continue
        if not goes_on:
            return


def _one_sent(batch: UUID, end: float) -> bool:
    """Send one batch, or do it here by ``end``; false where nothing can be done for the others."""
    if settings.REDIS_URL:
        listing = Batch.objects.filter(pk=batch, stage=BatchStage.LISTING).exists()
        return _spread(batch, 1 if listing else WIDTH)
    _at_once(batch, end)
    return monotonic() < end


def _at_once(batch: UUID, end: float) -> None:
    """Do a small batch here and now; a larger one waits for ``manage.py work``."""
    found = Batch.objects.select_related("group__practice", "practice", "by").get(pk=batch)
    if found.stage == BatchStage.LISTING:
        list_pieces(found)
    if _count(batch, AT_ONCE + 1) <= AT_ONCE:
        work_on(batch, pieces=AT_ONCE, seconds=end - monotonic())


def _count(batch: UUID, enough: int) -> int:
    """Count the pieces of a batch, but no further than to ``enough``."""
    return Piece.objects.filter(batch=batch).order_by()[:enough].count()


def _spread(batch: UUID, most: int) -> bool:
    """Send messages that there is work, no more than there are chunks of it.

    Return whether the broker is there.
    """
    count = _count(batch, max(AT_ONCE + 1, CHUNK * most))
    queue = INTERACTIVE if count <= AT_ONCE else BULK
    return all(_message(batch, queue) for _ in range(min(most, 1 + count // CHUNK)))


def _message(batch: UUID, queue: str) -> bool:
    """Send one message; false where the broker is away, and ``sweep`` does it later."""
    try:
        said = {"batch": str(batch), "message": MESSAGE}
        work.apply_async(kwargs=said, queue=queue, headers={BATCH: str(batch)})
    except BROKER_AWAY as error:
        logger.warning("the broker is away; batch %s waits: %s", batch, type(error).__name__)
        return False
    return True


@app.task(name="policies.work")
def work(batch: str, message: int = MESSAGE, **_later: object) -> None:
    """Do the next pieces of a batch, and send another message while there are more."""
    if message > MESSAGE:
        logger.warning("a message of a later release is left to later workers")
        return
    try:
        key = UUID(batch)
    except ValueError:
        logger.warning("a message names no batch")
        return
    try:
        _work(key)
    except AWAY as error:
        logger.warning("the database is away; batch %s waits: %s", batch, type(error).__name__)


def _work(batch: UUID) -> None:
    found = Batch.objects.filter(pk=batch).select_related("group__practice", "practice", "by")
    one = found.first()
    if one is None or one.stopped:
        return
    if one.stage == BatchStage.LISTING:
        list_pieces(one)
        if one.stage != BatchStage.LISTING:  # of all who listed, this one let the batch go on
            _spread(batch, WIDTH)
    elif work_on(batch, pieces=CHUNK, seconds=SECONDS):
        _spread(batch, 1)


@app.task(name="policies.sweep")
def sweep(**_later: object) -> None:
    """Send messages about the batches that have work, until enough of them are on their way.

    It takes up what a message was lost for: the broker was away or came back empty, whoever did a
    piece died, or died before the last piece of a stage let the batch go on. Mails that could not
    be sent are tried again, too. While the database or the broker is away, nothing is sent: the
    next sweep does it.
    """
    try:
        tell_all()
        batches = list(waiting())
    except AWAY as error:
        logger.warning("the database is away; nothing was swept: %s", type(error).__name__)
        return
    if not batches:
        return
    try:
        on_their_way = messages_of_batches(BULK)
    except BROKER_AWAY as error:
        logger.warning("the broker is away; nothing was swept: %s", type(error).__name__)
        return
    for number in range(WIDTH):  # each batch gets its first message before any gets its second
        for batch in batches:
            if on_their_way[str(batch)] <= number and not _message(batch, BULK):
                return


@app.task(name="policies.remind")
def remind(**_later: object) -> None:
    """Mail the reminders of reviews."""
    call_command("remind")


@app.task(name="policies.clean")
def clean(**_later: object) -> None:
    """Delete what nobody needs any more: old drafts and batches, ended sessions, stray files.

    What one command cannot do keeps none of the others from being done. The task fails with the
    first that failed.
    """
    failed: list[Exception] = []
    for command in ("purge_drafts", "purge_batches", "clearsessions", "sweep_files"):
        try:
            call_command(command)
        except Exception as error:
            logger.exception("%s failed", command)
            failed.append(error)
    if failed:
        raise failed[0]
