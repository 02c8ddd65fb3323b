"""Pages of usage."""

from __future__ import annotations

from django.urls import path

from accounting.web.views import Usage

app_name = "accounting"

urlpatterns = [path("usage/", Usage.as_view(), name="usage")]
