"""Pages of zones and hosts, for operators."""

from __future__ import annotations

from typing import Any

from cloudportal.doors.ordering import BY_NAME
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.lists import ListPage
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.filters import HostFilterSet, ZoneFilterSet
from tenants import selectors as tenants

SHOWN = 200
RECENT = 10


class Zones(ListPage):
    template_name = "infrastructure/zones.html"
    parts = {"results": "infrastructure/_zones.html"}
    permission = "infrastructure.view"
    selector = selectors.zones
    filterset_class = ZoneFilterSet
    sorting = BY_NAME
    bar = ("name", "allocation_state")


class ZonePage(DetailPage):
    """The zone with its tree of pods, clusters and hosts."""

    template_name = "infrastructure/zone.html"
    permission = "infrastructure.view"
    selector = selectors.zones
    noun = "zone"
    list_route = "infrastructure:zones"

    def context(self, **extra: Any) -> dict[str, Any]:
        zone = self.thing
        return super().context(
            capacity=selectors.capacity(self.actor, zone),
            pods=list(selectors.pods(self.actor).filter(zone=zone)),
            clusters=list(selectors.clusters(self.actor).filter(pod__zone=zone)),
            hosts=list(selectors.hosts(self.actor).filter(zone=zone)[:SHOWN]),
            **extra,
        )


class Hosts(ListPage):
    template_name = "infrastructure/hosts.html"
    parts = {"results": "infrastructure/_hosts.html"}
    permission = "infrastructure.view"
    selector = selectors.hosts
    filterset_class = HostFilterSet
    sorting = BY_NAME
    bar = ("name", "connection_state", "resource_state", "zone")


class HostPage(DetailPage):
    template_name = "infrastructure/host.html"
    permission = "infrastructure.view"
    selector = selectors.hosts
    noun = "host"
    list_route = "infrastructure:hosts"

    def context(self, **extra: Any) -> dict[str, Any]:
        events = tenants.events(self.actor).filter(resource_uuid=self.thing.uuid)
        # Instances belong to an app above; the reverse relation leads there by name.
        return super().context(
            instances=list(self.thing.instances.select_related("account", "offering")[:SHOWN]),
            events=list(events[:RECENT]),
            **extra,
        )
