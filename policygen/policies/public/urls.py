"""The addresses of published policies."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
