"""The side bar of the admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Entry = tuple[str | Promise, str, str]

# Label, model, icon. Models by name: the doors know none of the domains above them.
GROUPS: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (
        _("Infrastructure"),
        (
            (_("Zones"), "infrastructure_zone", "location_on"),
            (_("Pods"), "infrastructure_pod", "dns"),
            (_("Clusters"), "infrastructure_cluster", "workspaces"),
            (_("Hosts"), "infrastructure_host", "memory"),
        ),
    ),
    (
        _("Storage"),
        (
            (_("Storage pools"), "storage_storagepool", "database"),
            (_("Secondary stores"), "storage_secondarystore", "inventory_2"),
        ),
    ),
    (_("Network"), ((_("Public addresses"), "network_publicaddress", "public"),)),
    (
        _("Catalogue"),
        (
            (_("Service offerings"), "compute_serviceoffering", "sell"),
            (_("Disk offerings"), "storage_diskoffering", "hard_drive"),
        ),
    ),
    (
        _("Tenancy"),
        (
            (_("Domains"), "tenants_domain", "account_tree"),
            (_("Accounts"), "tenants_account", "apartment"),
            (_("Users"), "tenants_user", "person"),
        ),
    ),
    (
        _("Operations"),
        (
            (_("Jobs"), "jobs_job", "task_alt"),
            (_("Events"), "core_event", "history"),
            (_("Workers"), "jobs_workernode", "engineering"),
        ),
    ),
)


def groups(_request: HttpRequest) -> list[dict[str, Any]]:
    """As the theme takes it."""
    return [
        {"title": title, "separator": False, "items": [_item(*entry) for entry in entries]} for title, entries in GROUPS
    ]


def _item(label: str | Promise, model: str, icon: str) -> dict[str, Any]:
    return {"title": label, "icon": icon, "link": reverse(f"admin:{model}_changelist")}
