"""``manage.py work``: do what waits in batches, without a broker."""

import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from policygen.policies.bulk.starting import list_pieces
from policygen.policies.bulk.working import AWAY, waiting, work_on
from policygen.policies.models import Batch, BatchStage

CHUNK = 5
IDLE_SECONDS = 1.0


class Command(BaseCommand):
    """Do pieces of all batches in turn. Any number of these processes may run."""

    help = (
        "Do the work of batches, one policy after the other, until it is told to end. "
        "Sites with Redis have Celery workers for that."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to end when nothing is left."""
        parser.add_argument("--once", action="store_true", help="end when nothing waits any more")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Work until the end, or until SIGTERM or Ctrl-C; the piece that is begun is ended."""
        self.told_to_end = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        while not self.told_to_end:
            try:
                done = self._round()
            except AWAY as error:
                self.stderr.write(f"The database does not answer ({type(error).__name__}).")
                done = 0
            if done == 0:
                if options["once"]:
                    return
                time.sleep(IDLE_SECONDS)

    def _round(self) -> int:
        """Do some pieces of every batch, and return how many."""
        done = 0
        for key in waiting():
            batch = Batch.objects.select_related("group__practice", "practice", "by").get(pk=key)
            if batch.stage == BatchStage.LISTING:
                done += list_pieces(batch)
            for _ in range(CHUNK):
                if self.told_to_end or not (begun := work_on(key, pieces=1)):
                    break
                done += begun
        return done

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.told_to_end = True
