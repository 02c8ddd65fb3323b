"""What may be allowed to somebody on a domain or an account, and the roles that bundle it."""

from __future__ import annotations

PERMISSIONS: dict[str, str] = {
    "tenancy.view": "See domains, accounts and users",
    "tenancy.manage": "Create and change domains, accounts and users",
    "infrastructure.view": "See zones, pods, clusters, hosts and storage pools",
    "infrastructure.manage": "Create and change zones, pods, clusters, hosts, storage pools and offerings",
    "compute.view": "See instances and SSH keys",
    "compute.manage": "Create, change and delete instances and SSH keys",
    "compute.console": "Open the console of instances",
    "network.view": "See networks",
    "network.manage": "Create, change and delete networks",
    "storage.view": "See volumes and templates",
    "storage.manage": "Create, change and delete volumes and templates",
    "accounting.view": "See usage and its cost",
    "jobs.view": "See jobs and events",
    "tenancy.act_as": "Act for users",
    "audit.view": "See from where changes came: address, key and session",
    "audit.export": "Export events",
    "webhooks.view": "See webhooks and what they delivered",
    "webhooks.manage": "Create, change and delete webhooks",
}

# What nobody sees who has no more than a look at an account.
_APART = {"infrastructure.view", "audit.view"}
_VIEW = frozenset(name for name in PERMISSIONS if name.endswith(".view") and name not in _APART)
_USE = _VIEW | {"compute.manage", "compute.console", "network.manage", "storage.manage", "webhooks.manage"}

ROLES: dict[str, frozenset[str]] = {
    "root_admin": frozenset(PERMISSIONS),
    "domain_admin": _USE | {"tenancy.manage", "tenancy.act_as", "audit.view", "audit.export"},
    "member": _USE - {"tenancy.view"},
    "reader": _VIEW - {"tenancy.view"},
}

AS_CHOICES = tuple(PERMISSIONS.items())
