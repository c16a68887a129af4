"""Every address of the site; each app keeps its own."""

from django.contrib import admin
from django.urls import include, path

from policygen.health import healthz

urlpatterns = [
    path("p/", include("policygen.policies.public.urls")),  # asked for most often
    path("admin/", admin.site.urls),
    path("account/", include("policygen.accounts.urls")),
    path("healthz", healthz, name="healthz"),
    path("", include("policygen.practices.urls")),
    path("", include("policygen.policies.inside.urls")),
    path("", include("policygen.policies.urls")),
    path("", include("policygen.wizard.urls")),
]

handler400 = "policygen.health.refused"
handler429 = "policygen.accounts.views.too_many"  # allauth asks for it
handler500 = "policygen.health.failed"
