"""What the doors are made of: middleware, templates, REST and their protection."""

from __future__ import annotations

from csp.constants import NONCE, NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy

from cloudportal.settings.base import BASE_DIR, DEBUG, env

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cloudportal.doors.middleware.health",
    "cloudportal.doors.metering.requests",
    "cloudportal.doors.middleware.request_id",
    "cloudportal.doors.outside.problems",
    "cloudportal.doors.lanes.Sessions",
    "django.middleware.common.CommonMiddleware",
    "cloudportal.doors.lanes.Csrf",
    "cloudportal.doors.lanes.Authentication",
    "cloudportal.doors.lanes.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cloudportal.doors.middleware.content_security",
    "cloudportal.doors.lanes.Htmx",
    "cloudportal.doors.middleware.actor",
    "cloudportal.doors.middleware.refusals",
    "allauth.account.middleware.AccountMiddleware",
    "cloudportal.signin.middleware.activity",
    "cloudportal.signin.middleware.second_factor",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "cloudportal.web.context.shell",
            ],
        },
    }
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:dashboard"
LOGOUT_REDIRECT_URL = "account_login"

# The live process listens on a port of its own where no balancer joins the two; empty means the same origin.
LIVE_PORT = env("LIVE_PORT", default="")

HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# How many requests of a process may wait for their jobs at once (`Prefer: wait`); each holds one of its threads.
API_WAITERS = env.int("API_WAITERS", default=3)
# Requests a minute of one account, and of one address without a valid key; 0: no limit.
API_RATE_PER_MINUTE = env.int("API_RATE_PER_MINUTE", default=6_000)
API_ANONYMOUS_PER_MINUTE = env.int("API_ANONYMOUS_PER_MINUTE", default=600)
# What Prometheus brings as a bearer token to /metrics; empty: operators' API keys alone.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
# Networks of the balancers whose X-Forwarded-For is believed.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # Tabler and uPlot size their parts with style attributes; an attribute can't carry a nonce.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "cloudportal.doors.api.authentication.ApiKeyAuthentication",
        "cloudportal.doors.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["cloudportal.doors.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cloudportal.doors.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CloudPortal",
    "DESCRIPTION": "Machines, disks and networks, for scripts.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cloudportal.doors.api.examples.say_null",
        "cloudportal.doors.api.examples.add_examples",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
if DEBUG:
    INTERNAL_IPS = ["127.0.0.1"]

UNFOLD = {
    "SITE_TITLE": "CloudPortal",
    "SITE_HEADER": "CloudPortal",
    "SITE_SUBHEADER": "Infrastructure",
    "SITE_SYMBOL": "cloud",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("app/logo.svg")}],
    "DASHBOARD_CALLBACK": "cloudportal.web.admin.overview",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    # Instead of the theme's own link to a change of password, which this site does not offer.
    "ACCOUNT": {"navigation": [{"title": "Profile", "link": reverse_lazy("tenants:profile")}]},
    "SIDEBAR": {"show_search": True, "navigation": "cloudportal.doors.admin.navigation.groups"},
    # The portal's own colour.
    "COLORS": {
        "primary": {
            "50": "#eef2ff",
            "100": "#e0e7ff",
            "200": "#c7d2fe",
            "300": "#a5b4fc",
            "400": "#818cf8",
            "500": "#6366f1",
            "600": "#4f46e5",
            "700": "#4338ca",
            "800": "#3730a3",
            "900": "#312e81",
            "950": "#1e1b4b",
        }
    },
}
