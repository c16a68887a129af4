"""The addresses of a practice's policies, for its members."""

from django.urls import path

from policygen.policies.inside import (
    dashboard,
    embed,
    export,
    founding,
    keeping,
    new_policy,
    notice,
    policy,
    publishing_page,
    reading,
    release,
    version,
    wording,
)

POLICY = "practices/<slug:practice>/policies/<slug:policy>/"
VERSION = f"{POLICY}versions/<int:number>/"

urlpatterns = [
    path("drafts/<uuid:draft>/keep/", keeping.keep, name="keep"),
    path("drafts/<uuid:draft>/publish/", publishing_page.publish, name="publish"),
    path("drafts/<uuid:draft>/reading/", reading.reading, name="reading"),
    path("drafts/<uuid:draft>/reading/approve/", reading.approve_draft, name="approve_draft"),
    path("drafts/<uuid:draft>/reading/comment/", reading.comment_draft, name="comment_draft"),
    path(
        "drafts/<uuid:draft>/reading/comment/<int:comment>/settle/",
        reading.settle_comment,
        name="settle_comment",
    ),
    path("drafts/<uuid:draft>/reading/send-back/", reading.send_back_draft, name="send_back_draft"),
    path("drafts/<uuid:draft>/reading/submit/", reading.submit_draft, name="submit_draft"),
    path("drafts/<uuid:draft>/replace/", publishing_page.replace_version, name="replace_version"),
    path("drafts/<uuid:draft>/wording/<slug:slug>/", wording.wording, name="wording"),
    path("practices/", founding.practices, name="practices"),
    path("practices/new/", founding.new_practice, name="new_practice"),
    path("practices/<slug:practice>/", dashboard.practice, name="practice"),
    path("practices/<slug:practice>/export.zip", export.export, name="export"),
    path("practices/<slug:practice>/policies/new/", new_policy.new_policy, name="new_policy"),
    path(POLICY, policy.policy, name="policy"),
    path(f"{POLICY}embed/", embed.embed, name="embed"),
    path(f"{POLICY}release/", release.policy_release, name="policy_release"),
    path(f"{POLICY}review-date/", policy.review_date, name="review_date"),
    path(f"{POLICY}settings/", policy.policy_settings, name="policy_settings"),
    path(f"{POLICY}start/", policy.start_draft, name="start_draft"),
    path(VERSION, version.version, name="version"),
    path(f"{VERSION}laws/", version.version_laws, name="version_laws"),
    path(f"{VERSION}<slug:name>", version.version_file, name="version_file"),
    path(f"{VERSION}notice/", notice.notice, name="notice"),
    path(f"{VERSION}notice/notice.<slug:name>", notice.notice_file, name="notice_file"),
]
