"""Primary storage pools."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import amount, one_of, secret, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object
from cloudportal.doors.ordering import BY_NAME
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.infrastructure.states import AllocationState
from storage import selectors
from storage.filters import PoolFilterSet
from storage.models import StoragePool
from storage.services import pools


class PoolRow(Row):
    """Where the volumes of a cluster live."""

    id: UUID = column("uuid")
    name: str = column()
    zone: Ref = ref()
    cluster: Ref = ref()
    url: str = column()
    path: str = column()
    allocation_state: str = column(choices=AllocationState.values)
    overprovisioning: Decimal = column()
    total_bytes: int = column(help="What the device has.")
    available_bytes: int = column(help="What the device has free.")
    capacity_bytes: int = column(help="What may be promised.")
    allocated_bytes: int = column(help="What is promised.")
    warn_threshold: Decimal = column()
    disable_threshold: Decimal = column()
    last_error: str = column()
    checked_at: dt.datetime | None = column()
    created_at: dt.datetime = column()


class UpdatePool(Body):
    name = text(64, required=False)
    allocation_state = one_of(AllocationState.choices)
    overprovisioning = amount(5, 2)
    warn_threshold = amount(3, 2)
    disable_threshold = amount(3, 2)


class CreatePool(UpdatePool):
    cluster = Reference(infrastructure.clusters)
    name = text(64)
    url = text(255, help="How its engine is reached.")
    path = text(255, help="Where it is on the engine's machine.")
    username = text(64, required=False)
    password = secret()


class PoolViewSet(ResourceViewSet[StoragePool]):
    selector = selectors.pools
    filterset_class = PoolFilterSet
    sorting = BY_NAME
    row = PoolRow

    @accepts(CreatePool)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> StoragePool:
        """Make and measure a pool, and add it to a cluster."""
        return pools.create_pool(request.actor, **data)

    @on_object
    @accepts(UpdatePool, partial=True)
    @changes
    def partial_update(self, request: Request, pool: StoragePool, data: dict[str, Any]) -> StoragePool:
        """Change a pool."""
        return pools.update_pool(request.actor, pool=pool, **data)
