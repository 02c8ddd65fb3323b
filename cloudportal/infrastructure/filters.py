"""How lists of the hierarchy may be narrowed, on every door."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from cloudportal.core.alerts import KINDS
from cloudportal.core.models import Alert, Event
from cloudportal.core.states import ALERT
from cloudportal.doors.filtering import ChoiceOf, Filters, choice, kind_of, name_contains, state_of
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.models import Cluster, Host, Pod, Zone
from cloudportal.infrastructure.states import AllocationState, ConnectionState, ResourceState


class ZoneFilterSet(Filters):
    name = name_contains()
    allocation_state = choice("allocation_state", AllocationState.choices)

    class Meta:
        model = Zone
        fields: tuple[str, ...] = ()


class PodFilterSet(Filters):
    name = name_contains()
    allocation_state = choice("allocation_state", AllocationState.choices)
    zone = ChoiceOf(selectors.zones, label="Zone")

    class Meta:
        model = Pod
        fields: tuple[str, ...] = ()


class ClusterFilterSet(Filters):
    name = name_contains()
    allocation_state = choice("allocation_state", AllocationState.choices)
    hypervisor = choice("hypervisor", Cluster.Hypervisor.choices)
    zone = ChoiceOf(selectors.zones, field_name="pod__zone", label="Zone")
    pod = ChoiceOf(selectors.pods, label="Pod")

    class Meta:
        model = Cluster
        fields: tuple[str, ...] = ()


class HostFilterSet(Filters):
    name = name_contains()
    resource_state = choice("resource_state", ResourceState.choices)
    connection_state = choice("connection_state", ConnectionState.choices)
    zone = ChoiceOf(selectors.zones, label="Zone")
    cluster = ChoiceOf(selectors.clusters, label="Cluster")

    class Meta:
        model = Host
        fields: tuple[str, ...] = ()


class AlertFilterSet(Filters):
    kind = kind_of(KINDS)
    level = choice("level", Event.Level.choices)
    state = state_of(ALERT)
    zone = ChoiceOf(selectors.zones, method="in_zone", label="Zone")
    resource = django_filters.UUIDFilter(field_name="resource_uuid", label="Resource")

    def in_zone(self, rows: QuerySet[Alert], _name: str, zone: Zone) -> QuerySet[Alert]:
        """Alerts know the zone by its id alone."""
        return rows.filter(zone_id=zone.pk)

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()
