"""Usage: what was held in a period, what it costs, and every hour of it for other programs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from django.conf import settings
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.response import Response

from accounting import selectors
from accounting.filters import PeriodForm
from cloudportal.core.errors import InvalidInput
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.api.views import Endpoint, answers
from cloudportal.doors.exports import FORMAT, check_format, download

PERIOD = [
    OpenApiParameter("start", OpenApiTypes.DATETIME, description="From; the first of this month when left out."),
    OpenApiParameter("end", OpenApiTypes.DATETIME, description="Until, not included; now when left out."),
    OpenApiParameter("account", OpenApiTypes.UUID, description="One account; all that you may see when left out."),
]
COLUMNS = [field.name for field in dataclasses.fields(selectors.HourRow)]


class MeterShown(TypedDict):
    account: str
    resource_type: str
    resource: UUID
    resource_name: str
    meter: str
    unit: str
    hours: str
    unit_hours: str
    cost: str


class UsageRow(Row):
    """What was held from `start` until `end`. Hours and amounts are decimals as text, unrounded."""

    start: dt.datetime = column()
    end: dt.datetime = column()
    currency: str = column()
    cost: Decimal = column(help="Of everything together.")
    results: list[MeterShown] = column(help="Each meter of each resource, the dearest first.")


class UsageViewSet(Endpoint):
    """Usage of the accounts that the caller may see."""

    @answers(UsageRow, parameters=PERIOD)
    def list(self, request: Request) -> Response:
        """Sum up a period."""
        period = _period(request)
        rows = [_meter(row) for row in selectors.usage(request.actor, **period)]
        cost = sum((row["cost"] for row in rows), Decimal(0))
        return Response(
            {
                "start": period["start"],
                "end": period["end"],
                "currency": settings.CURRENCY,
                "cost": cost,
                "results": rows,
            }
        )

    @action(detail=False)
    @answers(OpenApiTypes.BINARY, media_type="text/csv", parameters=[*PERIOD, FORMAT])
    def export(self, request: Request) -> StreamingHttpResponse:
        """Stream every hour of a period, the running one included, as CSV or JSON."""
        kind = check_format(request.query_params.get("format", "csv"))
        period = _period(request, "format")
        hours = selectors.records(request.actor, **period)
        rows = ({name: getattr(hour, name) for name in COLUMNS} for hour in hours)
        return download(f"usage-{period['start']:%Y-%m-%d}", kind, COLUMNS, rows)


def _period(request: Request, *also: str) -> dict[str, Any]:
    known = {*PeriodForm.base_fields, *also}
    if unknown := request.query_params.keys() - known:
        raise InvalidInput(
            {name: f"There is no “{name}” here; there are {', '.join(sorted(known))}." for name in unknown}
        )
    return PeriodForm(request.query_params).checked(request.actor)


def _meter(row: selectors.UsageRow) -> dict[str, Any]:
    return {
        "account": row.account,
        "resource_type": row.resource_type,
        "resource": row.resource_uuid,
        "resource_name": row.resource_name,
        "meter": row.meter,
        "unit": row.unit,
        "hours": row.hours,
        "unit_hours": row.unit_hours,
        "cost": row.cost,
    }
