"""The library app."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Clauses at rest."""

    name = "policygen.library"
    verbose_name = "Clause library"
