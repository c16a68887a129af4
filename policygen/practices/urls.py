"""The addresses of practices, their members and invitations.

The pages of a practice that show policies, its own among them, are in ``policies/inside/``.
"""

from django.urls import path

from policygen.practices import brand_views, import_views, invitation_views, location_views, views

PRACTICE = "practices/<slug:practice>/"

urlpatterns = [
    path(
        "invitations/<uuid:invitation>/accept/",
        invitation_views.accept_listed,
        name="accept_invitation",
    ),
    path("invitations/<str:token>/", invitation_views.invitation, name="invitation"),
    path(f"{PRACTICE}brands/", brand_views.brands, name="brands"),
    path(f"{PRACTICE}brands/new/", brand_views.new, name="new_brand"),
    path(f"{PRACTICE}brands/<int:brand>/", brand_views.change, name="change_brand"),
    path(f"{PRACTICE}brands/<int:brand>/delete/", brand_views.delete, name="delete_brand"),
    path(f"{PRACTICE}invitations/", invitation_views.send, name="invite"),
    path(
        f"{PRACTICE}invitations/<uuid:invitation>/revoke/",
        invitation_views.take_back,
        name="revoke_invitation",
    ),
    path(f"{PRACTICE}leave/", views.leave, name="leave"),
    path(f"{PRACTICE}locations/", location_views.locations, name="locations"),
    path(f"{PRACTICE}locations/import/", import_views.import_locations, name="import_locations"),
    path(
        f"{PRACTICE}locations/import/write/", import_views.write_locations, name="write_locations"
    ),
    path(
        f"{PRACTICE}locations/export.<slug:ending>",
        import_views.export_locations,
        name="export_locations",
    ),
    path(
        f"{PRACTICE}locations/template.<slug:ending>",
        import_views.locations_template,
        name="locations_template",
    ),
    path(f"{PRACTICE}locations/new/", location_views.new, name="new_location"),
    path(f"{PRACTICE}locations/<int:location>/", location_views.change, name="change_location"),
    path(f"{PRACTICE}locations/<int:location>/close/", location_views.close, name="close_location"),
    path(
        f"{PRACTICE}locations/<int:location>/reopen/",
        location_views.reopen,
        name="reopen_location",
    ),
    path(
        f"{PRACTICE}locations/<int:location>/delete/",
        location_views.delete,
        name="delete_location",
    ),
    path(f"{PRACTICE}members/", views.members, name="members"),
    path(f"{PRACTICE}members/<int:member>/remove/", views.remove, name="remove_member"),
    path(f"{PRACTICE}members/<int:member>/role/", views.change_member_role, name="change_role"),
    path(f"{PRACTICE}settings/", views.practice_settings, name="practice_settings"),
]
