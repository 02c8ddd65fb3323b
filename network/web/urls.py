"""Pages of networks."""

from __future__ import annotations

from django.urls import path

from cloudportal.doors.web.sharing import sharing_paths
from cloudportal.doors.web.tags import EditTags
from network import selectors
from network.web.views import CreateNetwork, DeleteNetwork, NetworkPage, Networks

app_name = "network"

urlpatterns = [
    path("networks/", Networks.as_view(), name="networks"),
    path("networks/new/", CreateNetwork.as_view(), name="network-new"),
    path("networks/<uuid:uuid>/", NetworkPage.as_view(), name="network"),
    path(
        "networks/<uuid:uuid>/tags/",
        EditTags.as_view(selector=selectors.networks, route="network:network"),
        name="network-tags",
    ),
    path("networks/<uuid:uuid>/delete/", DeleteNetwork.as_view(), name="network-delete"),
    *sharing_paths("networks", selectors.networks, "network:network", "network:networks"),
]
