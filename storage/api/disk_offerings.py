"""Disk offerings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, accepts
from cloudportal.doors.api.fields import amount, flag, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object
from cloudportal.doors.ordering import BY_NAME
from storage import selectors
from storage.filters import DiskOfferingFilterSet
from storage.models import DiskOffering
from storage.services import disk_offerings


class DiskOfferingRow(Row):
    """A kind of disk."""

    id: UUID = column("uuid")
    name: str = column()
    description: str = column()
    price_per_gib_hour: Decimal = column()
    is_active: bool = column()
    created_at: dt.datetime = column()


class UpdateDiskOffering(Body):
    name = text(64, required=False)
    description = text(255, required=False)
    price_per_gib_hour = amount()
    is_active = flag()


class CreateDiskOffering(UpdateDiskOffering):
    name = text(64)


class DiskOfferingViewSet(ResourceViewSet[DiskOffering]):
    selector = selectors.disk_offerings
    filterset_class = DiskOfferingFilterSet
    sorting = BY_NAME
    row = DiskOfferingRow

    @accepts(CreateDiskOffering)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> DiskOffering:
        """Offer a kind of disk."""
        return disk_offerings.create_disk_offering(request.actor, **data)

    @on_object
    @accepts(UpdateDiskOffering, partial=True)
    @changes
    def partial_update(self, request: Request, offering: DiskOffering, data: dict[str, Any]) -> DiskOffering:
        """Change an offering; a price holds for what is made from now on."""
        return disk_offerings.update_disk_offering(request.actor, offering=offering, **data)
