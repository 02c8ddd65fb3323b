"""Zones and clusters as places where settings may be overridden."""

from __future__ import annotations

from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.models import Cluster, Zone
from tenants.places import Scope, declare_scope

declare_scope(Scope("zone", Zone, selectors.zones), lambda zone: [("zone", zone.pk)])
declare_scope(
    Scope("cluster", Cluster, selectors.clusters),
    lambda cluster: [("cluster", cluster.pk), ("zone", cluster.pod.zone_id)],
)
