"""Reading usage: what was held and what it costs, exact to the second, for any period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from accounting.records import CUT, HOUR
from cloudportal.core import clock
from cloudportal.core.errors import InvalidInput
from compute.selectors import instances
from network.selectors import networks
from storage.selectors import templates, volumes
from tenants.actor import Actor
from tenants.models import Account

LONGEST = timedelta(days=366)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One meter of one resource over a period. `unit_hours` is quantity times hours."""

    account_id: int
    account: str
    resource_type: str
    resource_uuid: UUID
    resource_name: str
    meter: str
    unit: str
    hours: Decimal
    unit_hours: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class HourRow:
    """One meter of one resource in one hour; the running hour is cut at the present moment."""

    hour: dt.datetime
    account: str
    account_uuid: UUID
    zone: str
    resource_type: str
    resource_uuid: UUID
    resource_name: str
    meter: str
    unit: str
    seconds: Decimal
    unit_hours: Decimal
    cost: Decimal


_METERED: Mapping[str, Callable[[Actor], QuerySet[Any]]] = {
    "compute.instance": instances,
    "network.network": networks,
    "storage.volume": volumes,
    "storage.template": templates,
}
_SUMS = (
    "WITH cut AS ("
    + CUT
    + """)
SELECT cut.account_id, a.name, cut.resource_type, cut.resource_uuid, cut.resource_name, cut.meter, cut.unit,
       cut.seconds / 3600, cut.unit_seconds / 3600, cut.cost
FROM cut JOIN tenants_account a ON a.id = cut.account_id
ORDER BY cut.cost DESC, cut.resource_name, cut.meter
"""
)
_DAYS = """
SELECT day::date, coalesce(sum(extract(epoch FROM
         least(coalesce(i."end", %(end)s), day + interval '1 day', %(end)s) - greatest(i.start, day, %(start)s))
         * i.quantity * i.price_per_hour / 3600), 0)
FROM generate_series(date_trunc('day', %(start)s::timestamptz, 'UTC'), %(end)s, interval '1 day') AS day
LEFT JOIN accounting_usageinterval i
  ON i.start < least(day + interval '1 day', %(end)s) AND coalesce(i."end", %(end)s) > greatest(day, %(start)s)
 AND {scope}
WHERE day < %(end)s
GROUP BY day ORDER BY day
"""
_HOURS = """
SELECT h.hour, a.name, a.uuid, z.name, i.resource_type, i.resource_uuid, max(i.resource_name), i.meter, max(i.unit),
       sum(s.seconds), sum(s.seconds * i.quantity) / 3600, sum(s.seconds * i.quantity * i.price_per_hour) / 3600
FROM generate_series(%(first)s::timestamptz, %(end)s, interval '1 hour') AS h(hour)
JOIN accounting_usageinterval i
  ON i.start < least(h.hour + interval '1 hour', %(end)s) AND coalesce(i."end", %(end)s) > greatest(h.hour, %(start)s)
 AND {scope}
JOIN tenants_account a ON a.id = i.account_id
JOIN infrastructure_zone z ON z.id = i.zone_id
CROSS JOIN LATERAL (SELECT extract(epoch FROM least(coalesce(i."end", %(end)s), h.hour + interval '1 hour', %(end)s)
                                            - greatest(i.start, h.hour, %(start)s)) AS seconds) s
WHERE h.hour < %(end)s AND s.seconds > 0
GROUP BY h.hour, a.id, z.id, i.resource_type, i.resource_uuid, i.meter
ORDER BY h.hour, i.resource_uuid, i.meter
"""


def usage(actor: Actor, start: dt.datetime, end: dt.datetime, account: Account | None = None) -> list[UsageRow]:
    """Sums for each meter of each resource, the dearest first.

    Raises:
        InvalidInput: the period is empty or longer than a year.
    """
    parameters = _parameters(start, end)
    scope, more = _scope(actor, account)
    sql = _SUMS.replace("WHERE seconds > 0", "WHERE seconds > 0 AND " + scope.replace("i.", "cut."))
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters | more)
        return [UsageRow(*row) for row in cursor.fetchall()]


def still_there(actor: Actor, rows: Iterable[UsageRow]) -> set[UUID]:
    """Of the resources in the rows those that the actor could open now: usage outlives what it was of."""
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        wanted.setdefault(row.resource_type, set()).add(row.resource_uuid)
    found: set[UUID] = set()
    for kind, uuids in wanted.items():
        if selector := _METERED.get(kind):
            found.update(selector(actor).order_by().filter(uuid__in=uuids).values_list("uuid", flat=True))
    return found


def cost_by_day(
    actor: Actor, start: dt.datetime, end: dt.datetime, account: Account | None = None
) -> list[tuple[dt.date, Decimal]]:
    """The cost of every day of the period, in UTC days, also of those that cost nothing; the refusals of `usage`."""
    scope, more = _scope(actor, account)
    with connection.cursor() as cursor:
        cursor.execute(_DAYS.format(scope=scope), _parameters(start, end) | more)
        return [(day, Decimal(cost)) for day, cost in cursor.fetchall()]


def month_cost(actor: Actor, account: Account | None = None) -> Decimal:
    """What the present month costs so far, in UTC."""
    now = clock.now()
    start = now.astimezone(dt.UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if start == now:
        return Decimal(0)
    return sum((cost for _, cost in cost_by_day(actor, start, now, account)), Decimal(0))


def records(actor: Actor, start: dt.datetime, end: dt.datetime, account: Account | None = None) -> Iterator[HourRow]:
    """Hour by hour, streamed from the server: a year of a large cloud never is in memory at once.

    Raises:
        InvalidInput: the period is empty or longer than a year; raised before the first row is asked for.
    """
    parameters = _parameters(start, end)
    scope, more = _scope(actor, account)
    return _stream(_HOURS.format(scope=scope), parameters | more)


def _stream(sql: str, parameters: dict[str, Any]) -> Iterator[HourRow]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(CHUNK):
            for row in rows:
                yield HourRow(*row)


def _parameters(start: dt.datetime, end: dt.datetime) -> dict[str, Any]:
    now = clock.now()
    if end <= start:
        raise InvalidInput({"end": "The period must end after it begins."})
    if end - start > LONGEST:
        raise InvalidInput({"end": "A period may be one year long at most."})
    first = start.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    return {"start": start, "end": max(min(end, now), start), "first": first, "hour": HOUR}


def _scope(actor: Actor, account: Account | None) -> tuple[str, dict[str, Any]]:
    """The accounts whose usage the actor may see, as SQL over the alias `i`."""
    if account is not None:
        actor.require("accounting.view", account)
        return "i.account_id = %(account)s", {"account": account.pk}
    if actor.may("accounting.view") and actor.reach["accounting.view"].everywhere:
        return "TRUE", {}
    keys = list(actor.accounts("accounting.view", removed=True).order_by().values_list("pk", flat=True))
    return "i.account_id = ANY(%(accounts)s)", {"accounts": keys}
