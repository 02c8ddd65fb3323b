"""Finding things and pages from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.web.base import Page
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.web.navigation import sections
from compute import selectors as compute
from network import selectors as network
from storage import selectors as storage
from tenants import selectors as tenants
from tenants.actor import Actor

PER_KIND = 5
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found. `note` tells it from others of the same name."""

    label: str
    url: str
    icon: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    hits: list[Hit]


def find(actor: Actor, text: str) -> Iterator[Group]:
    """What the actor may see whose name holds the text, or whose id or address it is."""
    for label, rows, extra, route, icon in (
        (_("Instances"), compute.instances(actor), _address(text), "compute:instance", "server"),
        (_("Networks"), network.networks(actor), Q(cidr__startswith=text), "network:network", "topology-star"),
        (_("Volumes"), storage.volumes(actor), Q(), "storage:volume", "database"),
        (_("Templates"), storage.templates(actor), Q(), "storage:template", "disc"),
        (_("Hosts"), infrastructure.hosts(actor), Q(), "infrastructure:host", "server-2"),
    ):
        hits = [_hit(row, route, icon) for row in _matching(rows, text, extra)]
        if hits:
            yield Group(label, hits)
    yield from _find_in_tenancy(actor, text)


def _find_in_tenancy(actor: Actor, text: str) -> Iterator[Group]:
    """Nothing is asked for those who see no more of it than themselves."""
    for label, permission, selector, route, icon in (
        (_("Domains"), "tenancy.view", tenants.domains, "tenants:domain", "sitemap"),
        (_("Accounts"), "tenancy.view", tenants.accounts, "tenants:account", "building"),
        (_("Projects"), "projects.view", tenants.projects, "tenants:project", "folders"),
        (_("Users"), "users.view", tenants.users, "tenants:user", "user"),
        (_("Groups"), "users.view", tenants.groups, "tenants:group", "users"),
        (_("Roles"), "roles.view", tenants.roles, "tenants:role", "shield-check"),
    ):
        if actor.may(permission):
            name = {"tenants:user": "username", "tenants:project": "account__name"}.get(route, "name")
            hits = [_hit(row, route, icon) for row in _matching(selector(actor), text, Q(), name)]
            if hits:
                yield Group(label, hits)


def _matching(rows: QuerySet[Any], text: str, extra: Q, name: str = "name") -> QuerySet[Any]:
    by_id = _uuid(text)
    match = Q(uuid=by_id) if by_id else Q(**{f"{name}__icontains": text})
    return rows.filter(match | extra if extra else match)[:PER_KIND]


def _hit(row: Any, route: str, icon: str) -> Hit:
    state = getattr(row, "state", "") or getattr(row, "connection_state", "")
    note = state or str(getattr(row, "account", "") or "")
    return Hit(getattr(row, "name", "") or row.username, reverse(route, args=[row.uuid]), icon, note)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _address(text: str) -> Q:
    if text.count(":") == 5:
        return Q(nics__port__mac=text.lower())
    try:
        return Q(nics__port__address=str(IPv4Address(text)))
    except AddressValueError:
        return Q()


class Search(Page):
    template_name = "web/search.html"
    parts = {"palette-results": "web/_search_hits.html"}

    def context(self, **extra: Any) -> dict[str, Any]:
        # PostgreSQL's text can't hold a zero byte.
        text = self.request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
        groups = list(find(self.actor, text)) if text else []
        return super().context(groups=[*groups, *self._pages(text)], text=text, **extra)

    def _pages(self, text: str) -> list[Group]:
        pages = [
            Hit(str(item["label"]), item["url"], item["icon"], f"g {item['key']}")
            for section in sections(self.request)
            for item in section["items"]
        ]
        if self.actor.may("compute.manage"):
            pages.insert(0, Hit(_("Create an instance"), reverse("compute:deploy"), "plus", "c"))
        found = [page for page in pages if text.lower() in page.label.lower()]
        return [Group(_("Pages"), found)] if found else []
