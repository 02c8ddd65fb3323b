"""What may be allowed to somebody on a domain or an account, and the roles that every cloud has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PERMISSIONS: dict[str, str] = {
    "tenancy.view": "See domains and accounts",
    "tenancy.manage": "Create, change, move, suspend and delete domains and accounts",
    "users.view": "See users and groups",
    "users.manage": "Create, change and delete users and groups",
    "roles.view": "See roles, and who has them where",
    "roles.manage": "Create and change roles, grant and revoke them",
    "projects.view": "See projects, and who is invited",
    "projects.manage": "Create, change and delete projects, invite into them, and do there what one may on their owner",
    "infrastructure.view": "See zones, pods, clusters, hosts and storage pools",
    "infrastructure.manage": "Create and change zones, pods, clusters, hosts, storage pools and offerings",
    "alerts.view": "See alerts of the cloud",
    "alerts.manage": "Acknowledge alerts of the cloud",
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

# Whoever holds a role with this on an account holds the role on the account's projects too.
REACHES_PROJECTS = "projects.manage"
# The hierarchy has no owner: what is allowed on it holds for the whole cloud or not at all.
OF_THE_CLOUD = frozenset(name for name in PERMISSIONS if name.startswith(("infrastructure.", "alerts.")))


def area_of(permission: str) -> str:
    """``compute`` of ``compute.manage``: a row of the matrix."""
    return permission.partition(".")[0]


def view_of(permission: str) -> str:
    """What seeing takes of the things that a permission is about."""
    return f"{area_of(permission)}.view"


def effective(permissions: Iterable[str], *, at_root: bool) -> frozenset[str]:
    """What of a role means something at a place: no name of an older version, nothing of the cloud below its root."""
    known = PERMISSIONS.keys() if at_root else PERMISSIONS.keys() - OF_THE_CLOUD
    return frozenset(permissions) & known


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A role that is there from the beginning and that nobody changes. `only_root`: it is granted on the root alone."""

    name: str
    description: str
    permissions: frozenset[str]
    only_root: bool = False


_SEE = frozenset(name for name in PERMISSIONS if name.endswith(".view"))
_SEE_THINGS = frozenset({"compute.view", "network.view", "storage.view", "accounting.view", "jobs.view"})
_USE_THINGS = _SEE_THINGS | {
    "compute.manage", "compute.console", "network.manage", "storage.manage", "webhooks.view",
}  # fmt: skip
_TELL = frozenset({"audit.view", "webhooks.view", "webhooks.manage"})
_SEE_PEOPLE = frozenset({"tenancy.view", "users.view", "roles.view"})
_MANAGE_PEOPLE = _SEE_PEOPLE | {"users.manage", "roles.manage"}
_PROJECTS = frozenset({"projects.view", "projects.manage"})

BUILT_IN: dict[str, BuiltIn] = {
    "root_admin": BuiltIn("Root admin", "Everything, on the whole cloud.", frozenset(PERMISSIONS), only_root=True),
    "operator": BuiltIn(
        "Operator",
        "Runs zones, hosts and storage, and sees whom a fault concerns; changes nothing that tenants own.",
        (_SEE | {"infrastructure.manage", "alerts.manage"}) - {"accounting.view"},
        only_root=True,
    ),
    "domain_admin": BuiltIn(
        "Domain admin",
        "Everything in a domain and below it.",
        _USE_THINGS | _MANAGE_PEOPLE | _PROJECTS | _TELL | {"tenancy.manage", "tenancy.act_as", "audit.export"},
    ),
    "auditor": BuiltIn(
        "Auditor", "Sees everything below, exports events, and changes nothing.", _SEE | {"audit.export"}
    ),
    "billing": BuiltIn(
        "Billing", "Sees whose usage costs what, and nothing else.", frozenset({"tenancy.view", "accounting.view"})
    ),
    "account_owner": BuiltIn(
        "Account owner",
        "Uses an account, and decides who else does.",
        _USE_THINGS | _MANAGE_PEOPLE | _PROJECTS | _TELL,
    ),
    "member": BuiltIn("Member", "Uses an account: instances, networks, volumes, templates.", _USE_THINGS),
    "reader": BuiltIn("Read-only member", "Sees what an account has and changes nothing.", _SEE_THINGS),
    "project_admin": BuiltIn(
        "Project admin",
        "Uses a project, and decides who else does.",
        _USE_THINGS | _SEE_PEOPLE | _PROJECTS | {"roles.manage"},
    ),
    "project_member": BuiltIn(
        "Project member", "Uses a project, and sees who else does.", _USE_THINGS | _SEE_PEOPLE | {"projects.view"}
    ),
}
