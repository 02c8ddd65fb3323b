"""Secondary stores."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, creates
from cloudportal.doors.ordering import BY_NAME
from cloudportal.infrastructure import selectors as infrastructure
from storage import selectors
from storage.filters import StoreFilterSet
from storage.models import SecondaryStore
from storage.services import stores


class StoreRow(Row):
    """Where the templates of a zone live."""

    id: UUID = column("uuid")
    name: str = column()
    zone: Ref = ref()
    path: str = column()
    total_bytes: int = column()
    available_bytes: int = column()
    created_at: dt.datetime = column()


class CreateStore(Body):
    zone = Reference(infrastructure.zones)
    name = text(64)
    path = text(255, help="A directory that every worker of the zone sees.")


class StoreViewSet(ResourceViewSet[SecondaryStore]):
    selector = selectors.stores
    filterset_class = StoreFilterSet
    sorting = BY_NAME
    row = StoreRow

    @accepts(CreateStore)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> SecondaryStore:
        """Add a directory to a zone."""
        return stores.create_store(request.actor, **data)
