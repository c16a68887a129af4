"""The policies app."""

from django.apps import AppConfig
from django.conf import settings

from policygen.rendering.pdf import WORKERS


class PoliciesConfig(AppConfig):
    """Policies that somebody makes."""

    name = "policygen.policies"
    verbose_name = "Policies"

    def ready(self) -> None:
        """Hand the number of PDF workers from the settings to the renderer."""
        WORKERS.resize(settings.PDF_WORKERS)
