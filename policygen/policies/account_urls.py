"""The addresses of accounts: a few pages of our own, which come first, and those of allauth."""

from django.urls import include, path

from policygen.policies import account_views

urlpatterns = [
    path("", account_views.account, name="account"),
    path("second-factor/", account_views.second_factor, name="second_factor"),
    path("2fa/totp/activate/", account_views.ActivateTotp.as_view(), name="mfa_activate_totp"),
    path("2fa/webauthn/add/", account_views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("", include("allauth.urls")),
]
