"""Whether hosts may be given work: one flag that sums up every state above them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from cloudportal.infrastructure.models import Cluster, Host
from cloudportal.infrastructure.states import AllocationState, ConnectionState, ResourceState


def refresh_schedulable(hosts: QuerySet[Host]) -> int:
    """Write the flag where it is wrong; returns on how many hosts. Safe beside itself: one UPDATE decides each row."""
    enabled = AllocationState.ENABLED
    open_cluster = Cluster.objects.filter(
        pk=OuterRef("cluster"),
        allocation_state=enabled,
        pod__allocation_state=enabled,
        pod__zone__allocation_state=enabled,
    )
    ready = Q(resource_state=ResourceState.ENABLED, connection_state=ConnectionState.UP) & Exists(open_cluster)
    changed = hosts.filter(ready, is_schedulable=False).update(is_schedulable=True)
    return changed + hosts.filter(~ready, is_schedulable=True).update(is_schedulable=False)
