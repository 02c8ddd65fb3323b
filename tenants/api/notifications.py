"""One's own notifications, and how one wants to be told."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from rest_framework.decorators import action
from rest_framework.response import Response

from cloudportal.core.models import Event
from cloudportal.doors.api.bodies import Body, Nothing, accepts
from cloudportal.doors.api.fields import flag
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.row_schema import PageOf
from cloudportal.doors.api.rows import Row, column, computed
from cloudportal.doors.api.views import Endpoint, ResourceViewSet, answers, changes, on_object, operation
from tenants import selectors
from tenants.filters import NotificationFilterSet
from tenants.models import Notification
from tenants.services import notifications


class NotificationRow(Row):
    """Something that you were told."""

    id: UUID = column("uuid")
    kind: str = column()
    level: str = column(choices=Event.Level.values)
    message: str = column()
    url: str | None = computed(lambda url: url or None, "url", help="The page that says more, if there is one.")
    created_at: dt.datetime = column()
    read_at: dt.datetime | None = column()


class MarkedRow(Row):
    """How many notifications were marked."""

    marked: int = column()


class PreferenceRow(Row):
    """How you are told of one kind."""

    kind: str = column()
    label: str = column()
    help: str = column()
    page: bool = column(help="In the pages, and in this list.")
    mail: bool = column(help="By mail.")


class ChangePreference(Body):
    page = flag("In the pages, and in this list.")
    mail = flag("By mail.")


class NotificationViewSet(ResourceViewSet[Notification]):
    selector = selectors.notifications
    filterset_class = NotificationFilterSet
    row = NotificationRow

    @operation
    @on_object
    @changes
    def read(self, request: Request, notification: Notification) -> Notification:
        """Say that you read it."""
        return notifications.mark_read(request.actor, notification=notification)

    @action(detail=False, methods=["post"], url_path="read-all", url_name="read-all")
    @accepts(Nothing)
    @answers(MarkedRow)
    def read_all(self, request: Request, _data: dict[str, Any]) -> Response:
        """Say that you read all of them."""
        return Response({"marked": notifications.mark_all_read(request.actor)})


class NotificationPreferenceViewSet(Endpoint):
    lookup_field = "kind"
    lookup_value_converter = "slug"

    @answers(PageOf.of(PreferenceRow))
    def list(self, request: Request) -> Response:
        """Show how you are told of each kind."""
        rows = [_row(each) for each in notifications.preferences(request.actor)]
        return Response({"results": rows, "next": None, "previous": None})

    @answers(PreferenceRow)
    def retrieve(self, request: Request, kind: str) -> Response:
        """Show how you are told of one kind."""
        return Response(_row(notifications.preference(request.actor, kind)))

    @answers(PreferenceRow)
    @accepts(ChangePreference, partial=True)
    def partial_update(self, request: Request, data: dict[str, Any], kind: str) -> Response:
        """Choose how you are told of one kind."""
        return Response(_row(notifications.change_preference(request.actor, kind=kind, **data)))


def _row(found: notifications.Preference) -> dict[str, Any]:
    kind = found.kind
    return {"kind": kind.name, "label": kind.label, "help": kind.help, "page": found.page, "mail": found.mail}
