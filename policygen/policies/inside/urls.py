"""The addresses of a practice's policies, for its members."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
