"""The site's addresses and ``/bare/``: a view that does nothing, to compare pages with."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def bare(_request: HttpRequest) -> HttpResponse:
    """Answer without a session, a query or a template."""
    return HttpResponse("ok")


urlpatterns = [path("bare/", bare), path("", include("policygen.urls"))]
