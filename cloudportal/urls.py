"""Every address of the portal."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path

from cloudportal.api.metrics.views import metrics
from cloudportal.api.missing import missing

urlpatterns = [
    # First, since scripts ask most often.
    path("api/v1/", include("cloudportal.api.urls")),
    re_path(r"^api/", missing, name="api-missing"),
    path("metrics", metrics, name="metrics"),
    path("", include("cloudportal.signin.urls")),
    path("", include("cloudportal.web.urls")),
    path("", include("compute.web.urls")),
    path("", include("network.web.urls")),
    path("", include("storage.web.urls")),
    path("", include("accounting.web.urls")),
    path("", include("tenants.web.urls")),
    path("", include("cloudportal.infrastructure.web.urls")),
    path("admin/", admin.site.urls),
]
