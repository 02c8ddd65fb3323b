"""From events to intervals: a pure function, and the writing of its answer.

An event says the full state of a resource's meters from its time on. Folding closes what no longer holds
and opens what does. Events of one resource come in order, because at most one job changes a resource.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from accounting.models import UsageInterval
from cloudportal.core.models import UsageEvent

BATCH = 2000
# One folder at a time: two would close each other's intervals. Any number will do, as long as it is always this one.
LOCK = 0x75736167


@dataclass(slots=True)
class Changes:
    """What folding writes."""

    open: dict[tuple[UUID, str], UsageInterval] = field(default_factory=dict)
    closed: list[UsageInterval] = field(default_factory=list)
    empty: list[UsageInterval] = field(default_factory=list)


def fold_waiting() -> int:
    """Fold the events that are waiting; returns how many. Doing it twice, or beside itself, changes nothing more."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        events = list(UsageEvent.objects.filter(folded_at=None).order_by("id")[:BATCH])
        if not events:
            return 0
        resources = {event.resource_uuid for event in events}
        standing = UsageInterval.objects.filter(resource_uuid__in=resources, end=None)
        _write(fold(events, standing))
        UsageEvent.objects.filter(pk__in=[event.pk for event in events]).update(folded_at=Now())
    return len(events)


def fold(events: Iterable[UsageEvent], standing: Iterable[UsageInterval]) -> Changes:
    """What the events make of the intervals that are open. Touches no database."""
    changes = Changes()
    of_resource: dict[UUID, dict[str, UsageInterval]] = defaultdict(dict)
    for interval in standing:
        of_resource[interval.resource_uuid][interval.meter] = interval
    for event in events:
        _apply(event, of_resource[event.resource_uuid], changes)
    for uuid, meters in of_resource.items():
        changes.open |= {(uuid, meter): interval for meter, interval in meters.items()}
    return changes


def _apply(event: UsageEvent, meters: dict[str, UsageInterval], changes: Changes) -> None:
    for meter, interval in list(meters.items()):
        if not _continues(interval, event):
            _close(meters.pop(meter), event, changes)
    for meter, held in event.meters.items():
        if meter not in meters:
            meters[meter] = UsageInterval(
                account_id=event.account_id,
                zone_id=event.zone_id,
                resource_type=event.resource_type,
                resource_uuid=event.resource_uuid,
                resource_name=event.resource_name,
                meter=meter,
                unit=held["unit"],
                quantity=Decimal(held["quantity"]),
                price_per_hour=Decimal(held["price_per_hour"]),
                start=event.at,
            )


def _continues(interval: UsageInterval, event: UsageEvent) -> bool:
    held = event.meters.get(interval.meter)
    return (
        held is not None
        and interval.account_id == event.account_id
        and interval.quantity == Decimal(held["quantity"])
        and interval.price_per_hour == Decimal(held["price_per_hour"])
    )


def _close(interval: UsageInterval, event: UsageEvent, changes: Changes) -> None:
    """An interval that would be empty never was."""
    if event.at > interval.start:
        interval.end = event.at
        changes.closed.append(interval)
    else:
        changes.empty.append(interval)


def _write(changes: Changes) -> None:
    UsageInterval.objects.filter(pk__in=[row.pk for row in changes.empty if row.pk]).delete()
    UsageInterval.objects.bulk_update([row for row in changes.closed if row.pk], ["end"])
    new = [row for row in [*changes.closed, *changes.open.values()] if not row.pk]
    UsageInterval.objects.bulk_create(new)
