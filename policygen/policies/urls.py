"""The addresses of drafts and downloads."""

from django.urls import path

from policygen.policies import views

urlpatterns = [
    path("", views.home, name="home"),
    path("drafts/", views.start, name="start"),
    path("drafts/<uuid:draft>/policy.<slug:name>", views.download, name="download"),
    path("drafts/<uuid:draft>/answers.yaml", views.download_answers, name="answers"),
    path("drafts/<uuid:draft>/delete/", views.delete, name="delete"),
    path("drafts/<uuid:draft>/why/", views.why, name="why"),
    path("drafts/<uuid:draft>/release/", views.release, name="release"),
]
