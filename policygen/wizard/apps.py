"""The wizard app."""

from django.apps import AppConfig


class WizardConfig(AppConfig):
    """The interview. It has no models of its own."""

    name = "policygen.wizard"
    verbose_name = "Interview"
