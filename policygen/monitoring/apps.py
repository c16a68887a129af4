"""The monitoring app. It has no models."""

from django.apps import AppConfig
from django.conf import settings

from policygen import metrics
from policygen.monitoring import sentry
from policygen.rendering import timing


class MonitoringConfig(AppConfig):
    """Listens to what is rendered, and reports errors where that is asked for."""

    name = "policygen.monitoring"

    def ready(self) -> None:
        """Begin to count, in every process that serves or works."""
        timing.tell(metrics.rendered)
        if settings.SENTRY_DSN:
            sentry.start(settings.SENTRY_DSN, environment=settings.ENV)
