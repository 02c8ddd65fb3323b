"""Every hour: notifications that were read long ago are deleted, and brakes that hold nothing any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet

from cloudportal.core.clock import WallClock
from cloudportal.core.configuration import value_of
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from tenants.models import MailBrake, Notification
from tenants.settings import NOTIFICATION_RETENTION_DAYS, PAUSE

PRUNE_NOTIFICATIONS = Workflow("tenants.prune_notifications", "Forget old notifications", cancellable=False)

BATCH = 5000


@PRUNE_NOTIFICATIONS.step("Delete them")
def delete(run: Run[None]) -> None:
    for rows in _old():
        while keys := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
            run.checkpoint()
            rows.model._default_manager.filter(pk__in=keys).delete()


def _old() -> Iterator[QuerySet[Any]]:
    kept = timedelta(days=value_of(NOTIFICATION_RETENTION_DAYS))
    over = Q(read_at__isnull=False) | Q(on_page=False)
    yield Notification.objects.filter(over, created_at__lt=WallClock() - kept)
    yield MailBrake.objects.filter(mailed_at__lt=WallClock() - PAUSE)


every(timedelta(hours=1), PRUNE_NOTIFICATIONS)
