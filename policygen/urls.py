"""Every address of the site; each app keeps its own."""

from django.contrib import admin
from django.urls import include, path

from policygen.health import healthz

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
    path("", include("policygen.practices.urls")),
    path("", include("policygen.policies.inside.urls")),
    path("p/", include("policygen.policies.public.urls")),
    path("", include("policygen.policies.urls")),
    path("", include("policygen.wizard.urls")),
]
