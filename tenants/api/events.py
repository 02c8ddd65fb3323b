"""The audit trail."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.core.models import Event
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref_by_id
from cloudportal.doors.api.views import ResourceViewSet
from cloudportal.doors.ordering import Sorting
from tenants import selectors
from tenants.api.resources import Resource
from tenants.api.resources import resource as shown
from tenants.filters import EventFilterSet
from tenants.models import Account


class EventRow(Row):
    """Somebody did something to something."""

    id: UUID = column("uuid")
    at: dt.datetime = column()
    action: str = column()
    level: str = column(choices=Event.Level.values)
    message: str = column()
    actor: str = column("actor_name")
    account: Ref | None = ref_by_id(Account, "account_id")
    resource: Resource | None = computed(shown, "resource_type", "resource_uuid", "resource_name")
    job: UUID | None = column("job_uuid")
    request_id: str = column()
    details: dict[str, Any] = column()


class EventViewSet(ResourceViewSet[Event]):
    selector = selectors.events
    filterset_class = EventFilterSet
    sorting = Sorting("-at", at="pk")
    row = EventRow
