"""Pages of networks."""

from __future__ import annotations

from django.urls import path

from network.web.views import CreateNetwork, DeleteNetwork, NetworkPage, Networks

app_name = "network"

urlpatterns = [
    path("networks/", Networks.as_view(), name="networks"),
    path("networks/new/", CreateNetwork.as_view(), name="network-new"),
    path("networks/<uuid:uuid>/", NetworkPage.as_view(), name="network"),
    path("networks/<uuid:uuid>/delete/", DeleteNetwork.as_view(), name="network-delete"),
]
