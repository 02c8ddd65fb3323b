"""The audit trail."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.decorators import action

from cloudportal.core import clock
from cloudportal.core.models import Event
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref_by_id
from cloudportal.doors.api.views import ResourceViewSet, answers
from cloudportal.doors.exports import FORMAT, check_format, download
from cloudportal.doors.ordering import Sorting
from tenants import selectors
from tenants.actor import Actor
from tenants.api.resources import Resource
from tenants.api.resources import resource as shown
from tenants.filters import EventFilterSet
from tenants.models import Account
from tenants.selectors import sees_origins
from tenants.services.events import COLUMNS, export_events


def _or_none(text: str) -> str | None:
    return text or None


class EventRow(Row):
    """Somebody did something to something."""

    id: UUID = column("uuid")
    at: dt.datetime = column()
    action: str = column()
    level: str = column(choices=Event.Level.values)
    outcome: str = column(choices=Event.Outcome.values)
    message: str = column()
    actor: str = column("actor_name", help="Who did it.")
    on_behalf_of: str | None = computed(_or_none, "on_behalf_of_name", help="In whose name, if not in their own.")
    account: Ref | None = ref_by_id(Account, "account_id")
    resource: Resource | None = computed(shown, "resource_type", "resource_uuid", "resource_name")
    job: UUID | None = column("job_uuid")
    request_id: str = column()
    address: str = column(operators=True)
    key: str | None = computed(_or_none, "key_id", operators=True, help="The public part of the API key.")
    session: str | None = computed(
        _or_none, "session", operators=True, help="A mark, the same in all events of a session."
    )
    before: dict[str, Any] = column(help="The fields that were changed, as they were. Secrets are masked.")
    after: dict[str, Any] = column(help="The same fields afterwards.")
    details: dict[str, Any] = column()

    @classmethod
    def shows_all(cls, actor: Actor) -> bool:
        return sees_origins(actor)


class EventViewSet(ResourceViewSet[Event]):
    selector = selectors.events
    filterset_class = EventFilterSet
    sorting = Sorting("-at", at="pk")
    row = EventRow

    @action(detail=False)
    @answers(OpenApiTypes.BINARY, media_type="text/csv", parameters=[FORMAT])
    def export(self, request: Request) -> StreamingHttpResponse:
        """Stream the events that the filters leave, the oldest first, as CSV or JSON."""
        kind = check_format(request.query_params.get("format", "csv"))
        filters = request.query_params.copy()
        filters.pop("format", None)
        chosen = self.narrowed(request, selectors.events_to_export(request.actor).order_by(), filters)
        asked = {name: str(value) for name, value in filters.items()}
        rows = export_events(request.actor, events=chosen, filters=asked)
        return download(f"events-{clock.now():%Y-%m-%d}", kind, COLUMNS, rows)
