"""Every hour: jobs of the cloud itself that went well long ago are forgotten."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from cloudportal.core.clock import WallClock
from cloudportal.jobs.models import Job
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import WORKFLOWS, Workflow

PRUNE_JOBS = Workflow("jobs.prune", "Forget old periodic jobs", cancellable=False)

# Longer than any period, since a forgotten job's key would let its period be started again.
KEPT = timedelta(days=2)
BATCH = 5000


@PRUNE_JOBS.step("Delete them")
def delete(run: Run[None]) -> None:
    quiet = [kind for kind, workflow in WORKFLOWS.items() if workflow.quiet]
    forgettable = Q(account_id=None, resource_id=None) | Q(kind__in=quiet)
    old = Job.objects.filter(forgettable, state=Job.State.SUCCEEDED, finished_at__lt=WallClock() - KEPT)
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        run.checkpoint()
        Job.objects.filter(pk__in=keys).delete()


every(timedelta(hours=1), PRUNE_JOBS)
