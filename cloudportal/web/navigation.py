"""The navigation: one table for the side bar, the search palette and the keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.actor import Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that the navigation leads to. `key` follows “g”; `permission` is what seeing it takes.

    `badge` is the route of a count beside it, which the browser fetches: the shell asks the database nothing.
    `of_domains`: it takes the permission on a domain; on single accounts alone the page would show nothing.
    """

    label: str | Promise
    route: str
    icon: str
    key: str
    permission: str = ""
    of_domains: bool = False
    badge: str = ""

    def is_for(self, actor: Actor) -> bool:
        if not self.permission:
            return True
        return actor.may_on_domains(self.permission) if self.of_domains else actor.may(self.permission)


SECTIONS: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry(_("Dashboard"), "web:dashboard", "layout-dashboard", "d"),
            Entry(
                _("Alerts"),
                "infrastructure:alerts",
                "bell-ringing",
                "y",
                "alerts.view",
                badge="infrastructure:alert-badge",
            ),
        ),
    ),
    (
        _("Compute"),
        (
            Entry(_("Instances"), "compute:instances", "server", "i", "compute.view"),
            Entry(_("SSH keys"), "compute:ssh-keys", "key", "s", "compute.view"),
        ),
    ),
    (
        _("Storage"),
        (
            Entry(_("Volumes"), "storage:volumes", "database", "v", "storage.view"),
            Entry(_("Templates"), "storage:templates", "disc", "t", "storage.view"),
        ),
    ),
    (_("Network"), (Entry(_("Networks"), "network:networks", "topology-star", "n", "network.view"),)),
    (
        _("Account"),
        (
            Entry(_("Usage"), "accounting:usage", "chart-bar", "u", "accounting.view"),
            Entry(_("Limits"), "tenants:limits", "gauge", "l"),
            Entry(_("Jobs"), "web:jobs", "list-check", "j", "jobs.view"),
            Entry(_("Events"), "tenants:events", "history", "e", "jobs.view"),
            Entry(_("API keys"), "tenants:api-keys", "api", "a"),
            Entry(_("Webhooks"), "tenants:webhooks", "webhook", "w", "webhooks.view"),
        ),
    ),
    (
        _("Tenancy"),
        (
            Entry(_("Domains"), "tenants:domains", "sitemap", "o", "tenancy.view", of_domains=True),
            Entry(_("Accounts"), "tenants:accounts", "building", "m", "tenancy.view"),
            Entry(_("Projects"), "tenants:projects", "folders", "q"),
            Entry(_("Users"), "tenants:users", "user", "x", "users.view"),
            Entry(_("Groups"), "tenants:groups", "users", "f", "users.view", of_domains=True),
            Entry(_("Roles"), "tenants:roles", "shield-check", "r", "roles.view"),
            Entry(_("Signing in"), "tenants:sign-in-domains", "shield-lock", "k", "tenancy.manage"),
            Entry(_("Act for a user"), "tenants:view-as", "user-share", "b", "tenancy.act_as"),
        ),
    ),
    (
        _("Infrastructure"),
        (
            Entry(_("Zones"), "infrastructure:zones", "map-pin", "z", "infrastructure.view"),
            Entry(_("Hosts"), "infrastructure:hosts", "server-2", "h", "infrastructure.view"),
            Entry(_("Storage pools"), "storage:pools", "stack-2", "p", "infrastructure.view"),
            Entry(_("Settings"), "web:settings", "settings", "c", "infrastructure.view"),
        ),
    ),
)


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """What the actor may open, with the present page marked."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    shown = []
    for label, entries in SECTIONS:
        items = [_item(entry, request) for entry in entries if entry.is_for(actor)]
        if items:
            shown.append({"label": label, "items": items})
    return shown


def _item(entry: Entry, request: HttpRequest) -> dict[str, Any]:
    url = reverse(entry.route)
    here = request.path == url or (url != "/" and request.path.startswith(url))
    badge = reverse(entry.badge) if entry.badge else ""
    return {"label": entry.label, "url": url, "icon": entry.icon, "key": entry.key, "here": here, "badge": badge}
