"""How lists of the hierarchy may be narrowed, on every door."""

from __future__ import annotations

from cloudportal.doors.filtering import ChoiceOf, Filters, choice, name_contains
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
