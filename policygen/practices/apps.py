"""The practices app."""

from django.apps import AppConfig


class PracticesConfig(AppConfig):
    """Practices and their members."""

    name = "policygen.practices"
    verbose_name = "Practices"
