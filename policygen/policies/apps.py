"""The policies app."""

from django.apps import AppConfig
from django.conf import settings

from policygen.library.sources import register
from policygen.policies.sources import Drafts, Examples, Policies
from policygen.rendering.pdf import WORKERS


class PoliciesConfig(AppConfig):
    """Policies that somebody makes."""

    name = "policygen.policies"
    verbose_name = "Policies"

    def ready(self) -> None:
        """Hand the number of PDF workers to the renderer, and sets of answers to the library."""
        WORKERS.resize(settings.PDF_WORKERS)
        register(Examples())
        register(Policies(self.get_model("PolicyVersion")._default_manager))
        register(Drafts(self.get_model("Draft")._default_manager))
