"""The accounts app. It has no models: accounts are Django's, and the rest is django-allauth's."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts of people."""

    name = "policygen.accounts"
    verbose_name = "Accounts"
