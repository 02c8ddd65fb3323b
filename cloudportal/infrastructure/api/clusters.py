"""Clusters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import amount, one_of, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object
from cloudportal.doors.ordering import BY_NAME
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.filters import ClusterFilterSet
from cloudportal.infrastructure.models import Cluster
from cloudportal.infrastructure.services import clusters
from cloudportal.infrastructure.states import AllocationState


class ClusterRow(Row):
    """Hosts of one kind that share storage."""

    id: UUID = column("uuid")
    name: str = column()
    zone: Ref = ref("pod__zone")
    pod: Ref = ref()
    hypervisor: str = column(choices=Cluster.Hypervisor.values)
    cpu_overcommit: Decimal = column(help="How much of its hosts' CPUs may be promised: 2 is twice.")
    memory_overcommit: Decimal = column()
    allocation_state: str = column(choices=AllocationState.values)
    created_at: dt.datetime = column()


class UpdateCluster(Body):
    name = text(64, required=False)
    cpu_overcommit = amount(5, 2)
    memory_overcommit = amount(5, 2)
    allocation_state = one_of(AllocationState.choices)


class CreateCluster(UpdateCluster):
    name = text(64)
    pod = Reference(selectors.pods)
    hypervisor = one_of(Cluster.Hypervisor.choices, required=True)


class ClusterViewSet(ResourceViewSet[Cluster]):
    selector = selectors.clusters
    filterset_class = ClusterFilterSet
    sorting = BY_NAME
    row = ClusterRow

    @accepts(CreateCluster)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Cluster:
        """Add a cluster to a pod."""
        return clusters.create_cluster(request.actor, **data)

    @on_object
    @accepts(UpdateCluster, partial=True)
    @changes
    def partial_update(self, request: Request, cluster: Cluster, data: dict[str, Any]) -> Cluster:
        """Change a cluster; its overcommit reaches its hosts at once."""
        return clusters.update_cluster(request.actor, cluster=cluster, **data)
