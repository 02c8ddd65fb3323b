"""Apps, database, files and secrets."""

from __future__ import annotations

import os
from pathlib import Path

import environ

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parents[2]
STATE_DIR = Path(env("CLOUDPORTAL_STATE_DIR", default=str(BASE_DIR / ".local")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY")
# Fernet keys for credentials at rest, newest first. Apart from SECRET_KEY, so that either can be rotated alone.
FIELD_KEYS = env.list("FIELD_KEYS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "cloudportal.doors.admin.config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # Not "allauth" itself, which holds nothing but its own templates: a page of ours that is missing fails loudly.
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "guardian",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "django_q",
    "cloudportal.core",
    "cloudportal.jobs",
    "tenants",
    "cloudportal.doors",
    "cloudportal.infrastructure",
    "network",
    "storage",
    "compute",
    "accounting",
    "cloudportal.web",
    "cloudportal.api",
    "cloudportal.live",
    "cloudportal.lab",
    "cloudportal.demo",
    "cloudportal.bench",
]

ROOT_URLCONF = "cloudportal.urls"
WSGI_APPLICATION = "cloudportal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": env.db("DATABASE_URL") | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
# Our queries are short; compiling one costs fifty times what it saves.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", env("DATABASE_OPTIONS", default="-c jit=off"))
# After so many times the statements of core.prepared are prepared; empty: never, for a pooler that hands out
# connections by transaction and knows nothing of prepared statements.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = int(env("DATABASE_PREPARES", default="5") or 0) or None

AUTH_USER_MODEL = "tenants.User"
# Grants are resolved by tenants.actor, in one query a request; guardian's own backend would ask for each object.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
ANONYMOUS_USER_NAME = None

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / ".static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.bool("STATIC_MANIFEST", default=not DEBUG)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

CURRENCY = env("CURRENCY", default="EUR")
# First byte pair of every MAC that we give out is locally administered; this byte tells two portals on one wire apart.
MAC_SITE = env.int("MAC_SITE", default=0)
# What an account may have until a limit is set for it; -1 is unlimited. LIMIT_INSTANCES=50 and so on.
ACCOUNT_LIMITS = {
    name: env.int(f"LIMIT_{name.upper()}", default=number)
    for name, number in {
        "instances": 20,
        "cpus": 40,
        "memory_mib": 40_960,
        "volumes": 40,
        "primary_gib": 400,
        "snapshots": 40,
        "templates": 20,
        "secondary_gib": 400,
        "networks": 20,
        "vpcs": 20,
        "public_addresses": 40,
        "projects": 10,
        "buckets": 20,
        "object_gib": 400,
    }.items()
}
# Seconds that a destroyed instance stays in the recycle bin.
EXPUNGE_DELAY_SECONDS = env.int("EXPUNGE_DELAY_SECONDS", default=86_400)

NODE_NAME = env("NODE_NAME", default=os.uname().nodename)

# Networks that templates may be fetched from although they are internal, such as a mirror of the operator's.
TEMPLATE_INTERNAL_NETWORKS = env.list("TEMPLATE_INTERNAL_NETWORKS", default=[])
TEMPLATE_LARGEST_BYTES = env.int("TEMPLATE_LARGEST_BYTES", default=64 * 2**30)

# Off: the reconciler reports ports that nobody holds instead of deleting them. For the time after an older backup was
# restored, and where two portals share one network engine.
RECONCILE_REMOVES = env.bool("RECONCILE_REMOVES", default=True)
# How many templates of one account are fetched at once: a slow server holds a worker for a while in each turn.
TEMPLATE_FETCHES_PER_ACCOUNT = env.int("TEMPLATE_FETCHES_PER_ACCOUNT", default=2)
