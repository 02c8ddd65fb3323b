"""Every hour: alerts that nothing comes after resolve, and those that were resolved long ago are deleted."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core import clock
from cloudportal.core.alerts import KINDS, resolve_forgotten
from cloudportal.core.configuration import value_of
from cloudportal.core.models import Alert
from cloudportal.core.states import ALERT
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.settings import ALERT_FORGET_DAYS, ALERT_RETENTION_DAYS
from cloudportal.jobs.workflow import Workflow

PRUNE_ALERTS = Workflow("jobs.prune_alerts", "Forget old alerts", cancellable=False)

BATCH = 5000


@PRUNE_ALERTS.step("Resolve what did not happen again")
def resolve(run: Run[None]) -> None:
    resolve_forgotten(KINDS.values(), clock.now() - timedelta(days=value_of(ALERT_FORGET_DAYS)))


@PRUNE_ALERTS.step("Delete old ones")
def delete(run: Run[None]) -> None:
    kept = clock.now() - timedelta(days=value_of(ALERT_RETENTION_DAYS))
    old = Alert.objects.filter(state=ALERT.resolve.done, resolved_at__lt=kept).order_by()
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        run.checkpoint()
        Alert.objects.filter(pk__in=keys).delete()


every(timedelta(hours=1), PRUNE_ALERTS)
