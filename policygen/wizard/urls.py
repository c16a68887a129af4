"""The addresses of the interview."""

from django.urls import path

from policygen.wizard import views

urlpatterns = [
    path("drafts/<uuid:draft>/", views.page, name="interview"),
    path("drafts/<uuid:draft>/review/", views.review, name="review"),
    path("drafts/<uuid:draft>/<slug:step>/", views.page, name="page"),
    path("drafts/<uuid:draft>/<slug:step>/preview/", views.preview, name="preview"),
]
