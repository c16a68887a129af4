"""The addresses of drafts and downloads."""

from django.urls import path

from policygen.policies import laws_page, views, why_page

urlpatterns = [
    path("", views.home, name="home"),
    path("drafts/", views.start, name="start"),
    path("drafts/<uuid:draft>/policy.<slug:name>", views.download, name="download"),
    path("drafts/<uuid:draft>/answers.yaml", views.download_answers, name="answers"),
    path("drafts/<uuid:draft>/delete/", views.delete, name="delete"),
    path("drafts/<uuid:draft>/why/", why_page.why, name="why"),
    path("drafts/<uuid:draft>/why/<slug:slug>/", why_page.why_clause, name="why_clause"),
    path("drafts/<uuid:draft>/ledger/", laws_page.laws, name="laws"),
    path("drafts/<uuid:draft>/ledger/annex.<slug:name>", laws_page.annex, name="annex"),
    path("drafts/<uuid:draft>/ledger/ledger.json", laws_page.ledger, name="ledger"),
    path("drafts/<uuid:draft>/release/", views.release, name="release"),
]
