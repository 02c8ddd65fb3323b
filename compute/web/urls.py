"""Pages of compute."""

from __future__ import annotations

from django.urls import path

from cloudportal.doors.web.sharing import sharing_paths
from cloudportal.doors.web.tags import EditTags
from compute import selectors
from compute.web.actions import ACTIONS
from compute.web.deploy import Deploy, DeployPreview
from compute.web.ssh_keys import CreateSSHKey, DeleteSSHKey, SSHKeyPage, SSHKeys
from compute.web.views import Bulk, InstanceAction, InstancePage, Instances, Screen

app_name = "compute"

TABS = ("console", "disks", "network", "jobs", "events")

urlpatterns = [
    path("instances/", Instances.as_view(), name="instances"),
    path("instances/deploy/", Deploy.as_view(), name="deploy"),
    path("instances/deploy/preview/", DeployPreview.as_view(), name="deploy-preview"),
    path("instances/bulk/", Bulk.as_view(), name="bulk"),
    path("instances/<uuid:uuid>/", InstancePage.as_view(), name="instance"),
    path("instances/<uuid:uuid>/screen/", Screen.as_view(), name="screen"),
    *(path(f"instances/<uuid:uuid>/{tab}/", InstancePage.as_view(tab=tab), name=f"instance-{tab}") for tab in TABS),
    *(
        path(f"instances/<uuid:uuid>/{name}/", InstanceAction.as_view(action=action), name=f"instance-{name}")
        for name, action in ACTIONS.items()
    ),
    path(
        "instances/<uuid:uuid>/tags/",
        EditTags.as_view(selector=selectors.instances, route="compute:instance"),
        name="instance-tags",
    ),
    path("ssh-keys/", SSHKeys.as_view(), name="ssh-keys"),
    path("ssh-keys/new/", CreateSSHKey.as_view(), name="ssh-key-new"),
    path("ssh-keys/<uuid:uuid>/", SSHKeyPage.as_view(), name="ssh-key"),
    path(
        "ssh-keys/<uuid:uuid>/tags/",
        EditTags.as_view(selector=selectors.ssh_keys, route="compute:ssh-key"),
        name="ssh-key-tags",
    ),
    path("ssh-keys/<uuid:uuid>/delete/", DeleteSSHKey.as_view(), name="ssh-key-delete"),
    *sharing_paths("ssh-keys", selectors.ssh_keys, "compute:ssh-key", "compute:ssh-keys"),
]
