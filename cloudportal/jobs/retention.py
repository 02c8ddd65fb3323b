"""Every hour: events that are older than the operator wants to keep are deleted."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from cloudportal.core.clock import WallClock
from cloudportal.core.models import Event
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow

PRUNE_EVENTS = Workflow("jobs.prune_events", "Delete old events", cancellable=False)

# The trigger of the table knows this bound too: nothing younger can be deleted, whatever the setting says.
SHORTEST_DAYS = 30
BATCH = 5000


@PRUNE_EVENTS.step("Delete them")
def delete(run: Run[None]) -> None:
    kept = timedelta(days=max(SHORTEST_DAYS, settings.EVENT_RETENTION_DAYS))
    old = Event.objects.filter(at__lt=WallClock() - kept).order_by("id").values("pk")
    deleted = BATCH
    while deleted == BATCH:
        run.checkpoint()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL cloudportal.retention = 'on'")
            deleted, _ = Event.objects.filter(pk__in=old[:BATCH]).delete()


every(timedelta(hours=1), PRUNE_EVENTS)
