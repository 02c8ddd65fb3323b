"""From intervals to hourly records, in SQL."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta

from django.db import connection, transaction

from accounting.models import UsageHour, UsageInterval
from cloudportal.core import clock
from cloudportal.core.models import UsageEvent

HOUR = timedelta(hours=1)
# A transaction that began before the hour ended may still commit; none of ours lives this long.
SETTLE = timedelta(minutes=5)

# Each open or closed interval that touches [start, end), cut to it, and summed for each meter of each resource.
CUT = """
SELECT account_id, zone_id, resource_type, resource_uuid, max(resource_name) AS resource_name, meter, max(unit) AS unit,
       %(start)s::timestamptz AS hour, sum(seconds) AS seconds, sum(seconds * quantity) AS unit_seconds,
       sum(seconds * quantity * price_per_hour / 3600) AS cost
FROM (
  SELECT i.*, extract(epoch FROM least(coalesce(i."end", %(end)s), %(end)s) - greatest(i.start, %(start)s)) AS seconds
  FROM accounting_usageinterval i
  WHERE i.start < %(end)s AND (i."end" IS NULL OR i."end" > %(start)s)
) cut
WHERE seconds > 0
GROUP BY account_id, zone_id, resource_type, resource_uuid, meter
"""
_RECORD = (
    """
INSERT INTO accounting_usagerecord
  (account_id, zone_id, resource_type, resource_uuid, resource_name, meter, unit, hour, seconds, unit_seconds, cost)
"""
    + CUT
    + " ON CONFLICT (resource_uuid, meter, hour) DO NOTHING"
)


def close_hours(now: dt.datetime | None = None, most: int = 48) -> int:
    """Cut the hours that are over and not yet cut; returns how many. A second run finds them done."""
    moment = now or clock.now()
    closed = 0
    hour = _first_open_hour()
    while hour is not None and hour + HOUR + SETTLE <= moment and closed < most:
        if UsageEvent.objects.filter(folded_at=None, at__lt=hour + HOUR).exists():
            break
        close_hour(hour)
        hour += HOUR
        closed += 1
    return closed


def close_hour(hour: dt.datetime) -> None:
    """Cut one hour. The row of the hour and its records commit together."""
    with transaction.atomic():
        _, is_new = UsageHour.objects.get_or_create(hour=hour)
        if not is_new:
            return
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, {"start": hour, "end": hour + HOUR})


def _first_open_hour() -> dt.datetime | None:
    last = UsageHour.objects.order_by("-hour").values_list("hour", flat=True).first()
    if last is not None:
        return last + HOUR
    first = UsageInterval.objects.order_by("start").values_list("start", flat=True).first()
    return first.replace(minute=0, second=0, microsecond=0) if first is not None else None
