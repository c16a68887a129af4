"""``/metrics``: what Prometheus reads, for whoever has the token.

It is answered before anything else looks at the request: Prometheus asks inside the network, over
plain http and by the name of a container, which is no host of the site. Without the right token
the site goes on as if there were no such page.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from policygen import metrics
from policygen.monitoring.rows import Rows

PLACE = "/metrics"
ROUTE = "metrics"


def figures(request: HttpRequest) -> HttpResponse | None:
    """Return all figures if they are asked for with the token, and ``None`` otherwise."""
    if request.path_info != PLACE or request.method != "GET" or not _may(request):
        return None
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(text(), content_type=CONTENT_TYPE_LATEST, headers=headers)


def _may(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(token) and constant_time_compare(given, f"Bearer {token}")


def text() -> bytes:
    """Return the figures of all processes that count in the same folder, and of the database."""
    registry = CollectorRegistry()
    registry.register(Rows())
    if settings.METRICS_DIR:
        MultiProcessCollector(  # type: ignore[no-untyped-call]
            registry, path=str(settings.METRICS_DIR)
        )
        return generate_latest(registry)
    return generate_latest(registry) + generate_latest(metrics.HERE)
