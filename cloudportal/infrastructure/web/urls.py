"""Pages of the hierarchy, to look at; it is managed in the administration."""

from __future__ import annotations

from django.urls import path

from cloudportal.infrastructure.web.views import HostPage, Hosts, ZonePage, Zones

app_name = "infrastructure"

urlpatterns = [
    path("zones/", Zones.as_view(), name="zones"),
    path("zones/<uuid:uuid>/", ZonePage.as_view(), name="zone"),
    path("hosts/", Hosts.as_view(), name="hosts"),
    path("hosts/<uuid:uuid>/", HostPage.as_view(), name="host"),
]
