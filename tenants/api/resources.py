"""How jobs and events name what they are about."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

# Where the resources are found; what is not here has no address of its own.
PATHS = {
    "compute.instance": "instances",
    "compute.sshkey": "ssh-keys",
    "core.alert": "alerts",
    "infrastructure.cluster": "clusters",
    "infrastructure.host": "hosts",
    "infrastructure.zone": "zones",
    "jobs.job": "jobs",
    "network.network": "networks",
    "storage.secondarystore": "stores",
    "storage.storagepool": "pools",
    "storage.template": "templates",
    "storage.volume": "volumes",
    "tenants.account": "accounts",
    "tenants.domain": "domains",
    "tenants.group": "groups",
    "tenants.project": "projects",
    "tenants.projectinvitation": "project-invitations",
    "tenants.role": "roles",
    "tenants.user": "users",
}


class Resource(TypedDict):
    type: str
    id: UUID
    name: str
    url: str | None


def resource(type_: str, uuid: UUID | None, name: str) -> dict[str, Any] | None:
    """The resource of a job or event; null when it is about none."""
    if uuid is None:
        return None
    path = PATHS.get(type_)
    return {"type": type_, "id": uuid, "name": name, "url": f"/api/v1/{path}/{uuid}/" if path else None}
