"""The addresses of practices, their members and invitations."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
