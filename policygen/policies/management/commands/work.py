"""``manage.py work``: do what waits in batches, without a broker."""

import logging
import math
import os
import signal
import time
from types import FrameType
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from policygen.celery import memory_limited
from policygen.policies.bulk.mails import tell_all
from policygen.policies.bulk.starting import list_pieces
from policygen.policies.bulk.working import AWAY, waiting, work_on
from policygen.policies.models import Batch, BatchStage

logger = logging.getLogger("policygen.policies")

CHUNK = 5
IDLE_SECONDS = 1.0
MAIL_SECONDS = 60.0
"""How often mails are tried again that could not be sent."""


class Command(BaseCommand):
    """Do pieces of all batches in turn. Any number of these processes may run."""

    help = (
        "Do the work of batches, one policy after the other, until it is told to end. "
        "Sites with Redis have Celery workers for that."
    )
    told_to_end = is_at_work = False
    mailed = -math.inf

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to end when nothing is left."""
        parser.add_argument("--once", action="store_true", help="end when nothing waits any more")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Work until the end, or until SIGTERM or Ctrl-C; the piece that is begun is ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        with memory_limited():
            self._until_the_end(options)

    def _until_the_end(self, options: dict[str, Any]) -> None:
        while not self.told_to_end:
            try:
                done = self._round()
            except AWAY as error:
                if options["once"]:
                    raise CommandError("The database does not answer. Try again later.") from error
                self.stderr.write(f"The database does not answer ({type(error).__name__}).")
                if not connection.is_usable():
                    connection.close()  # the next round makes a new one
                done = 0
            if done == 0:
                if options["once"]:
                    return
                time.sleep(IDLE_SECONDS)

    def _round(self) -> int:
        """Do some pieces of every batch, and return how many."""
        if time.monotonic() - self.mailed > MAIL_SECONDS:
            tell_all()
            self.mailed = time.monotonic()
        return sum(self._some_of(batch) for batch in list(waiting()))

    def _one_of(self, batch: UUID) -> int:
        self.is_at_work = True
        try:
            return work_on(batch, pieces=1)
        finally:
            self.is_at_work = False

    def _some_of(self, key: UUID) -> int:
        """Do some pieces of a batch, and return how many; what fails there stops no other batch."""
        try:
            batch = Batch.objects.select_related("group__practice", "practice", "by").get(pk=key)
            done = 0
            if batch.stage == BatchStage.LISTING:
                done = list_pieces(batch)
            while not self.told_to_end and done < CHUNK and self._one_of(key):
                done += 1
        except AWAY:
            raise
        except Exception:
            logger.exception("batch %s cannot go on", key)
            return 0
        return done

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_at_work and not self.told_to_end:
            # Whatever the signal came into the middle of may be writing itself.
            os.write(2, b"The policy that is at hand is ended first.\n")
        self.told_to_end = True
