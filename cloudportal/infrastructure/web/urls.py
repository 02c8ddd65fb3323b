"""Pages of the hierarchy, to look at, since it is managed in the administration; and of alerts."""

from __future__ import annotations

from django.urls import path

from cloudportal.infrastructure.web.alerts import AcknowledgeAlert, AcknowledgeAlerts, AlertBadge, AlertPage, Alerts
from cloudportal.infrastructure.web.views import HostPage, Hosts, ZonePage, Zones

app_name = "infrastructure"

urlpatterns = [
    path("zones/", Zones.as_view(), name="zones"),
    path("zones/<uuid:uuid>/", ZonePage.as_view(), name="zone"),
    path("hosts/", Hosts.as_view(), name="hosts"),
    path("hosts/<uuid:uuid>/", HostPage.as_view(), name="host"),
    path("alerts/", Alerts.as_view(), name="alerts"),
    path("alerts/badge/", AlertBadge.as_view(), name="alert-badge"),
    path("alerts/acknowledge/", AcknowledgeAlerts.as_view(), name="alerts-acknowledge"),
    path("alerts/<uuid:uuid>/", AlertPage.as_view(), name="alert"),
    path("alerts/<uuid:uuid>/acknowledge/", AcknowledgeAlert.as_view(), name="alert-acknowledge"),
]
