"""The addresses of accounts: a few pages of our own, which come first, and those of allauth."""

from django.urls import include, path

from policygen.accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path("second-factor/", views.second_factor, name="second_factor"),
    path("2fa/totp/activate/", views.ActivateTotp.as_view(), name="mfa_activate_totp"),
    path("2fa/webauthn/add/", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("", include("allauth.urls")),
]
