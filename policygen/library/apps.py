"""The library app, and the two apps of Django that are the desk: the admin and its people."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.auth import apps as auth_apps
from django.db.models.signals import post_migrate

from policygen.library.groups import make_groups


class LibraryConfig(AppConfig):
    """Clauses at rest."""

    name = "policygen.library"
    verbose_name = "Clause library"
    default = True  # the other two below are for their own lines of INSTALLED_APPS

    def ready(self) -> None:
        """Make the roles at the desk whenever the database is migrated."""
        post_migrate.connect(make_groups, sender=self)


class DeskConfig(admin_apps.AdminConfig):
    """Django's admin, with the desk as its site."""

    default_site = "policygen.library.desk.site.Desk"
    default = False


class PeopleConfig(auth_apps.AuthConfig):
    """Django's users and groups, by the name that the desk gives them."""

    verbose_name = "People"
    default = False
