"""Every hour: events that are older than the operator wants to keep are deleted."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from cloudportal.core.clock import WallClock
from cloudportal.core.configuration import value_of
from cloudportal.core.models import Event
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.settings import EVENT_RETENTION_DAYS
from cloudportal.jobs.workflow import Workflow

PRUNE_EVENTS = Workflow("jobs.prune_events", "Delete old events", cancellable=False)

BATCH = 5000


@PRUNE_EVENTS.step("Delete them")
def delete(run: Run[None]) -> None:
    kept = timedelta(days=value_of(EVENT_RETENTION_DAYS))
    old = Event.objects.filter(at__lt=WallClock() - kept).order_by("id").values("pk")
    deleted = BATCH
    while deleted == BATCH:
        run.checkpoint()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL cloudportal.retention = 'on'")
            deleted, _ = Event.objects.filter(pk__in=old[:BATCH]).delete()


every(timedelta(hours=1), PRUNE_EVENTS)
