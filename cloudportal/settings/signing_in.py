"""How people sign in: django-allauth, passwords, second factors, sessions and the mail about them."""

from __future__ import annotations

from cloudportal.settings.base import env
from cloudportal.settings.doors import HTTPS

AUTHENTICATION_BACKENDS = ["cloudportal.signin.backend.PortalBackend"]

# Best first: a password that was hashed by one of the others is hashed anew when its owner signs in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_MIN_LENGTH = env.int("PASSWORD_MIN_LENGTH", default=10)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "tenants.passwords.MinimumLength"},
    {"NAME": "tenants.passwords.MaximumLength"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = env.int("PASSWORD_RESET_SECONDS", default=3600)

# Attempts in a window, and how long the window is: of one user from one address, of one address on whomever, of the
# codes of one user.
SIGN_IN_ATTEMPTS_PER_USER = env.int("SIGN_IN_ATTEMPTS_PER_USER", default=5)
SIGN_IN_ATTEMPTS_PER_ADDRESS = env.int("SIGN_IN_ATTEMPTS_PER_ADDRESS", default=50)
SIGN_IN_ATTEMPTS_PER_FACTOR = env.int("SIGN_IN_ATTEMPTS_PER_FACTOR", default=10)
SIGN_IN_WINDOW_SECONDS = env.int("SIGN_IN_WINDOW_SECONDS", default=900)

SESSION_COOKIE_AGE = env.int("SESSION_SECONDS", default=12 * 3600)
SESSION_LONGEST_SECONDS = env.int("SESSION_LONGEST_SECONDS", default=7 * 24 * 3600)
SESSION_COOKIE_SAMESITE = "Lax"

# The address under which people open the portal, for links in mail; empty takes the one of the request.
PORTAL_URL = env("PORTAL_URL", default="")

# What one process counts, the others must know: used codes, and how often somebody asked for mail.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

vars().update(env.email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("MAIL_FROM", default="CloudPortal <cloudportal@localhost>")

# How many proxies of the operator's stand before the portal. Each appends the address that it saw to
# X-Forwarded-For; what stands further left was written by the client.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)

ACCOUNT_ADAPTER = "cloudportal.signin.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "CloudPortal: "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - a class
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SESSION_COOKIE_AGE = SESSION_COOKIE_AGE
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_FORMS = {
    "login": "cloudportal.signin.forms.SignInForm",
    "change_password": "cloudportal.signin.forms.ChangePasswordForm",
    "reset_password": "cloudportal.signin.forms.ResetPasswordForm",
    "reset_password_from_key": "cloudportal.signin.forms.ResetPasswordKeyForm",
    "reauthenticate": "cloudportal.signin.forms.ReauthenticateForm",
}
# Failed attempts are counted by tenants.services.lockouts, in rows that nobody can push out of a cache.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": None}

MFA_ADAPTER = "cloudportal.signin.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = env("TOTP_ISSUER", default="CloudPortal")
# A clock may be half a minute wrong. Codes are remembered for as long as that makes them valid.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_DIGITS = 10
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "cloudportal.signin.forms.CodeForm",
    "reauthenticate": "cloudportal.signin.forms.CodeAgainForm",
    "authenticate_webauthn": "cloudportal.signin.forms.KeyForm",
    "reauthenticate_webauthn": "cloudportal.signin.forms.KeyAgainForm",
    "activate_totp": "cloudportal.signin.forms.ActivateAppForm",
    "add_webauthn": "cloudportal.signin.forms.AddKeyForm",
}

SOCIALACCOUNT_ADAPTER = "cloudportal.signin.identities.IdentityAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
# Internal networks in which providers of identities may be, such as the operator's own; none unless set.
IDENTITY_INTERNAL_NETWORKS = env.list("IDENTITY_INTERNAL_NETWORKS", default=[])
