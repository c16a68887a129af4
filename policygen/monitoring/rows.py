"""Figures that the database and the queue know: how much waits, for how long, and what is done.

They are the same whichever machine is asked. Each is read by an index, or from the few rows of
batches, so a scrape costs milliseconds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.conf import settings
from django.db import Error, connection
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from policygen import __version__
from policygen.celery import BROKER_AWAY, BULK, INTERACTIVE, queue_length
from policygen.policies.bulk.ending import AT_WORK
from policygen.policies.models import Batch, BatchStage, Piece, PieceState, Step

logger = logging.getLogger("policygen.monitoring")


class Rows(Collector):
    """Reads the figures when they are asked for; those that cannot be read are missing."""

    def collect(self) -> Iterator[Metric]:
        """Give the figures, and whether the database and the broker answered."""
        build = GaugeMetricFamily(
            "policygen_build_info", "The release that runs.", labels=["version"]
        )
        build.add_metric([__version__], 1)
        yield build
        answers = _database_answers()
        for figure in (_waiting, _oldest, _batches, _batch_seconds) if answers else ():
            try:
                yield figure()
            except Error as error:  # one that takes too long says nothing of the others
                logger.warning("a figure could not be read", exc_info=error)
        yield GaugeMetricFamily(
            "policygen_database_up", "Whether the database answers.", value=answers
        )
        if settings.REDIS_URL:
            yield from _queues()


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _waiting() -> Metric:
    metric = GaugeMetricFamily(
        "policygen_pieces_waiting",
        "Policies of batches that wait to be worked on, by step; stopped batches do not count.",
        labels=["step"],
    )
    found = dict.fromkeys([step.value for step in Step], 0)
    rows = _open_pieces().values_list("step").annotate(count=Count("pk")).order_by()
    for step, count in (*found.items(), *rows):
        found[step] = count
    for step, count in found.items():
        metric.add_metric([step], count)
    return metric


def _oldest() -> Metric:
    """Tell for how long nothing ended, or began to wait, in the batch that waits longest.

    A batch that moves has an age of seconds, however long it is.
    """
    pieces = Piece.objects.filter(batch=OuterRef("pk"))
    waits = pieces.filter(state=PieceState.WAITING)
    last = pieces.filter(ended__isnull=False).order_by("-ended").values("ended")[:1]
    batches = Batch.objects.filter(Exists(waits), stopped=False, stage__in=list(AT_WORK))
    moved = batches.annotate(moved=Coalesce(Subquery(last), "created")).order_by("moved")
    since = moved.values_list("moved", flat=True).first()
    oldest = max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0
    return GaugeMetricFamily(
        "policygen_oldest_waiting_seconds",
        "For how long no piece has ended in the batch that waits longest.",
        value=oldest,
    )


def _open_pieces() -> QuerySet[Piece]:
    return Piece.objects.filter(
        state=PieceState.WAITING, batch__stopped=False, batch__stage__in=list(AT_WORK)
    )


def _batches() -> Metric:
    metric = GaugeMetricFamily("policygen_batches", "Batches by stage.", labels=["stage"])
    found = dict.fromkeys([stage.value for stage in BatchStage], 0)
    rows = Batch.objects.values_list("stage").annotate(count=Count("pk")).order_by()
    for stage, count in (*found.items(), *rows):
        found[stage] = count
    for stage, count in found.items():
        metric.add_metric([stage], count)
    return metric


def _batch_seconds() -> Metric:
    """Tell how long batches took from their beginning to their end, decisions included."""
    ended = Batch.objects.filter(stage=BatchStage.DONE, ended__isnull=False)
    sums = ended.aggregate(count=Count("pk"), took=Sum(F("ended") - F("created")))
    took = sums["took"].total_seconds() if sums["took"] else 0.0
    return SummaryMetricFamily(
        "policygen_batch_seconds",
        "How long batches took from their beginning to their end.",
        count_value=sums["count"],
        sum_value=took,
    )


def _queues() -> Iterator[Metric]:
    """Give the lengths of the queues in Redis, if it answers."""
    metric = GaugeMetricFamily(
        "policygen_queue_messages", "Messages that wait in Redis.", labels=["queue"]
    )
    try:
        for queue in (INTERACTIVE, BULK):
            metric.add_metric([queue], queue_length(queue))
        answers = True
    except BROKER_AWAY:
        answers = False
    if answers:
        yield metric
    yield GaugeMetricFamily("policygen_broker_up", "Whether Redis answers.", value=answers)
