"""How full the cloud is."""

from __future__ import annotations

from itertools import chain

from rest_framework.response import Response

from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.row_schema import PageOf
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.api.views import Endpoint, answers
from cloudportal.infrastructure.selectors import capacity
from network.selectors import address_capacity
from storage.selectors import storage_capacity


class CapacityRow(Row):
    """How much of one kind is promised or used, of how much there is."""

    kind: str = column()
    unit: str = column()
    used: int = column()
    total: int = column()
    percent: float = column()
    level: str = column(choices=("ok", "warn", "full"))


class CapacityViewSet(Endpoint):
    @answers(PageOf.of(CapacityRow))
    def list(self, request: Request) -> Response:
        """Show capacity of every kind; it is for operators, and empty for others."""
        actor = request.actor
        found = chain(capacity(actor), storage_capacity(actor), address_capacity(actor)) if actor.is_operator else ()
        rows = [{name: getattr(one, name) for name in CapacityRow.columns} for one in found]
        return Response({"results": rows, "next": None, "previous": None})
