"""Signing in, and everything about one's own way in. allauth finds its pages by the names that it gave them."""

from __future__ import annotations

from allauth.account import views
from django.urls import include, path, re_path

from cloudportal.signin import entry, identities, places, saml, second, sessions

_OWN = [
    path("sign-in/find/", places.Find.as_view(), name="find"),
    path("sign-in/at/<str:place>/", places.SignInAt.as_view(), name="at"),
    path("profile/sessions/", sessions.Sessions.as_view(), name="sessions"),
    path("profile/sessions/others/end/", sessions.EndOtherSessions.as_view(), name="sessions-end-others"),
    path("profile/sessions/<int:pk>/end/", sessions.EndSession.as_view(), name="session-end"),
]

urlpatterns = [
    path("sign-in/", entry.SignIn.as_view(), name="account_login"),
    path("sign-in/second-factor/", second.GiveFactor.as_view(), name="mfa_authenticate"),
    path("sign-in/again/", entry.Reauthenticate.as_view(), name="account_reauthenticate"),
    path("sign-in/again/code/", second.GiveFactorAgain.as_view(), name="mfa_reauthenticate"),
    path("sign-in/again/key/", second.GiveKeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path("sign-out/", entry.SignOut.as_view(), name="account_logout"),
    path("password/reset/", entry.AskForReset.as_view(), name="account_reset_password"),
    path("password/reset/sent/", views.password_reset_done, name="account_reset_password_done"),
    path("password/reset/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]{1,16})-(?P<key>[0-9A-Za-z-]{1,100})/$",
        entry.Reset.as_view(),
        name="account_reset_password_from_key",
    ),
    path("profile/security/", second.Overview.as_view(), name="mfa_index"),
    path("profile/security/password/", entry.ChangePassword.as_view(), name="account_change_password"),
    path("profile/security/app/", second.AddApp.as_view(), name="mfa_activate_totp"),
    path("profile/security/app/remove/", second.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("profile/security/keys/add/", second.AddKey.as_view(), name="mfa_add_webauthn"),
    path("profile/security/keys/<int:pk>/rename/", second.RenameKey.as_view(), name="mfa_edit_webauthn"),
    path("profile/security/keys/<int:pk>/remove/", second.RemoveKey.as_view(), name="mfa_remove_webauthn"),
    path("profile/security/codes/", second.Codes.as_view(), name="mfa_view_recovery_codes"),
    path("profile/security/codes/new/", second.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("profile/security/codes/file/", second.DownloadCodes.as_view(), name="mfa_download_recovery_codes"),
    path("sign-in/with/<uuid:provider_id>/", identities.GoToProvider.as_view(), name="openid_connect_login"),
    path(
        "sign-in/with/<uuid:provider_id>/back/", identities.ComeFromProvider.as_view(), name="openid_connect_callback"
    ),
    path("sign-in/with/<uuid:provider_id>/saml/", saml.GoToSaml.as_view(), name="saml_login"),
    path("sign-in/with/<uuid:provider_id>/saml/back/", saml.ComeFromSaml.as_view(), name="saml_back"),
    path("sign-in/with/<uuid:provider_id>/saml/metadata/", saml.SamlMetadata.as_view(), name="saml_metadata"),
    path("", include((_OWN, "signin"))),
]
