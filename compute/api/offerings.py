"""Service offerings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import amount, flag, number, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object
from cloudportal.doors.ordering import Sorting
from compute import selectors
from compute.filters import OfferingFilterSet
from compute.models import ServiceOffering
from compute.services import offerings
from storage import selectors as storage


class OfferingRow(Row):
    """A size of instance."""

    id: UUID = column("uuid")
    name: str = column()
    description: str = column()
    cpus: int = column()
    memory_mib: int = column()
    root_disk: Ref = ref(help="The kind of its root disk.")
    price_per_hour: Decimal = column(help="While it runs.")
    is_active: bool = column()
    created_at: dt.datetime = column()


class UpdateOffering(Body):
    name = text(64, required=False)
    description = text(255, required=False)
    price_per_hour = amount()
    is_active = flag()


class CreateOffering(UpdateOffering):
    name = text(64)
    cpus = number(least=1)
    memory_mib = number(least=1)
    root_disk = Reference(storage.disk_offerings)


class OfferingViewSet(ResourceViewSet[ServiceOffering]):
    selector = selectors.offerings
    filterset_class = OfferingFilterSet
    sorting = Sorting("memory_mib", name="name", memory_mib="memory_mib", cpus="cpus", price_per_hour="price_per_hour")
    row = OfferingRow

    @accepts(CreateOffering)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> ServiceOffering:
        """Offer a size of instance."""
        return offerings.create_offering(request.actor, **data)

    @on_object
    @accepts(UpdateOffering, partial=True)
    @changes
    def partial_update(self, request: Request, offering: ServiceOffering, data: dict[str, Any]) -> ServiceOffering:
        """Change an offering; a price holds for what starts from now on."""
        return offerings.update_offering(request.actor, offering=offering, **data)
