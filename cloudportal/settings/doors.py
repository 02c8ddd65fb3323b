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
    "cloudportal.doors.middleware.request_id",
    "cloudportal.doors.middleware.origin",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cloudportal.doors.middleware.content_security",
    "django_htmx.middleware.HtmxMiddleware",
    "cloudportal.doors.middleware.actor",
    "cloudportal.doors.middleware.refusals",
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

LOGIN_URL = "web:sign-in"
LOGIN_REDIRECT_URL = "web:dashboard"
LOGOUT_REDIRECT_URL = "web:sign-in"

# The live process listens on a port of its own where no balancer joins the two; empty means the same origin.
LIVE_PORT = env("LIVE_PORT", default="")

# Networks of the balancers in front, whose X-Forwarded-For is believed; "unix" where they come through a socket.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

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
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
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
