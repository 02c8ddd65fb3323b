"""Alerts of the cloud."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.core.alerts import KINDS
from cloudportal.core.models import Alert, Event
from cloudportal.core.states import ALERT
from cloudportal.doors.api.bodies import Body, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref_by_id
from cloudportal.doors.api.views import ResourceViewSet, changes, on_object, operation
from cloudportal.doors.ordering import Sorting
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.filters import AlertFilterSet
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.services.alerts import LONGEST_NOTE, acknowledge_alert
from tenants.api.resources import Resource
from tenants.api.resources import resource as shown

BY_TIME = Sorting("-opened_at", opened_at="pk", last_seen_at="last_seen_at")


def _label(kind: str) -> str:
    return KINDS[kind].label if kind in KINDS else kind


class AlertRow(Row):
    """Something that operators have to see to. At most one alert of a kind is unresolved for one thing."""

    id: UUID = column("uuid")
    kind: str = column()
    kind_label: str = computed(_label, "kind")
    level: str = column(choices=Event.Level.values, help="It never falls while the alert lasts.")
    state: str = column(choices=ALERT.states)
    message: str = column()
    resource: Resource | None = computed(shown, "resource_type", "resource_uuid", "resource_name")
    zone: Ref | None = ref_by_id(Zone, "zone_id")
    occurrences: int = column(help="How often it was raised since it opened.")
    opened_at: dt.datetime = column("created_at")
    raised_at: dt.datetime = column(help="When it opened or grew worse.")
    last_seen_at: dt.datetime = column()
    acknowledged_by: str = column()
    acknowledged_at: dt.datetime | None = column()
    note: str = column()
    resolved_at: dt.datetime | None = column()


class Acknowledge(Body):
    note = text(LONGEST_NOTE, required=False, help="What is being done about it.")


class AlertViewSet(ResourceViewSet[Alert]):
    selector = selectors.alerts
    filterset_class = AlertFilterSet
    sorting = BY_TIME
    row = AlertRow

    @operation
    @on_object
    @accepts(Acknowledge)
    @changes
    def acknowledge(self, request: Request, alert: Alert, data: dict[str, Any]) -> Alert:
        """Say that somebody sees to it; what only happened, such as a failed job, is resolved by that."""
        return acknowledge_alert(request.actor, alert=alert, **data)
