"""What the queue carries: the word that there is work, and nothing of the work itself.

A message names a batch. Whoever gets it takes the next pieces of that batch from the database, does
them, and passes the word on while there are more. So a message that is lost, delivered twice, or
older or newer than the code that reads it does no harm: ``sweep`` sends word again where too little
of it is on its way. Without a broker the process that asks does small batches at once, and
``manage.py work`` does the others.

The other tasks are the daily commands of the same names.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from policygen.celery import BATCH, BULK, INTERACTIVE, app, words_of_batches
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
"""After how many seconds a request begins no further piece: a server that ends waits for 30."""

WIDTH = 8
"""How many messages go round for one batch: as many workers can be at it together."""

BROKER_AWAY = (OperationalError, RedisError, OSError)


def send(batch: UUID) -> None:
    """Have a batch worked on, once what the caller wrote about it is committed.

    Nothing that goes wrong with that goes wrong with the request: the work is in the rows.
    """
    transaction.on_commit(lambda: _sent(batch), robust=True)


def _sent(batch: UUID) -> None:
    if not settings.REDIS_URL:
        _at_once(batch)
        return
    listing = Batch.objects.filter(pk=batch, stage=BatchStage.LISTING).exists()
    _spread(batch, 1 if listing else WIDTH)


def _at_once(batch: UUID) -> None:
    """Do a small batch here and now; a larger one waits for ``manage.py work``."""
    found = Batch.objects.select_related("group__practice", "practice", "by").get(pk=batch)
    if found.stage == BatchStage.LISTING:
        list_pieces(found)
    if Piece.objects.filter(batch=batch).count() <= AT_ONCE:
        work_on(batch, pieces=AT_ONCE, seconds=SECONDS_AT_ONCE)


def _spread(batch: UUID, most: int) -> None:
    """Send word that there is work, no more often than there are chunks of it."""
    count = Piece.objects.filter(batch=batch).count()
    queue = INTERACTIVE if count <= AT_ONCE else BULK
    for _ in range(min(most, 1 + count // CHUNK)):
        if not _word(batch, queue):
            return


def _word(batch: UUID, queue: str) -> bool:
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
    """Do the next pieces of a batch, and pass the word on while there are more."""
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
    """Send word about the batches that have work, until enough of it is on its way.

    It takes up what a message was lost for: the broker was away or came back empty, whoever did a
    piece died, or died before the last piece of a stage let the batch go on. Mails that could not
    be sent are tried again, too. While the database is away, nothing is done: it comes again.
    """
    try:
        tell_all()
        batches = list(waiting())
    except AWAY as error:
        logger.warning("the database is away; nothing was swept: %s", type(error).__name__)
        return
    if not batches:
        return
    words = words_of_batches(BULK)
    for number in range(WIDTH):  # each batch gets its first word before any gets its second
        for batch in batches:
            if words[str(batch)] <= number and not _word(batch, BULK):
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
