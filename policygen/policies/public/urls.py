"""The addresses of published policies."""

from django.urls import path, register_converter

from policygen.policies.public import views
from policygen.policies.public.addresses import Day, FileFormat, Number, Other, Slug

register_converter(Slug, "public_slug")
register_converter(Number, "public_number")
register_converter(Day, "public_day")
register_converter(FileFormat, "public_format")
register_converter(Other, "public_other")

POLICY = "<public_slug:practice>/<public_slug:policy>"
NUMBER = "<public_number:number>"
DAY = "<public_day:day>"
FILE = "<public_format:name>"

urlpatterns = [
    path(f"{POLICY}/", views.current, name="public"),
    path(f"{POLICY}.{FILE}", views.file, name="public_file"),
    path(f"{POLICY}/v/{NUMBER}/", views.version, name="public_version"),
    path(f"{POLICY}/v/{NUMBER}.{FILE}", views.version_file, name="public_version_file"),
    path(f"{POLICY}/on/{DAY}/", views.on, name="public_on"),
    path(f"{POLICY}/on/{DAY}.{FILE}", views.on_file, name="public_on_file"),
    path(
        f"{POLICY}/changes/<public_number:before>..<public_number:after>/",
        views.changes,
        name="public_changes",
    ),
    path(f"{POLICY}/on/", views.choose_day, name="public_choose_day"),
    path(f"{POLICY}/changes/", views.choose_versions, name="public_choose_versions"),
    path(f"{POLICY}/feed.atom", views.atom, name="public_feed"),
    path(f"{POLICY}/fragment/", views.fragment, name="public_fragment"),
    path(f"{POLICY}/versions/", views.versions, name="public_versions"),
    path("<public_other:address>", views.elsewhere, name="public_elsewhere"),
]
