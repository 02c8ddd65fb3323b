"""Pages of storage."""

from __future__ import annotations

from django.urls import path

from cloudportal.doors.web.sharing import sharing_paths
from cloudportal.doors.web.tags import EditTags
from storage import selectors
from storage.web.views import AddTemplate, DeleteTemplate, PoolPage, Pools, TemplatePage, Templates, VolumePage, Volumes

app_name = "storage"

urlpatterns = [
    path("volumes/", Volumes.as_view(), name="volumes"),
    path("volumes/<uuid:uuid>/", VolumePage.as_view(), name="volume"),
    path("templates/", Templates.as_view(), name="templates"),
    path("templates/new/", AddTemplate.as_view(), name="template-new"),
    path("templates/<uuid:uuid>/", TemplatePage.as_view(), name="template"),
    path(
        "templates/<uuid:uuid>/tags/",
        EditTags.as_view(selector=selectors.templates, route="storage:template"),
        name="template-tags",
    ),
    path(
        "volumes/<uuid:uuid>/tags/",
        EditTags.as_view(selector=selectors.volumes, route="storage:volume"),
        name="volume-tags",
    ),
    path("templates/<uuid:uuid>/delete/", DeleteTemplate.as_view(), name="template-delete"),
    path("pools/", Pools.as_view(), name="pools"),
    path("pools/<uuid:uuid>/", PoolPage.as_view(), name="pool"),
    *sharing_paths("templates", selectors.templates, "storage:template", "storage:templates"),
]
