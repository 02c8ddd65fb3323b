"""The admin app, with our site in the place of Django's. It imports no model: apps are still being loaded."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default = False
    default_site = "cloudportal.doors.admin.site.OperatorSite"
